// POST /api/v1/payment/p2p/payin (wire §4).
#include "api/merchant/create_payment.hpp"
#include "api/merchant/validation.hpp"

namespace kassa::api {
namespace {

domain::PaymentDetails details_of(const protocol::PayinRequest& request) {
  domain::PaymentDetails details = common_details(request);
  details.sender_pan = request.party.pan.value_or("");
  details.sender_phone = request.party.phone.value_or("");
  details.sender_bank_symbol = request.party.bank_symbol.value_or("");
  details.sender_card_holder = request.party.card_holder.value_or("");
  return details;
}

}  // namespace

void create_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  if (auto refused = may_not_create(admitted)) return responder.send(std::move(*refused));
  const domain::Project& project = *admitted.project;
  const auto request =
      protocol::parse_payin(admitted.workspace->document, ProjectRules(*admitted.config, project));
  if (!request) return responder.send(validation_failed(admitted, request.error()));
  domain::CreatePayin command;
  fill_create(gateway, project, *request, protocol::content_fingerprint(*request),
              details_of(*request), command);
  command.bank_symbol = request->payment.bank_symbol.value_or("");
  command.lifetime_s = static_cast<std::int32_t>(request->payment.lifetime_seconds);
  submit_create(gateway, admitted, *request, std::move(command), std::move(responder));
}

}  // namespace kassa::api

// POST /api/v1/payment/p2p/payout, …/payout/info (wire §6).
#include "api/merchant/create_payment.hpp"
#include "api/merchant/validation.hpp"

namespace kassa::api {
namespace {

domain::PaymentDetails details_of(const protocol::PayoutRequest& request) {
  domain::PaymentDetails details = common_details(request);
  details.receiver_pan = request.party.pan.value_or("");
  details.receiver_phone = request.party.phone.value_or("");
  details.receiver_bank_code = request.party.bank_code.value_or("");
  details.receiver_card_holder = request.party.card_holder.value_or("");
  return details;
}

}  // namespace

void create_payout(Gateway& gateway, Admitted admitted, http::Responder responder) {
  if (auto refused = may_not_create(admitted)) return responder.send(std::move(*refused));
  const domain::Project& project = *admitted.project;
  const auto request =
      protocol::parse_payout(admitted.workspace->document, ProjectRules(*admitted.config, project));
  if (!request) return responder.send(validation_failed(admitted, request.error()));
  domain::CreatePayout command;
  fill_create(gateway, project, *request, protocol::content_fingerprint(*request),
              details_of(*request), command);
  submit_create(gateway, admitted, *request, std::move(command), std::move(responder));
}

void payout_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  answer_info(gateway, admitted, domain::PaymentKind::payout, std::move(responder));
}

}  // namespace kassa::api

// POST /api/v1/payment/p2p/payin (wire §4).
#include "api/merchant/create_payment.hpp"

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
  auto read = read_create<protocol::PayinRequest>(admitted);
  if (!read) return responder.send(std::move(read.error()));
  const protocol::PayinRequest& request = read->request;
  domain::CreatePayin command;
  fill_create(gateway, *admitted.project, *read, details_of(request), command);
  command.bank_symbol = request.payment.bank_symbol.value_or("");
  command.lifetime_s = static_cast<std::int32_t>(request.payment.lifetime_seconds);
  submit_create(gateway, admitted, request, std::move(command), std::move(read->refused),
                std::move(responder));
}

}  // namespace kassa::api

// POST /api/v1/payment/p2p/payout, …/payout/info (wire §6).
#include "api/merchant/create_payment.hpp"

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
  auto read = read_create<protocol::PayoutRequest>(admitted);
  if (!read) return responder.send(std::move(read.error()));
  const protocol::PayoutRequest& request = read->request;
  domain::CreatePayout command;
  fill_create(gateway, *admitted.project, *read, details_of(request), command);
  submit_create(gateway, admitted, request, std::move(command), std::move(read->refused),
                std::move(responder));
}

void payout_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  answer_info(gateway, admitted, domain::PaymentKind::payout, std::move(responder));
}

}  // namespace kassa::api

// POST /api/v1/payment/p2p/payin/info, /confirm, /cancel (wire §5).
#include "api/merchant/endpoints.hpp"
#include "callbacks/picture.hpp"
#include "protocol/answers.hpp"

namespace kassa::api {
namespace {

/// Hands the command over and answers the six fields.
template <class Command>
void change_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const auto id = find_payment(gateway, admitted, domain::PaymentKind::payin);
  if (!id) {
    responder.send(http::Response(id.error()));
    return;
  }
  gateway.engine.submit(
      Command{.request_id = *id}, engine::Source::api,
      [id = *id, project_id = admitted.project->id,
       payment_id = std::string(admitted.payment_id().value_or("")),
       responder = std::move(responder)](domain::Decision&& decision) mutable {
        if (!decision) {
          responder.send(refusal_response(decision.error(), project_id.text(), payment_id, id));
          return;
        }
        const auto& payment = std::get<domain::PaymentAnswer>(*decision).payment;
        responder.send(json_response(protocol::render_six(callbacks::six_of(payment)), id));
      });
}

}  // namespace

void payin_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  answer_info(gateway, admitted, domain::PaymentKind::payin, std::move(responder));
}

void confirm_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  change_payin<domain::ConfirmPayin>(gateway, std::move(admitted), std::move(responder));
}

void cancel_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  change_payin<domain::CancelPayin>(gateway, std::move(admitted), std::move(responder));
}

}  // namespace kassa::api

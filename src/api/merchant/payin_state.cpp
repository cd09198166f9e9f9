// POST /api/v1/payment/p2p/payin/info, /confirm, /cancel (wire §5).
#include "api/merchant/endpoints.hpp"
#include "callbacks/picture.hpp"
#include "protocol/answers.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {
namespace {

/// The payment that the body names, if this project has it and it is a payin of this API: another
/// kind is 404, since its info would unmask what a widget's merchant may not see (wire §7).
std::expected<domain::RequestId, http::Response> find_payin(Gateway& gateway,
                                                            const Admitted& admitted) {
  const auto ref = protocol::parse_payment_ref(admitted.workspace->document);
  if (!ref) return std::unexpected(validation_failed(admitted, ref.error()));
  const auto key = gateway.readers.borrow()->payment_key({admitted.project->id, ref->payment_id});
  if (!key || key->kind != domain::PaymentKind::payin) {
    return std::unexpected(payment_not_found(admitted));
  }
  return key->request_id;
}

/// Hands the command over and answers the six fields.
template <class Command>
void change_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const auto id = find_payin(gateway, admitted);
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
        responder.send(json_response(protocol::render_six(callbacks::six_of(payment))));
      });
}

}  // namespace

void payin_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const auto id = find_payin(gateway, admitted);
  if (!id) {
    responder.send(http::Response(id.error()));
    return;
  }
  const auto view = gateway.readers.borrow()->payment(*id);
  if (!view) {
    responder.send(payment_not_found(admitted));
    return;
  }
  const auto picture =
      gateway.pictures.of_payment(view->payment, view->requisites, *admitted.config);
  responder.send(json_response(protocol::render_info(picture)));
}

void confirm_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  change_payin<domain::ConfirmPayin>(gateway, std::move(admitted), std::move(responder));
}

void cancel_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  change_payin<domain::CancelPayin>(gateway, std::move(admitted), std::move(responder));
}

}  // namespace kassa::api

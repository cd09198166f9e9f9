// The payer says that the money is sent (wire §5, §8.1): awaiting_confirm → paid.
//
// Said again, it answers the payment as it is now; before requisites were given, or after a
// decline, it is 409. At `expires_at` it is late: the lifetime's timer counts first.
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

/// States where a payin that was confirmed earlier answers 200 without a change.
bool answers_again(const Payment& payment) {
  if (payment.kind == PaymentKind::payout) return false;
  if (!payment.was_confirmed) return payment.state == state::success;
  return payment.state == state::paid || payment.state == state::success ||
         payment.state.status == Status::dispute;
}

}  // namespace

void reads(const ConfirmPayin& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const ConfirmPayin& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);

  const Payment& payment = ws.payments.get(command.request_id);
  if (payment.state == state::awaiting_confirm) {
    const auto done =
        transition(ws, ctx, command.request_id, {Cause::confirmed, command.actor, now, {}, {}});
    if (!done) return std::unexpected(done.error());
  } else if (!answers_again(payment)) {
    return std::unexpected(
        refuse_transition(ws, ctx, command.request_id, command.actor, "confirm"));
  }
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

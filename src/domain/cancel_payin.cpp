// The payer refuses to pay (wire §5, §8.1): requisites or awaiting_confirm → decline.
//
// Said again it answers the same; in every other state it is 409, since the money may be under way.
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

const std::string_view kCancelled =
    find_edge(PaymentKind::payin, state::requisites, Cause::cancelled)->description;

}  // namespace

void reads(const CancelPayin& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const CancelPayin& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);

  const Payment& payment = ws.payments.get(command.request_id);
  if (find_edge(payment.kind, payment.state, Cause::cancelled) != nullptr) {
    const auto done =
        transition(ws, ctx, command.request_id, {Cause::cancelled, command.actor, now, {}, {}});
    if (!done) return std::unexpected(done.error());
  } else if (payment.state != state::decline || payment.status_description != kCancelled) {
    return std::unexpected(refuse_transition(ws, ctx, command.request_id, command.actor, "cancel"));
  }
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

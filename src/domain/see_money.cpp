// Money for a payin was seen on its requisites: the asked amount, another one, or a further part
// (wire §8.1, §8.4).
#include "domain/transition.hpp"

namespace kassa::domain {

void reads(const SeeMoney& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const SeeMoney& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  if (command.amount < 1 || command.amount > kAmountMinorMax) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "The amount must be from 1 to 10000000000000 minor units.",
                                   std::nullopt, false});
  }
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);
  const auto seen = see_money(ws, ctx, command.request_id, command.amount, command.actor, now, {});
  if (!seen && seen.error().code == RefusalCode::transition_not_allowed) {
    return std::unexpected(refuse_transition(ws, ctx, command.request_id, command.actor,
                                             "money of " + std::to_string(command.amount)));
  }
  if (!seen) return std::unexpected(seen.error());
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

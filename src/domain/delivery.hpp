// The order and the retries of a payment's callbacks (wire §9), as rules over one Delivery row.
//
//   an event to tell ─▶ queue ─▶ tried … delivered ─▶ next
//                                  │ failed: 10 s, 30 s, 1 min … 24 h, ±10 %
//                                  ├ intermediate, third failed try, a later one waits: superseded
//                                  └ schedule used up: parked (replay by hand), the next one goes
//                                  on
//
// A try takes seconds and is in no transaction, so the row says which of the gateways that share
// the store makes it:
//
//   nobody ─▶ claimed   by whoever queues the first callback, or by ClaimDelivery
//   claimed ─▶ nobody   nothing waits any more, or not before a later time
//   claimed ─▶ another  the gateway that had claimed it is not alive any more
#pragma once

#include "domain/commands.hpp"

namespace kassa::domain {

/// Puts the event at the end of its payment's queue. `deliveries` of the payment must be loaded.
void enqueue_callback(WorkingSet& ws, const Context& ctx, const PaymentEvent& event);

/// Applies the outcome of one try of the queue's first callback, made under `claim`; anything else
/// (a replay, a late report of a try that was decided already, one of a gateway whose claim the row
/// does not carry) is recorded as an attempt and changes no queue.
void apply_attempt(WorkingSet& ws, const Context& ctx, DeliveryAttempt attempt, GatewayId claim);

/// Something waits, and no other gateway tells it that is alive: `gateway` may claim it.
/// `gateways_alive` of whoever claimed it must be loaded.
[[nodiscard]] bool may_claim(const WorkingSet& ws, const Delivery* delivery, GatewayId gateway);

/// The gap after the n-th failed try (1-based) with its jitter, or nothing when the schedule is
/// used up. The jitter is a function of payment, event and try: a rerun of the batch decides the
/// same.
[[nodiscard]] std::optional<Duration> gap_after(const DeliverySchedule& schedule,
                                                std::int32_t failed_tries, RequestId id,
                                                std::int32_t seq);

}  // namespace kassa::domain

// The order and the retries of a payment's callbacks (wire §9), as rules over one Delivery row.
//
//   an event to tell ─▶ queue ─▶ tried … delivered ─▶ next
//                                  │ failed: 10 s, 30 s, 1 min … 24 h, ±10 %
//                                  ├ intermediate, third failed try, a later one waits: superseded
//                                  └ schedule used up: parked (replay by hand), the next one goes
//                                  on
#pragma once

#include "domain/commands.hpp"

namespace kassa::domain {

/// Puts the event at the end of its payment's queue. `deliveries` of the payment must be loaded.
void enqueue_callback(WorkingSet& ws, const Context& ctx, const PaymentEvent& event);

/// Applies the outcome of one try of the queue's first callback; anything else (a replay, a late
/// report of a try that was decided already) is recorded as an attempt and changes no queue.
void apply_attempt(WorkingSet& ws, const Context& ctx, DeliveryAttempt attempt);

/// The gap after the n-th failed try (1-based) with its jitter, or nothing when the schedule is
/// used up. The jitter is a function of payment, event and try: a rerun of the batch decides the
/// same.
[[nodiscard]] std::optional<Duration> gap_after(const DeliverySchedule& schedule,
                                                std::int32_t failed_tries, RequestId id,
                                                std::int32_t seq);

}  // namespace kassa::domain

// A payout's orders: given to a trader, ended by a word, taken away.
#pragma once

#include <expected>
#include <string>

#include "domain/commands.hpp"

namespace kassa::domain {

[[nodiscard]] inline PayoutOrderId latest_order(const Payment& payout) {
  return {payout.request_id, payout.orders};
}

/// A new order for this trader, then the edge `taken`. Its trader's turn and account must be
/// loaded.
void give_order(WorkingSet& ws, const Context& ctx, RequestId id, TraderId trader,
                Instant last_in_line, const Actor& actor, Instant at, const std::string& reason);

/// The trader gives it back and states that nothing was paid: somebody else is looked for, or, the
/// third time, it is a dispute (wire §8.2).
[[nodiscard]] std::expected<void, Refusal> hand_back(WorkingSet& ws, const Context& ctx,
                                                     RequestId id, const Actor& actor, Instant at,
                                                     const std::string& reason);

/// Called by the funnel after a payout left `from` for `payment.state`: its order follows.
void move_order(WorkingSet& ws, RequestId id, State from, Cause cause, Instant at);

}  // namespace kassa::domain

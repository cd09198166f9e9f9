// Which trader executes a payout, and why not the others.
//
// Traders are configuration (domain/config.hpp), so the choice looks at all of them: mode, on,
// pool, method, amount limits; then at what the store knows: how many payouts they have in hand,
// whose turn it is (domain/turns.hpp), and who gave this one back before. A trader who takes by
// hand is never chosen.
#pragma once

#include <optional>
#include <string>

#include "domain/commands.hpp"

namespace kassa::domain {

struct TraderChoice {
  std::optional<TraderId> chosen;
  std::string reason;      // of the choice, or of the miss, for operators
  Instant last_in_line{};  // the latest turn of all that fitted
};

[[nodiscard]] TraderChoice choose_trader(const WorkingSet& ws, const Context& ctx,
                                         const Payment& payout);

/// Why this trader can't take the payout, or nothing. The rows of reads_traders must be loaded.
[[nodiscard]] std::optional<std::string_view> why_not(const WorkingSet& ws, const Trader& trader,
                                                      const Payment& payout);

/// The rows that the choice reads: turns of traders who may take it, and its earlier orders.
void reads_traders(const Payment& payout, const WorkingSet& ws, const Context& ctx, Keys& keys);

}  // namespace kassa::domain

// What both commands on settlements ask before they go on. It is asked at creation, so that a maker
// hears of a mistake at once, and again at approval, which is when it counts: balances, credit and
// payouts go on changing in between.
#pragma once

#include <expected>
#include <string>

#include "domain/commands.hpp"

namespace kassa::domain {

/// Every row that posting this settlement can touch.
void reads_settlement(const Settlement& settlement, const WorkingSet& ws, Keys& keys);

/// Refused with 422 unless an operator of this name is registered and on.
[[nodiscard]] std::expected<void, Refusal> require_operator(const Context& ctx,
                                                            const std::string& name);

/// Refused where its transfer could not be posted now, with what is in its way.
[[nodiscard]] std::expected<void, Refusal> require_postable(const Settlement& settlement,
                                                            const WorkingSet& ws,
                                                            const Context& ctx);

}  // namespace kassa::domain

// Turns: "least recently used, with weights", for requisites and for traders alike.
//
// Whoever is used goes back in the line by a step that is shorter the heavier it is, so that weight
// 2 is used twice as often as weight 1. A turn is a place in line, not a time of day: it moves by
// use alone, so the weights hold however slowly payments come. Whoever comes back after a rest
// joins the line rather than catching up on it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "domain/time.hpp"

namespace kassa::domain {

/// The step of a turn for weight 1; only its ratio to the others' matters.
inline constexpr Duration kTurnStep = std::chrono::minutes{1};

/// Where whoever is used now stands next. `last_in_line` is the latest turn of all that could have
/// been used: the line is never longer than one step, and whoever is further behind was away.
[[nodiscard]] constexpr Instant next_turn(Instant turn, Instant last_in_line, std::int64_t weight) {
  return std::max(turn, last_in_line - kTurnStep) + kTurnStep / std::max<std::int64_t>(weight, 1);
}

}  // namespace kassa::domain

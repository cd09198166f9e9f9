// Time as the domain sees it: milliseconds since the Unix epoch, always handed in, never asked for.
#pragma once

#include <chrono>
#include <cstdint>

namespace kassa::domain {

using Duration = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Duration>;

[[nodiscard]] constexpr Instant instant_of_ms(std::int64_t ms) {
  return Instant{Duration{ms}};
}
[[nodiscard]] constexpr std::int64_t unix_ms(Instant at) {
  return at.time_since_epoch().count();
}

/// Whole seconds, as every date on the wire is written.
[[nodiscard]] constexpr std::int64_t unix_seconds(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}
[[nodiscard]] constexpr Instant floor_to_second(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at);
}

}  // namespace kassa::domain

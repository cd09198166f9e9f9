#include "ops/clock.hpp"

#include <chrono>

namespace kassa::ops {

domain::Instant SystemClock::now() const {
  return std::chrono::floor<domain::Duration>(std::chrono::system_clock::now());
}

}  // namespace kassa::ops

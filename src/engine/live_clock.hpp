// The live clock: real time that never goes back, across restarts too (its mark is stored with each
// batch). While the system's clock stands behind the mark, the live clock stands still.
#pragma once

#include <algorithm>
#include <atomic>

#include "domain/time.hpp"
#include "ops/clock.hpp"

namespace kassa::engine {

class LiveClock {
 public:
  explicit LiveClock(const ops::Clock& clock) : clock_(clock) {}

  /// Now, at least as late as every earlier answer. On the loop's thread only.
  domain::Instant tick() {
    const domain::Instant now = clock_.now();
    const domain::Instant last = last_.load();
    if (now > last) last_.store(now);
    return std::max(now, last);
  }
  /// The mark that was stored last.
  void resume_from(domain::Instant mark) { last_.store(std::max(last_.load(), mark)); }

  [[nodiscard]] domain::Instant last() const { return last_.load(); }
  /// The system's clock as it is, jumps and all.
  [[nodiscard]] domain::Instant system_now() const { return clock_.now(); }
  /// How far the system's clock stands behind the live one (a jump back), or zero.
  [[nodiscard]] domain::Duration behind() const {
    return std::max(last_.load() - clock_.now(), domain::Duration::zero());
  }

 private:
  const ops::Clock& clock_;
  std::atomic<domain::Instant> last_{domain::Instant{}};
};

}  // namespace kassa::engine

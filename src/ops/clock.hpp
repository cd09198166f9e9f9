// Where the time comes from. Everything that needs it is handed a Clock (or an Instant), so that a
// test can stand at any moment it likes; only SystemClock asks the operating system.
//
// Wall-clock time: it can jump. That the live clock of payments never goes back is the engine's
// promise, made on top of this.
#pragma once

#include <atomic>
#include <cstdint>

#include "domain/time.hpp"

namespace kassa::ops {

/// Thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;

  [[nodiscard]] virtual domain::Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] domain::Instant now() const override;
};

/// Stands still until it is told otherwise. `set` may go back, as a real clock may.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(domain::Instant start) : ms_(domain::unix_ms(start)) {}

  [[nodiscard]] domain::Instant now() const override { return domain::instant_of_ms(ms_.load()); }
  void set(domain::Instant at) { ms_.store(domain::unix_ms(at)); }
  void advance(domain::Duration by) { ms_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> ms_;
};

}  // namespace kassa::ops

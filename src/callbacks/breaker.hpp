// Spares an endpoint that doesn't answer: after some failures in a row nothing is sent there but
// one probe after a growing pause.
//
//            5 failures in a row                pause over: one probe
//   closed ───────────────────────▶ open ──────────────────────▶ half open
//     ▲                              ▲                              │   │
//     │                              └── failed: pause doubles ─────┘   │
//     └───────────────────── answered ──────────────────────────────────┘
//
// A try that waits for an open breaker is no failed try: the payment's schedule stands still.
#pragma once

#include <algorithm>

#include "domain/time.hpp"

namespace kassa::callbacks {

struct BreakerOptions {
  int failures_to_open = 5;
  domain::Duration pause_min{1'000};
  domain::Duration pause_max{60'000};
};

/// Pure; the owner locks.
class Breaker {
 public:
  explicit Breaker(BreakerOptions options) : options_(options) {}

  /// Takes permission for a try; of an open breaker's tries only the probe is allowed.
  [[nodiscard]] bool try_start(domain::Instant now) {
    if (!is_open()) return true;
    if (probing_ || now < open_until_) return false;
    probing_ = true;
    return true;
  }

  void answered() {
    failures_ = 0;
    probing_ = false;
    pause_ = {};
  }

  void failed(domain::Instant now) {
    const bool was_open = is_open();
    ++failures_;
    if (!is_open()) return;
    // The others that were on their way when it opened say nothing new.
    if (was_open && !probing_) return;
    probing_ = false;
    pause_ = std::clamp(pause_ * 2, options_.pause_min, options_.pause_max);
    open_until_ = now + pause_;
  }

  /// A try that was permitted did not take place.
  void withdrawn() { probing_ = false; }

  [[nodiscard]] bool is_open() const { return failures_ >= options_.failures_to_open; }
  [[nodiscard]] bool is_fresh() const { return failures_ == 0; }
  [[nodiscard]] bool is_probing() const { return probing_; }
  /// When an open breaker lets the next probe through.
  [[nodiscard]] domain::Instant open_until() const { return open_until_; }

 private:
  BreakerOptions options_;
  int failures_ = 0;  // in a row
  domain::Duration pause_{};
  domain::Instant open_until_;
  bool probing_ = false;
};

}  // namespace kassa::callbacks

// Who this gateway is among those that share the store, for how long it may rely on that, and who
// else is alive (docs/decisions/0028-many-gateways.md).
//
//   join under a fresh id ─▶ renew, every second for five ─▶ … ─▶ leave
//            ▲                        │ its row is gone: the id never comes back
//            └────────────────────────┘
//
// The lease is held until a second before it ends, counted from before its renewal was sent, on a
// clock that goes on while the process is stopped or the machine sleeps. So whoever is told `holds`
// and acts at once acts before anybody else may.
//
// A store with an owner has one gateway: its id is nil, it holds that always, and all is its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ops/metrics.hpp"
#include "store/store.hpp"

namespace kassa::engine {

/// Whose a payment's callbacks are, as this gateway sees it.
enum class Whose : std::uint8_t {
  ours,
  ours_to_claim,  // nobody alive has claimed them, and it is this gateway's turn
  others,
};

struct LeaseOptions {
  std::string label = {};  // for people
  std::chrono::milliseconds length{5'000};
  std::chrono::milliseconds margin{1'000};  // so long before its end it is not held any more
  std::chrono::milliseconds renewal_pause{1'000};
  std::chrono::milliseconds retry_pause{200};  // after a renewal that failed
};

/// All but start(), stop() and renew() may be called from any thread.
class Lease {
 public:
  /// Goes on while the process is stopped.
  using Clock = std::function<std::chrono::nanoseconds()>;
  [[nodiscard]] static std::chrono::nanoseconds boot_time();

  /// `membership` may be null: the store has an owner. `metrics` must outlive this.
  Lease(std::unique_ptr<store::Membership> membership, ops::Metrics& metrics, LeaseOptions options,
        Clock clock = &boot_time);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// Joins, as far as the store lets it, and renews on a thread of its own.
  void start();
  /// Leaves: whatever it had claimed is free at once. Nothing may be sent any more by then.
  void stop();

  /// One step: joins or renews. False: the store could not.
  bool renew();

  /// Whether there may be others.
  [[nodiscard]] bool is_shared() const { return membership_ != nullptr; }
  /// Nil while none is held.
  [[nodiscard]] domain::GatewayId id() const;
  [[nodiscard]] bool holds(domain::GatewayId id) const;
  [[nodiscard]] Whose whose(domain::RequestId payment, domain::GatewayId claimed_by) const;

  /// Whether this gateway can do what it claims. While it can't it holds no lease, so that others
  /// do it; unset: it can. Set before start().
  std::function<bool()> fit;

  /// Somebody joined or left, or this gateway's lease is held again: what was others' may be ours.
  /// Called by renew(); set before start().
  std::function<void()> on_change;

 private:
  void run();
  [[nodiscard]] bool holds_locked() const;
  void leave();
  void take(domain::GatewayId id, std::chrono::nanoseconds sent,
            std::vector<domain::GatewayId> alive);
  void lose(domain::GatewayId id);
  void fail(const std::string& why);

  std::unique_ptr<store::Membership> membership_;
  ops::Metrics& metrics_;
  LeaseOptions options_;
  Clock clock_;

  mutable std::mutex mutex_;
  domain::GatewayId id_;  // nil: to join
  std::chrono::nanoseconds held_until_{};
  std::vector<domain::GatewayId> alive_;  // in order
  bool told_ = false;                     // that it is not held
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace kassa::engine

#include "engine/lease.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>

#include "ops/log.hpp"
#include "ops/random.hpp"

namespace kassa::engine {

using domain::GatewayId;
using ops::Metric;
using std::chrono::nanoseconds;
namespace log = ops::log;

nanoseconds Lease::boot_time() {
  timespec now{};
  (void)clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

Lease::Lease(std::unique_ptr<store::Membership> membership, ops::Metrics& metrics,
             LeaseOptions options, Clock clock)
    : membership_(std::move(membership)),
      metrics_(metrics),
      options_(std::move(options)),
      clock_(std::move(clock)) {
  if (!membership_) metrics_.gauge(Metric::gateways_alive).set(1);
}

Lease::~Lease() {
  stop();
}

void Lease::start() {
  if (!membership_) return;
  (void)renew();
  thread_ = std::thread([this] { run(); });
}

void Lease::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  leave();
}

/// First it is not held any more, then others may know.
void Lease::leave() {
  const GatewayId id = [this] {
    const std::lock_guard lock(mutex_);
    return std::exchange(id_, {});
  }();
  if (id.is_nil()) return;
  try {
    membership_->leave(id);
    log::info("lease.left", {{"gateway", id}});
  } catch (const std::exception& error) {
    log::warn("lease.not_left", {{"gateway", id}, {"why", error.what()}});  // it ends by itself
  }
}

void Lease::run() {
  std::unique_lock lock(mutex_);
  auto pause = options_.renewal_pause;
  while (!wake_.wait_for(lock, pause, [this] { return stopping_; })) {
    lock.unlock();
    pause = renew() ? options_.renewal_pause : options_.retry_pause;
    lock.lock();
  }
}

bool Lease::renew() {
  if (fit && !fit()) {
    leave();
    return true;
  }
  GatewayId id;
  {
    const std::lock_guard lock(mutex_);
    id = id_;
  }
  try {
    for (;;) {
      const nanoseconds sent = clock_();
      if (id.is_nil()) {
        id = {ops::random_uuid_v4()};
        membership_->join(id, options_.label, options_.length);
      }
      if (auto alive = membership_->renew(id, options_.length)) {
        take(id, sent, std::move(*alive));
        return true;
      }
      lose(id);
      id = {};
    }
  } catch (const std::exception& error) {
    fail(error.what());
    return false;
  }
}

void Lease::take(GatewayId id, nanoseconds sent, std::vector<GatewayId> alive) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    changed = !holds_locked() || id != id_ || alive != alive_;
    if (id != id_) log::info("lease.taken", {{"gateway", id}, {"as", options_.label}});
    if (alive != alive_) log::info("gateways.alive", {{"count", alive.size()}});
    if (told_) log::warn("lease.held_again", {{"gateway", id}});
    told_ = false;
    id_ = id;
    held_until_ = sent + options_.length - options_.margin;
    alive_ = std::move(alive);
    metrics_.gauge(Metric::gateways_alive).set(static_cast<std::int64_t>(alive_.size()));
  }
  if (changed && on_change) on_change();
}

void Lease::lose(GatewayId id) {
  metrics_.counter(Metric::leases_lost).add();
  log::warn("lease.lost", {{"gateway", id}});
  const std::lock_guard lock(mutex_);
  id_ = {};
  held_until_ = {};
}

/// Said once, when it is not held any more.
void Lease::fail(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (holds_locked() || std::exchange(told_, true)) return;
  metrics_.gauge(Metric::gateways_alive).set(0);
  log::error("lease.not_held", {{"why", why}, {"meanwhile", "others tell merchants"}});
}

bool Lease::holds_locked() const {
  return !id_.is_nil() && clock_() < held_until_;
}

GatewayId Lease::id() const {
  const std::lock_guard lock(mutex_);
  return holds_locked() ? id_ : GatewayId{};
}

bool Lease::holds(GatewayId id) const {
  if (!membership_) return id.is_nil();
  const std::lock_guard lock(mutex_);
  return id == id_ && holds_locked();
}

/// Whose turn it is among those alive is for peace, not for safety: that not all try to claim the
/// same row.
Whose Lease::whose(domain::RequestId payment, GatewayId claimed_by) const {
  if (!membership_) return Whose::ours;
  const std::lock_guard lock(mutex_);
  if (!holds_locked()) return Whose::others;
  if (claimed_by == id_) return Whose::ours;
  if (!claimed_by.is_nil() && std::ranges::binary_search(alive_, claimed_by)) return Whose::others;
  const std::size_t turn = domain::UuidHash{}(payment.value) % alive_.size();
  return alive_[turn] == id_ ? Whose::ours_to_claim : Whose::others;
}

}  // namespace kassa::engine

#include "api/rate_limits.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <functional>

namespace kassa::api {
namespace {

constexpr RateTime kSecond = std::chrono::seconds(1);

/// How long one request's place takes to come back.
RateTime gap_of(const Rate& rate) {
  return kSecond / rate.per_second;
}

RateTime depth_of(const Rate& rate) {
  return gap_of(rate) * std::max(rate.burst, rate.per_second);
}

std::int64_t seconds_up(RateTime time) {
  return std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(time).count(), 0);
}

}  // namespace

RateTime Bucket::owed(const Rate& rate, RateTime now) const {
  return full_at_ <= now ? RateTime::zero() : std::min(full_at_ - now, depth_of(rate));
}

RateState Bucket::state(const Rate& rate, RateTime now) const {
  const RateTime owed = this->owed(rate, now);
  RateState state;
  state.limit = std::max(rate.burst, rate.per_second);
  state.remaining = std::max<std::int64_t>((depth_of(rate) - owed) / gap_of(rate), 0);
  state.reset_s = seconds_up(owed);
  return state;
}

RateState Bucket::look(const Rate& rate, RateTime now) const {
  return rate.per_second <= 0 ? RateState{} : state(rate, now);
}

RateState Bucket::take(const Rate& rate, RateTime now) {
  if (rate.per_second <= 0) return {};
  const RateTime after = owed(rate, now) + gap_of(rate);
  const RateTime too_much = after - depth_of(rate);
  if (too_much <= RateTime::zero()) {
    full_at_ = now + after;
    return state(rate, now);
  }
  RateState refused = state(rate, now);
  refused.allowed = false;
  refused.retry_after_s = std::max<std::int64_t>(seconds_up(too_much), 1);
  return refused;
}

void Bucket::charge(const Rate& rate, RateTime now, std::int64_t count) {
  if (rate.per_second <= 0) return;
  const RateTime depth = depth_of(rate);
  const RateTime more = gap_of(rate) * std::clamp<std::int64_t>(count, 0, depth / gap_of(rate));
  full_at_ = now + std::min(owed(rate, now) + more, depth);
}

Bucket& Buckets::bucket(const std::string& key, RateTime now) {
  const auto found = buckets_.find(key);
  if (found != buckets_.end()) return found->second;
  if (buckets_.size() >= kKeysMax && now >= forget_at_) forget_full(now);
  if (buckets_.size() >= kKeysMax) return shared_;
  any_.store(true, std::memory_order_relaxed);
  return buckets_[key];
}

/// At most once a second, since it walks over all.
void Buckets::forget_full(RateTime now) {
  forget_at_ = now + kSecond;
  std::erase_if(buckets_, [now](const auto& entry) { return entry.second.is_full(now); });
}

RateState Buckets::take(const std::string& key, const Rate& rate, RateTime now) {
  if (rate.per_second <= 0) return {};
  const std::lock_guard lock(mutex_);
  const RateState state = bucket(key, now).take(rate, now);
  if (state.allowed) note(key, rate);
  return state;
}

RateState Buckets::look(const std::string& key, const Rate& rate, RateTime now) {
  if (rate.per_second <= 0) return {};
  const std::lock_guard lock(mutex_);
  const auto found = buckets_.find(key);
  if (found != buckets_.end()) return found->second.look(rate, now);
  return (buckets_.size() < kKeysMax ? Bucket{} : shared_).look(rate, now);
}

void Buckets::charge(const std::string& key, const Rate& rate, RateTime now) {
  if (rate.per_second <= 0) return;
  const std::lock_guard lock(mutex_);
  bucket(key, now).charge(rate, now);
  note(key, rate);
}

void Buckets::charge_elsewhere(const std::string& key, const Rate& rate, RateTime now,
                               std::int64_t count) {
  if (rate.per_second <= 0) return;
  const std::lock_guard lock(mutex_);
  bucket(key, now).charge(rate, now, count);
}

void Buckets::count_uses() {
  const std::lock_guard lock(mutex_);
  counts_ = true;
}

void Buckets::note(const std::string& key, const Rate& rate) {
  if (!counts_ || counts_by_key_.size() >= kKeysMax) return;
  Count& count = counts_by_key_[key];
  ++count.count;
  count.per_second = rate.per_second;
}

std::vector<Use> Buckets::take_uses() {
  constexpr double kShareMin = 0.01;
  std::unordered_map<std::string, Count> counts;
  {
    const std::lock_guard lock(mutex_);
    counts.swap(counts_by_key_);
  }
  std::vector<Use> uses;
  for (const auto& [key, count] : counts) {
    const double share = static_cast<double>(count.count) / static_cast<double>(count.per_second);
    if (share >= kShareMin) uses.push_back({key, count.count, share});
  }
  std::ranges::sort(uses, std::ranges::greater{}, &Use::share);
  return uses;
}

std::size_t Buckets::size() const {
  const std::lock_guard lock(mutex_);
  return buckets_.size();
}

bool Polls::is_poll(domain::ProjectId project, std::string_view payment_id, RateTime now) {
  const std::uint64_t hash = std::hash<std::string_view>{}(payment_id) * 0x9E3779B97F4A7C15U ^
                             std::hash<domain::ProjectId>{}(project);
  auto& cell = (*cells_)[hash % cells_->size()];
  // From one on: a cell of zero is nobody's.
  const auto second =
      static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(now).count() + 1);
  const auto mark = static_cast<std::uint32_t>(hash >> 32U);
  const std::uint64_t seen = cell.load(std::memory_order_relaxed);
  const auto seen_second = static_cast<std::uint32_t>(seen);
  const bool same = seen_second != 0 && static_cast<std::uint32_t>(seen >> 32U) == mark;
  if (same && second - seen_second < static_cast<std::uint32_t>(kGap.count())) return false;
  cell.store(std::uint64_t{mark} << 32U | second, std::memory_order_relaxed);
  return true;
}

std::string address_key(std::string_view address) {
  constexpr std::size_t kSubscriberBytes = 8;
  std::string text(address);
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  constexpr std::array<char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '\xff', '\xff'};
  const bool is_ipv4 = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  return is_ipv4 ? text : std::string(bytes.data(), kSubscriberBytes);
}

}  // namespace kassa::api

// How often somebody may ask: a project its API, an address whatever it asks unsigned.
//
//   a signed request     ─▶ its project's bucket  (429 after 401 and 403, before 422: wire §10.1)
//   a poll               ─▶ no bucket at all
//   a payer's page       ─▶ no bucket; wrong links have their own guard (page/link.hpp)
//   whatever is unsigned ─▶ its address' bucket   (429 before anything else, once it is empty)
//
// Merchants poll `info` every 15 s for as many payments as they have (wire §2), so no number of
// requests per project could be right for all of them. A question about a payment that this project
// has and hasn't asked about for ten seconds is therefore free; the number of free ones is bounded
// by the number of payments. What a key has signed never counts against its address, so that a
// merchant's one server may carry any number of projects.
//
// Where several gateways share the store, each tells the others once a second who asked it how
// often (gateway_talk.hpp), and they charge it to their own buckets: a limit is one limit, but for
// what a second lets slip.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/uuid.hpp"

namespace kassa::api {

/// Since any fixed moment. When it goes back, as a system's clock may, a bucket is empty at worst.
using RateTime = std::chrono::nanoseconds;

struct Rate {
  std::int64_t per_second = 0;  // 0: no limit
  std::int64_t burst = 0;       // at once, after a rest; at least one second's worth
};

/// What a bucket holds after a request, as the RateLimit headers say it.
struct RateState {
  bool allowed = true;
  std::int64_t limit = 0;  // 0: there is none, and no header
  std::int64_t remaining = 0;
  std::int64_t reset_s = 0;        // until the bucket is full again
  std::int64_t retry_after_s = 0;  // of a request that was not allowed
};

/// One bucket as one number: when it will be full again (the "generic cell rate algorithm").
class Bucket {
 public:
  /// Takes one, if there is one.
  [[nodiscard]] RateState take(const Rate& rate, RateTime now);
  /// What is left, taking nothing.
  [[nodiscard]] RateState look(const Rate& rate, RateTime now) const;
  /// Takes what is owed already, down to an empty bucket and no further.
  void charge(const Rate& rate, RateTime now, std::int64_t count = 1);
  [[nodiscard]] bool is_full(RateTime now) const { return full_at_ <= now; }

 private:
  [[nodiscard]] RateTime owed(const Rate& rate, RateTime now) const;
  [[nodiscard]] RateState state(const Rate& rate, RateTime now) const;

  RateTime full_at_{RateTime::min()};
};

/// How often somebody asked here, to be told to other gateways.
struct Use {
  std::string key;
  std::int64_t count = 0;
  double share = 0;  // of what they may in a second

  bool operator==(const Use&) const = default;
};

/// Buckets by key. Thread-safe. Full ones are forgotten, and there are never more than `kKeysMax`:
/// whoever comes when there is no room shares one bucket with all others who do.
class Buckets {
 public:
  static constexpr std::size_t kKeysMax = 100'000;

  [[nodiscard]] RateState take(const std::string& key, const Rate& rate, RateTime now);
  [[nodiscard]] RateState look(const std::string& key, const Rate& rate, RateTime now);
  void charge(const std::string& key, const Rate& rate, RateTime now);

  /// From now on it is counted who asks how often: where other gateways want to know.
  void count_uses();
  /// Of each who took a hundredth of a second's worth or more since this was asked last: how many.
  /// The greatest shares first.
  [[nodiscard]] std::vector<Use> take_uses();
  /// What was taken at another gateway.
  void charge_elsewhere(const std::string& key, const Rate& rate, RateTime now, std::int64_t count);

  /// False costs no lock: nobody owes anything.
  [[nodiscard]] bool any() const { return any_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t size() const;

 private:
  [[nodiscard]] Bucket& bucket(const std::string& key, RateTime now);
  void forget_full(RateTime now);
  void note(const std::string& key, const Rate& rate);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
  Bucket shared_;
  RateTime forget_at_{RateTime::min()};
  std::atomic<bool> any_{false};
  bool counts_ = false;
  struct Count {
    std::int64_t count = 0;
    std::int64_t per_second = 1;
  };
  std::unordered_map<std::string, Count> counts_by_key_;
};

/// When each payment was asked about last. Lock-free and of a fixed size: where two payments meet
/// in one cell the later one takes it, and the earlier is taken for one that wasn't asked about.
class Polls {
 public:
  static constexpr std::chrono::seconds kGap{10};  // 15 s, less what a client's timer may waver

  Polls() : cells_(std::make_unique<Cells>()) {}

  /// True: not asked about within the gap, and from now on it has been.
  [[nodiscard]] bool is_poll(domain::ProjectId project, std::string_view payment_id, RateTime now);

 private:
  using Cells = std::array<std::atomic<std::uint64_t>, std::size_t{1} << 16>;

  std::unique_ptr<Cells> cells_;  // half a second of time, half of the hash
};

/// Whom an address counts as: an IPv6 one as its /64, since that is what one subscriber has.
[[nodiscard]] std::string address_key(std::string_view address);

class RateLimits {
 public:
  Buckets projects;
  Buckets addresses;
  Polls polls;
};

}  // namespace kassa::api

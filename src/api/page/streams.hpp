// Open pages: each has a stream that tells it the payment's state, at once and at every change.
//
//   loop, after a commit ─ wake(ids) ─▶ those that somebody looks at ─▶ teller's thread
//                                           reads the state once, renders it, publishes it to each
//
// Where several gateways share the store, the others name the payments that they change
// (gateway_talk.hpp); and since a word may be lost, the store is asked once a second how far the
// payments of all open pages are, of which it is told no more than that.
//
// The loop only looks ids up; everything that takes time is the teller's. Hazards: a change between
// the first reading and the registration (so a stream is registered before it is read for), an
// older state published over a newer one (each place remembers the version it was told).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "api/gateway.hpp"
#include "http/event_stream.hpp"

namespace kassa::api {

struct StreamLimits {
  std::size_t of_payment_max = 8;    // tabs and devices of one payer
  std::size_t of_address_max = 256;  // payers behind one address of their mobile network
  std::size_t max = 6'000;           // in all: the other connections are for requests
};

/// Who has which stream, and how many there are: places are given back by the streams' end.
class StreamPlaces : public std::enable_shared_from_this<StreamPlaces> {
 public:
  explicit StreamPlaces(StreamLimits limits) : limits_(limits) {}

  enum class Full : std::uint8_t { payment, address, all };
  /// A stream of that payment, registered; it takes its place until it is destroyed.
  [[nodiscard]] std::expected<std::shared_ptr<http::EventStream>, Full> take(
      domain::RequestId id, const std::string& address);

  /// Publishes to the streams of that payment that know an older version only; `only`: to that one.
  void tell(domain::RequestId id, std::int32_t version, const std::string& text,
            const http::EventStream* only = nullptr);

  /// Those of `ids` that somebody looks at.
  [[nodiscard]] std::vector<domain::RequestId> watched(const std::vector<domain::RequestId>& ids);
  /// Every payment that somebody looks at, and the oldest version that one of them knows.
  [[nodiscard]] std::unordered_map<domain::RequestId, std::int32_t> shown();
  [[nodiscard]] std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  struct Place {
    std::uint64_t number = 0;
    std::weak_ptr<http::EventStream> stream;
    std::int32_t version = 0;  // told
  };
  struct Guest;
  /// Under the lock.
  [[nodiscard]] std::optional<Full> full(domain::RequestId id, const std::string& address) const;
  void give_back(const Guest& guest);

  const StreamLimits limits_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<domain::RequestId, std::vector<Place>> by_payment_;
  std::unordered_map<std::string, std::size_t> by_address_;
};

class PageStreams {
 public:
  explicit PageStreams(Gateway& gateway);
  ~PageStreams();
  PageStreams(const PageStreams&) = delete;
  PageStreams& operator=(const PageStreams&) = delete;

  /// Answers with a stream of that payment, or why not: 404, 429, 503. Any thread.
  [[nodiscard]] http::Response open(domain::RequestId id, const std::string& address);
  /// These payments have changed. Called by the loop.
  void wake(const std::vector<domain::RequestId>& changed);
  /// Others have changed payments, and nobody knows which.
  void look_soon();

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  [[nodiscard]] Clock::time_point next_look() const;
  void look();
  void tell(domain::RequestId id);

  Gateway& gateway_;
  const std::shared_ptr<StreamPlaces> places_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::unordered_set<domain::RequestId> changed_;
  bool look_asked_ = false;
  bool stopping_ = false;
  Clock::time_point looked_at_ = Clock::now();  // the thread's own, as what follows
  bool looks_fail_ = false;
  std::thread thread_;
};

}  // namespace kassa::api

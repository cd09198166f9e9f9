// Sends a book's requests over keep-alive connections: one thread, epoll, prepared bytes, so that
// it costs the measured machine some 8 µs a request, most of them the kernel's.
//
//   closed loop   each connection sends its next request when the last was answered
//   open loop     request i is due at start + i / rate, whatever the answers do; its latency counts
//                 from then, also while it waits for a free connection (no coordinated omission)
//
// `requisites_told` may be called from any thread; the rest belongs to one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "load/book.hpp"
#include "load/histogram.hpp"

namespace kassa::bench {

struct RunPlan {
  std::string host;
  std::uint16_t port = 0;
  std::size_t connections = 64;
  std::optional<std::uint32_t> rate_per_second;       // open loop
  std::chrono::nanoseconds duration_max{};            // no new creates after that
  std::chrono::nanoseconds patience{20'000'000'000};  // without any answer: the run is given up
  /// When to call `kill`, once; what is in flight then is left unanswered and the run ends.
  std::optional<std::chrono::nanoseconds> kill_after;
  std::function<void()> kill;
};

struct RunResult {
  Histogram create_ns;
  Histogram follow_up_ns;
  std::map<int, std::uint64_t> statuses;  // of all answers
  std::uint64_t lost_connections = 0;
  std::uint64_t late_sends = 0;        // open loop: sent over 1 ms after they were due
  std::chrono::nanoseconds elapsed{};  // from the first request to the last answer of a create
  std::int64_t client_cpu_us = 0;
  bool gave_up = false;
};

class Client {
 public:
  explicit Client(Book& book);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// That payment's requisites are known, so its payer acts; ignored where the order has no payer.
  void requisites_told(std::size_t index);

  /// Sends repeats, follow-ups and creates until there are none, and, where payers act, until all
  /// have acted. Throws Failure when nobody listens.
  [[nodiscard]] RunResult run(const RunPlan& plan);

 private:
  struct Connection;
  struct Work {
    std::size_t index = 0;
    Call call = Call::create;
    std::int64_t due_ns = 0;
  };

  void connect(Connection& connection);
  void lose(Connection& connection);
  void start_due();
  [[nodiscard]] std::optional<Work> next_work(std::int64_t now_ns);
  [[nodiscard]] bool may_create(std::int64_t now_ns) const;
  void send(Connection& connection, const Work& work);
  void send_rest(Connection& connection);
  void receive(Connection& connection);
  [[nodiscard]] bool take_answer(Connection& connection);
  void note(const Work& work, int status, std::string_view body);
  void wait();
  void take_told();
  void take_up();
  [[nodiscard]] bool awaits_requisites(std::size_t index) const;
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] std::int64_t now_ns() const;
  [[nodiscard]] Fate& fate(const Work& work);

  Book& book_;
  int epoll_ = -1;
  int told_event_ = -1;
  std::mutex mutex_;
  std::vector<std::size_t> told_;

  // Of one run.
  const RunPlan* plan_ = nullptr;
  RunResult* result_ = nullptr;
  std::chrono::steady_clock::time_point start_;
  std::int64_t last_answer_ns_ = 0;
  std::size_t first_create_ = 0;
  std::size_t busy_ = 0;
  std::size_t payers_not_told_ = 0;  // created, and their requisites not known yet
  bool killed_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;
};

}  // namespace kassa::bench

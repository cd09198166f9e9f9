// One I/O thread: its io_context, its listening sockets, its connections and their deadlines.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "http/connection.hpp"
#include "http/exchange.hpp"
#include "http/listener.hpp"
#include "http/server.hpp"

namespace kassa::http {

using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Monotonic, to a few milliseconds, at a tenth of the price of the exact one.
[[nodiscard]] std::chrono::milliseconds coarse_now();

/// The certificate of the moment: it may be changed while connections are accepted.
using CurrentTls = std::atomic<std::shared_ptr<const TlsIdentity>>;

class Worker {
 public:
  /// `connections_open` is counted over all workers. Both must outlive the worker.
  Worker(const ServerOptions& options, std::atomic<std::uint64_t>& connections_open);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Before run(). `tls`: null for plain HTTP.
  void listen(UniqueFd listener, const Router& router, const CurrentTls* tls);
  /// Serves until it is drained or killed, and every connection has ended.
  void run();

  // From any thread.
  void drain();  // no new connections; idle ones close; requests in progress are finished
  void kill();   // after drain(): all connections close
  void add_to(ServerStats& stats) const;

  // For connections, on the worker's thread.
  [[nodiscard]] Executor executor() { return io_.get_executor(); }
  [[nodiscard]] const ServerOptions& options() const { return options_; }
  [[nodiscard]] const std::shared_ptr<Outbox>& outbox() const { return outbox_; }
  [[nodiscard]] bool draining() const { return draining_; }
  /// A buffer for everybody, valid until the next suspension.
  [[nodiscard]] std::span<char> scratch() { return scratch_; }
  void count_request() { count(requests_); }
  void count_bad_request() { count(bad_requests_); }
  void connection_closed() { connections_open_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  struct Listener {
    Descriptor fd;
    const Router& router;
    const CurrentTls* tls;
    Timer pause;
    bool failing = false;  // the last accept failed, which was told
  };
  enum class Accepted { one, none, failed };
  using Connections =
      boost::intrusive::list<Connection, boost::intrusive::constant_time_size<false>>;

  void accept_when_ready(Listener& listener);
  void accept_pending(Listener& listener);
  [[nodiscard]] Accepted accept_one(Listener& listener);
  void pause_accepting(Listener& listener);
  void accept_failed(Listener& listener, int error);
  void admit(UniqueFd fd, const Listener& listener);
  void turn_away(const UniqueFd& fd, const Router& router);
  void drain_outbox();
  void tick();
  void check_deadlines();

  /// Only this thread writes; others read.
  static void count(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  const ServerOptions& options_;
  std::atomic<std::uint64_t>& connections_open_;
  boost::asio::io_context io_;
  std::shared_ptr<Outbox> outbox_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Connections connections_;
  Timer sweep_;
  std::chrono::milliseconds sweep_interval_;
  bool draining_ = false;
  Outbox::Contents arrived_;
  std::array<char, 64 * 1024> scratch_;

  std::atomic<std::uint64_t> accepted_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::atomic<std::uint64_t> accepts_failed_ = 0;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> bad_requests_ = 0;
};

}  // namespace kassa::http

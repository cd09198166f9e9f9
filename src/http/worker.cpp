#include "http/worker.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <ctime>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "http/answer.hpp"
#include "http/event_stream.hpp"

namespace kassa::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr int kAcceptsPerTurn = 64;  // then the connections that are there have their turn
constexpr milliseconds kAcceptPause{100};
constexpr milliseconds kDrainInterval{10};  // how late stop() may notice the last connection's end

/// Often enough that a timeout is late by at most a quarter.
milliseconds sweep_interval(const ServerOptions& options) {
  const auto shortest = std::min({options.head_timeout, options.body_timeout, options.idle_timeout,
                                  options.answer_timeout, options.write_timeout});
  return std::clamp(shortest / 4, milliseconds(10), milliseconds(250));
}

}  // namespace

milliseconds coarse_now() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(now.tv_sec) +
                                                  std::chrono::nanoseconds(now.tv_nsec));
}

Worker::Worker(const ServerOptions& options, std::atomic<std::uint64_t>& connections_open)
    : options_(options),
      connections_open_(connections_open),
      io_(/*concurrency_hint=*/1),
      outbox_(std::make_shared<Outbox>([this] { asio::post(io_, [this] { drain_outbox(); }); })),
      sweep_(io_.get_executor()),
      sweep_interval_(sweep_interval(options)) {}

Worker::~Worker() {
  outbox_
      ->close();  // a Responder that somebody still holds must not wake an io_context of the past
}

void Worker::listen(UniqueFd listener, const Router& router, const CurrentTls* tls) {
  auto made = std::make_unique<Listener>(
      Listener{Descriptor(io_.get_executor()), router, tls, Timer(io_.get_executor())});
  made->fd.assign(listener.get());
  static_cast<void>(listener.release());
  listeners_.push_back(std::move(made));
}

void Worker::run() {
  outbox_->set_io_thread(std::this_thread::get_id());
  for (const auto& listener : listeners_) accept_when_ready(*listener);
  tick();
  io_.run();
}

void Worker::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    for (const auto& listener : listeners_) {
      boost::system::error_code ignored;
      (void)listener->fd.close(ignored);
      listener->pause.cancel();
    }
    for (auto next = connections_.begin(); next != connections_.end();) {
      Connection& connection = *next++;
      if (connection.idle()) connection.kill();
    }
    sweep_.cancel();
  });
}

void Worker::kill() {
  asio::post(io_, [this] {
    for (auto next = connections_.begin(); next != connections_.end();) (next++)->kill();
  });
}

void Worker::add_to(ServerStats& stats) const {
  stats.connections_accepted += accepted_.load(std::memory_order_relaxed);
  stats.connections_refused += refused_.load(std::memory_order_relaxed);
  stats.accepts_failed += accepts_failed_.load(std::memory_order_relaxed);
  stats.requests += requests_.load(std::memory_order_relaxed);
  stats.bad_requests += bad_requests_.load(std::memory_order_relaxed);
}

void Worker::accept_when_ready(Listener& listener) {
  listener.fd.async_wait(Descriptor::wait_read,
                         [this, &listener](const boost::system::error_code& error) {
                           if (draining_) return;
                           if (error) return pause_accepting(listener);
                           accept_pending(listener);
                         });
}

void Worker::accept_pending(Listener& listener) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    const Accepted accepted = accept_one(listener);
    if (accepted == Accepted::failed) return pause_accepting(listener);
    if (accepted == Accepted::none) break;
  }
  accept_when_ready(listener);
}

Worker::Accepted Worker::accept_one(Listener& listener) {
  UniqueFd fd(
      ::accept4(listener.fd.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.get() < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return Accepted::none;
    // The peer went away while it waited: the next one, please.
    if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return Accepted::one;
    accept_failed(listener, errno);
    return Accepted::failed;
  }
  try {
    admit(std::move(fd), listener);
  } catch (const std::exception&) {
    accept_failed(listener, ENOMEM);  // or there is no room in epoll
    return Accepted::failed;
  }
  listener.failing = false;
  return Accepted::one;
}

/// Counted each time, told once: it is tried again ten times a second.
void Worker::accept_failed(Listener& listener, int error) {
  count(accepts_failed_);
  if (std::exchange(listener.failing, true) || !options_.on_accept_failed) return;
  options_.on_accept_failed(std::generic_category().message(error));
}

/// Out of descriptors (EMFILE, ENFILE) or memory, the listening socket stays readable: to wait for
/// it would spin. The peers wait in the backlog meanwhile.
void Worker::pause_accepting(Listener& listener) {
  listener.pause.expires_after(kAcceptPause);
  listener.pause.async_wait([this, &listener](const boost::system::error_code&) {
    if (!draining_) accept_when_ready(listener);
  });
}

void Worker::admit(UniqueFd fd, const Listener& listener) {
  const auto identity = listener.tls != nullptr ? listener.tls->load() : nullptr;
  count(accepted_);
  // Counted before it is compared: two workers must not both take the last place.
  if (connections_open_.fetch_add(1, std::memory_order_relaxed) >= options_.connections_max) {
    connection_closed();
    count(refused_);
    // A word in the clear would be none to a peer that waits for a handshake.
    if (identity == nullptr) turn_away(fd, listener.router);
    return;
  }
  const int on = 1;  // fails on a unix socket, where there is nothing to set
  static_cast<void>(::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  std::unique_ptr<Connection> connection;
  try {
    auto tls = identity != nullptr ? identity->accept(fd.get()) : nullptr;
    if (identity != nullptr && tls == nullptr) throw std::bad_alloc();
    connection =
        std::make_unique<Connection>(*this, listener.router, std::move(fd), std::move(tls));
  } catch (...) {
    connection_closed();
    throw;
  }
  connections_.push_back(*connection);
  Async<void> life = connection->run();
  // What escapes (no memory, an error page that throws) ends this connection and nothing else.
  asio::co_spawn(io_, std::move(life),
                 [owned = std::move(connection)](const std::exception_ptr&) {});
}

/// Best effort: what a full server owes to one more is a word, not a wait.
void Worker::turn_away(const UniqueFd& fd, const Router& router) {
  Response page = router.error_page()(503, {});
  page.status = 503;
  std::string text;
  append_head(page, /*close=*/true, text);
  text += page.body;
  // Read first: closing with unread bytes would reset the connection and lose the answer.
  static_cast<void>(::recv(fd.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT));
  static_cast<void>(::send(fd.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::shutdown(fd.get(), SHUT_WR);
}

void Worker::drain_outbox() {
  outbox_->take(arrived_);
  for (const auto& exchange : arrived_.answers) {
    if (exchange->connection != nullptr) exchange->connection->on_answer();
  }
  for (const auto& stream : arrived_.streams) {
    if (stream->connection() != nullptr) stream->connection()->on_news();
  }
  arrived_.answers.clear();
  arrived_.streams.clear();
}

void Worker::tick() {
  check_deadlines();
  if (draining_ && connections_.empty()) return;
  sweep_.expires_after(draining_ ? kDrainInterval : sweep_interval_);
  sweep_.async_wait([this](const boost::system::error_code&) { tick(); });
}

void Worker::check_deadlines() {
  const milliseconds now = coarse_now();
  for (auto next = connections_.begin(); next != connections_.end();) {
    (next++)->check_deadline(now);
  }
}

}  // namespace kassa::http

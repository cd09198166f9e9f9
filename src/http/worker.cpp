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
#include <string>

#include "http/answer.hpp"

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

Worker::Worker(const ServerOptions& options, int number,
               std::atomic<std::uint64_t>& connections_open)
    : options_(options),
      connections_open_(connections_open),
      request_ids_(options.id_prefix + "-" + std::to_string(number)),
      io_(/*concurrency_hint=*/1),
      outbox_(std::make_shared<Outbox>([this] { asio::post(io_, [this] { drain_outbox(); }); })),
      sweep_(io_.get_executor()),
      sweep_interval_(sweep_interval(options)) {}

Worker::~Worker() {
  outbox_
      ->close();  // a Responder that somebody still holds must not wake an io_context of the past
}

void Worker::listen(UniqueFd listener, const Router& router) {
  auto made = std::make_unique<Listener>(
      Listener{Descriptor(io_.get_executor()), router, Timer(io_.get_executor())});
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
    return Accepted::failed;
  }
  try {
    admit(std::move(fd), listener.router);
  } catch (const std::exception&) {
    return Accepted::failed;  // no memory, or no room in epoll
  }
  return Accepted::one;
}

/// Out of descriptors (EMFILE, ENFILE) or memory, the listening socket stays readable: to wait for
/// it would spin. The peers wait in the backlog meanwhile.
void Worker::pause_accepting(Listener& listener) {
  listener.pause.expires_after(kAcceptPause);
  listener.pause.async_wait([this, &listener](const boost::system::error_code&) {
    if (!draining_) accept_when_ready(listener);
  });
}

void Worker::admit(UniqueFd fd, const Router& router) {
  count(accepted_);
  // Counted before it is compared: two workers must not both take the last place.
  if (connections_open_.fetch_add(1, std::memory_order_relaxed) >= options_.connections_max) {
    connection_closed();
    count(refused_);
    return turn_away(fd, router);
  }
  const int on = 1;  // fails on a unix socket, where there is nothing to set
  static_cast<void>(::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  std::unique_ptr<Connection> connection;
  try {
    connection = std::make_unique<Connection>(*this, router, std::move(fd));
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
  append_head(page, /*request_id=*/{}, /*close=*/true, text);
  text += page.body;
  // Read first: closing with unread bytes would reset the connection and lose the answer.
  static_cast<void>(::recv(fd.get(), scratch_.data(), scratch_.size(), MSG_DONTWAIT));
  static_cast<void>(::send(fd.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
  ::shutdown(fd.get(), SHUT_WR);
}

void Worker::drain_outbox() {
  outbox_->take(answered_);
  for (const auto& exchange : answered_) {
    if (exchange->connection != nullptr) exchange->connection->on_answer();
  }
  answered_.clear();
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

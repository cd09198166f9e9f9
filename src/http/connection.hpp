// One connection's life: read a request, have it handled, write the answer, again. A coroutine on
// its worker's thread; nothing here is touched by any other thread.
//
//      run: ┌─▶ read_head ─▶ parse ─▶ Gate, 404/405/413/415? ─▶ read_body ─▶ Handler ─▶ answer ─┐
//           └────────────────────────────── keep-alive ─────────────────────────────────────────┘
//
// Every wait has a deadline, which the worker's one timer checks; there is no timer per operation.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/exchange.hpp"
#include "http/head.hpp"
#include "http/http.hpp"
#include "http/listener.hpp"
#include "http/tls.hpp"

namespace kassa::http {

class Worker;

using Executor = boost::asio::io_context::executor_type;
using UseAwaitable = boost::asio::use_awaitable_t<Executor>;
template <typename T>
using Async = boost::asio::awaitable<T, Executor>;
using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;

using ConnectionHook =
    boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Connection : public ConnectionHook {
 public:
  /// `tls`: null for plain HTTP.
  Connection(Worker& worker, const Router& router, UniqueFd fd, std::unique_ptr<TlsSession> tls);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  Async<void> run();

  /// Its exchange has been answered. May end and destroy the connection, as the next three.
  void on_answer();
  /// The stream that it serves has something to tell.
  void on_news();
  void check_deadline(std::chrono::milliseconds now);
  /// Gives up whatever it waits for, and closes.
  void kill();
  /// Nothing is lost if it ends now: no request has begun, or its stream has told everything.
  [[nodiscard]] bool idle() const { return idle_; }

 private:
  enum class After { next_request, linger, close };
  struct Refusal {
    int status = 0;
    std::string_view path;
    std::string_view allow;
    bool keep_alive = false;
    std::optional<Response> page = std::nullopt;  // the gate's answer; else an error page:
    const Route* route = nullptr;                 // its own, if it has one, or the router's
  };

  /// The handshake; false if it came to nothing.
  Async<bool> greet();
  Async<After> serve_one();
  /// 0: a head of scanner_.size() bytes is there; kGone, or the status that refuses it.
  Async<int> read_head();
  Async<bool> wait_for_request();
  /// Status 0: its body may be read.
  [[nodiscard]] Refusal admit(const Head& head, const Router::Match& match) const;
  /// The client's x-request-id where it may be repeated, instead of ours.
  void take_clients_id();
  Async<int> read_body(const Head& head, const Route& route);
  Async<int> read_body_in_place(std::size_t size);
  Async<int> read_long_body(std::size_t size);
  Async<int> read_chunked_body(std::size_t body_bytes_max);
  Async<After> handle(const Route& route, bool keep_alive);
  /// Hazard: g++ 12 destroys what stands in braces inside a co_await twice. Name it, and move it
  /// in.
  Async<After> refuse(Refusal refusal);
  /// The server's own error, as the route says it, or the router.
  [[nodiscard]] Response error_of(const Route* route, int status, const Request& request) const;
  Async<After> answer_early(const Response& response);
  Async<After> answer(const Response& response, bool keep_alive);
  void tell_of_answer(const Response& response) const;
  Async<bool> flush();
  Async<After> serve_stream(Response response);
  /// Sends what the stream has to tell; false if the peer is gone or too slow.
  Async<bool> tell_news();
  /// True when there is news, or a heartbeat is due and stands in `out_`.
  Async<bool> wait_for_news();
  Async<void> linger();

  /// Waits until the socket is ready; false if the deadline passed or the connection was killed.
  Async<bool> wait(Descriptor::wait_type type);
  Async<void> wait_for_answer();
  void wake();

  /// Bytes received; 0: the peer has closed or failed; kWouldBlock.
  [[nodiscard]] std::ptrdiff_t receive(char* to, std::size_t size);
  /// As receive(); what has come buys time, if the route has a rate.
  [[nodiscard]] std::ptrdiff_t receive_body(char* to, std::size_t size);
  /// Sends what the socket takes of `out_` from `sent_` on and of `unsent_body_`. False if the peer
  /// is gone.
  [[nodiscard]] bool send_some();
  [[nodiscard]] bool send_some_sealed();
  [[nodiscard]] bool has_unsent() const { return sent_ < out_.size() || !unsent_body_.empty(); }
  [[nodiscard]] bool send_continue();
  void arm(std::chrono::milliseconds timeout);
  /// Why a wait was given up: the sender was too slow, or it is gone.
  [[nodiscard]] int timeout_or_gone() const;
  void finish_request();
  /// Leaves the exchange to a handler that still has it; the connection goes on with a new one.
  [[nodiscard]] std::shared_ptr<Exchange> abandon_exchange();

  using AnswerWaiter = boost::asio::async_result<UseAwaitable, void()>::handler_type;

  Worker& worker_;
  const Router& router_;
  Descriptor fd_;
  std::unique_ptr<TlsSession> tls_;
  std::shared_ptr<Exchange> exchange_;
  HeadScanner scanner_;
  std::size_t message_bytes_ = 0;  // of the request being served, in the exchange's input
  const Route* route_ = nullptr;   // of the request being served
  std::string id_;                 // its x-request-id; outlives an exchange that is abandoned
  std::string out_;                // head of the answer being written
  std::size_t sent_ = 0;           // of out_
  std::string_view unsent_body_;   // of the response that answer() holds
  std::optional<AnswerWaiter> answer_waiter_;
  std::shared_ptr<EventStream> stream_;  // while one is served
  std::chrono::milliseconds deadline_ = std::chrono::milliseconds::max();
  std::size_t body_bytes_per_s_min_ = 0;  // of the body being read
  std::size_t body_received_ = 0;
  std::chrono::milliseconds body_since_{};
  std::chrono::steady_clock::time_point whole_at_{};  // when the request's last byte was there
  bool expired_ = false;
  bool killed_ = false;
  bool idle_ = false;  // waits for the first byte of a request, or for news of its stream
  bool fresh_ = true;  // has not been served yet
  bool head_only_ = false;
};

}  // namespace kassa::http

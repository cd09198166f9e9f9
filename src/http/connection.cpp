// co_await stands in a statement of its own here, never within a condition: g++ 12 miscompiles
// `if (!co_await f()) co_return …;` within loops, at -O0 too (the frame comes back with `this`
// overwritten).
#include "http/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <utility>

#include "http/answer.hpp"
#include "http/chunked.hpp"
#include "http/event_stream.hpp"
#include "http/worker.hpp"

namespace kassa::http {
namespace {

namespace asio = boost::asio;

constexpr int kGone = -1;  // nobody is there to be answered
constexpr std::ptrdiff_t kWouldBlock = -1;
constexpr std::size_t kReadBytesMin = 2 * 1024;  // room that a read should find
constexpr std::size_t kKeptBytesMax = 4 * 1024;  // of strings that an idle connection may keep
// A refused upload is read on for so long, that its sender gets to see the answer: closing with
// unread bytes would send a reset, which overtakes it.
constexpr std::size_t kLingerBytesMax = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds kLingerTime{2'000};
// A peer that acknowledges nothing for so long is gone: phones leave without a word.
constexpr int kStreamPeerSilentMs = 60'000;
constexpr int kHeartbeatSteps = 64;
constexpr std::string_view kHeartbeat = ":\n\n";    // a comment, which readers step over
constexpr std::size_t kOneRecordBytes = 12 * 1024;  // sealed and sent with their head at once
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

constexpr UseAwaitable kUseAwaitable{};

bool always_has_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

Connection::Connection(Worker& worker, const Router& router, UniqueFd fd,
                       std::unique_ptr<TlsSession> tls)
    : worker_(worker),
      router_(router),
      fd_(worker.executor()),
      tls_(std::move(tls)),
      exchange_(std::make_shared<Exchange>(this, worker.outbox())) {
  exchange_->request.remote_address = peer_address(fd.get());
  fd_.assign(fd.get());
  static_cast<void>(fd.release());
}

Connection::~Connection() {
  if (tls_) tls_->close();
  exchange_->connection = nullptr;
  worker_.connection_closed();
}

Async<void> Connection::run() {
  if (tls_) {
    const bool greeted = co_await greet();
    if (!greeted) co_return;
  }
  for (;;) {
    const After after = co_await serve_one();
    if (after == After::next_request) continue;
    if (after == After::linger) co_await linger();
    co_return;
  }
}

Async<bool> Connection::greet() {
  arm(worker_.options().head_timeout);
  for (;;) {
    const TlsSession::Step step = tls_->handshake();
    if (step == TlsSession::Step::done) co_return true;
    bool ready = step != TlsSession::Step::failed;
    if (ready) {
      ready = co_await wait(step == TlsSession::Step::wants_write ? Descriptor::wait_write
                                                                  : Descriptor::wait_read);
    }
    if (!ready) {
      worker_.count_bad_request();
      co_return false;
    }
  }
}

Async<Connection::After> Connection::serve_one() {
  scanner_ = HeadScanner();
  head_only_ = false;
  whole_at_ = {};
  route_ = nullptr;
  exchange_->request.method = {};
  const int head_refusal = co_await read_head();
  if (head_refusal == kGone) co_return After::close;
  worker_.request_ids().next(id_);
  if (head_refusal != 0) {
    Refusal refusal{.status = head_refusal, .path = {}, .allow = {}};
    co_return co_await refuse(std::move(refusal));
  }
  Exchange& exchange = *exchange_;
  const auto head = parse_head(exchange.input.first(scanner_.size()),
                               worker_.options().head_fields_max, exchange.request);
  if (!head) {
    Refusal refusal{.status = head.error(), .path = {}, .allow = {}};
    co_return co_await refuse(std::move(refusal));
  }
  take_clients_id();
  message_bytes_ = scanner_.size();
  head_only_ = exchange.request.method == "HEAD";
  const auto match = router_.match(exchange.request.method, exchange.request.path);
  route_ = match.route;
  Refusal refusal = admit(*head, match);
  if (refusal.status != 0) {
    // A small body that has come with its head is stepped over, and the connection lives on.
    const auto buffered = exchange.input.size() - message_bytes_;
    refusal.keep_alive = head->keep_alive && !head->chunked && head->content_length <= buffered;
    if (refusal.keep_alive) message_bytes_ += static_cast<std::size_t>(head->content_length);
    co_return co_await refuse(std::move(refusal));
  }
  if (match.route->before_body) {
    const auto early = match.route->before_body(exchange.request);
    if (early) co_return co_await answer_early(*early);
  }
  if (match.route->body_slots) {
    exchange.body_slot = match.route->body_slots->take(exchange.request.path);
    refusal.status = exchange.body_slot ? 0 : 503;
    if (refusal.status != 0) co_return co_await refuse(std::move(refusal));
  }
  refusal.status = co_await read_body(*head, *match.route);
  if (refusal.status == kGone) co_return After::close;
  if (refusal.status != 0) co_return co_await refuse(std::move(refusal));
  co_return co_await handle(*match.route, head->keep_alive);
}

Async<int> Connection::read_head() {
  InputBuffer& input = exchange_->input;
  bool readable = false;
  if (input.empty()) {
    readable = co_await wait_for_request();
    if (!readable) co_return kGone;
  }
  arm(worker_.options().head_timeout);
  bool skipped_empty_line = false;
  for (;;) {
    switch (scanner_.scan(input.view())) {
      case HeadScanner::Found::head:
        if (scanner_.size() > worker_.options().head_bytes_max) co_return 431;
        input.reserve(scanner_.size() + kReadBytesMin);  // for a body, while no view exists yet
        co_return 0;
      case HeadScanner::Found::empty_line:
        if (std::exchange(skipped_empty_line, true)) co_return 400;
        input.consume(2);
        scanner_ = HeadScanner();
        continue;
      case HeadScanner::Found::bare_lf:
        co_return 400;
      case HeadScanner::Found::need_more:
        break;
    }
    if (input.size() >= worker_.options().head_bytes_max) {
      co_return scanner_.in_request_line() ? 414 : 431;
    }
    // Not read on before the others have had their turn: a peer whose pipeline never runs dry
    // would keep the thread to itself.
    if (!readable) readable = co_await wait(Descriptor::wait_read);
    if (!readable) co_return input.empty() ? kGone : timeout_or_gone();
    readable = false;
    input.reserve(input.size() + kReadBytesMin);
    const auto room = input.room();
    const auto received = receive(room.data(), room.size());
    if (received == 0) co_return kGone;
    if (received > 0) input.commit(static_cast<std::size_t>(received));
  }
}

/// Until the first byte comes, the connection holds no buffer.
Async<bool> Connection::wait_for_request() {
  if (worker_.draining()) co_return false;
  exchange_->input.release();
  if (exchange_->body.capacity() > kKeptBytesMax) exchange_->body = std::string();
  if (out_.capacity() > kKeptBytesMax) out_ = std::string();
  const ServerOptions& options = worker_.options();
  arm(std::exchange(fresh_, false) ? options.head_timeout : options.idle_timeout);
  idle_ = true;
  const bool ready = co_await wait(Descriptor::wait_read);
  idle_ = false;
  co_return ready;
}

void Connection::take_clients_id() {
  constexpr std::string_view kName = "x-request-id";
  Request& request = exchange_->request;
  const std::string_view theirs = request.header(kName);
  if (request.header_count(kName) == 1 && is_request_id(theirs)) id_ = theirs;
  request.id = id_;
}

/// wire §10.1: the gate first, and these before anything else that is wrong with the request.
Connection::Refusal Connection::admit(const Head& head, const Router::Match& match) const {
  const Request& request = exchange_->request;
  Refusal refusal{.path = request.path,
                  .allow = match.allow,
                  .page = router_.ask_gate(request),
                  .route = match.route};
  if (refusal.page) {
    refusal.status = refusal.page->status;
    refusal.allow = {};
  } else if (match.route == nullptr) {
    refusal.status = match.status;
  } else if (head.content_length > match.route->body_bytes_max) {
    refusal.status = 413;
  } else if (const bool asks_type = head.has_body() || always_has_body(request.method);
             match.route->json_only && asks_type && !is_json(request.content_type)) {
    refusal.status = 415;
  }
  return refusal;
}

Async<int> Connection::read_body(const Head& head, const Route& route) {
  Exchange& exchange = *exchange_;
  exchange.body.clear();
  exchange.request.body = {};
  if (!head.has_body()) co_return 0;
  arm(worker_.options().body_timeout);
  body_since_ = coarse_now();
  body_received_ = 0;
  body_bytes_per_s_min_ = route.body_bytes_per_s_min;
  const std::size_t buffered = exchange.input.size() - message_bytes_;
  if (head.expects_continue && buffered == 0 && !send_continue()) co_return kGone;
  if (head.chunked) co_return co_await read_chunked_body(route.body_bytes_max);
  const auto size = static_cast<std::size_t>(head.content_length);
  if (message_bytes_ + size > exchange.input.capacity()) co_return co_await read_long_body(size);
  co_return co_await read_body_in_place(size);
}

Async<int> Connection::read_body_in_place(std::size_t size) {
  InputBuffer& input = exchange_->input;
  while (input.size() < message_bytes_ + size) {
    const auto room = input.room();
    const auto received = receive_body(room.data(), room.size());
    if (received == 0) co_return kGone;
    if (received > 0) {
      input.commit(static_cast<std::size_t>(received));
    } else {
      const bool readable = co_await wait(Descriptor::wait_read);
      if (!readable) co_return timeout_or_gone();
    }
  }
  exchange_->request.body = input.view().substr(message_bytes_, size);
  message_bytes_ += size;
  co_return 0;
}

/// Memory grows with what has arrived, not with what the head has promised.
Async<int> Connection::read_long_body(std::size_t size) {
  std::string& body = exchange_->body;
  body.assign(exchange_->input.view().substr(message_bytes_));
  message_bytes_ += body.size();
  while (body.size() < size) {
    const auto scratch = worker_.scratch();
    const auto received =
        receive_body(scratch.data(), std::min(scratch.size(), size - body.size()));
    if (received == 0) co_return kGone;
    if (received > 0) {
      body.append(scratch.data(), static_cast<std::size_t>(received));
    } else {
      const bool readable = co_await wait(Descriptor::wait_read);
      if (!readable) co_return timeout_or_gone();
    }
  }
  exchange_->request.body = body;
  co_return 0;
}

Async<int> Connection::read_chunked_body(std::size_t body_bytes_max) {
  InputBuffer& input = exchange_->input;
  ChunkedDecoder decoder(body_bytes_max);
  for (;;) {
    std::string_view coded = input.view().substr(message_bytes_);
    const std::size_t buffered = coded.size();
    const auto found = decoder.decode(coded, exchange_->body);
    // What is decoded makes room for what comes; what follows the end is the next request's.
    input.erase(message_bytes_, buffered - coded.size());
    if (found == ChunkedDecoder::Found::malformed) co_return 400;
    if (found == ChunkedDecoder::Found::too_large) co_return 413;
    if (found == ChunkedDecoder::Found::end) break;
    const auto room = input.room();
    const auto received = receive_body(room.data(), room.size());
    if (received == 0) co_return kGone;
    if (received > 0) {
      input.commit(static_cast<std::size_t>(received));
    } else {
      const bool readable = co_await wait(Descriptor::wait_read);
      if (!readable) co_return timeout_or_gone();
    }
  }
  exchange_->request.body = exchange_->body;
  co_return 0;
}

Async<Connection::After> Connection::handle(const Route& route, bool keep_alive) {
  Exchange& exchange = *exchange_;
  worker_.count_request();
  whole_at_ = std::chrono::steady_clock::now();
  exchange.answered = false;
  exchange.dropped = false;
  exchange.in_handler = true;
  int failure = 500;
  try {
    route.handler(exchange.request, Responder(exchange_));
  } catch (const Unavailable&) {
    failure = 503;
  } catch (...) {  // NOLINT(bugprone-empty-catch): it is answered all the same
    // Its Responder, destroyed on the way here, has answered 500.
  }
  exchange.in_handler = false;
  if (!exchange.answered) {
    arm(worker_.options().answer_timeout);
    co_await wait_for_answer();
  }
  if (!exchange.answered) {
    const auto abandoned = abandon_exchange();
    if (killed_) co_return After::close;
    exchange_->request.method = abandoned->request.method;  // both live as long as the refusal
    Refusal late{.status = 503, .path = abandoned->request.path, .allow = {}};
    late.page = error_of(&route, 503, abandoned->request);
    co_return co_await refuse(std::move(late));
  }
  Response response = exchange.dropped ? error_of(&route, failure, exchange.request)
                                       : std::exchange(exchange.response, {});
  if (response.stream && !head_only_) co_return co_await serve_stream(std::move(response));
  co_return co_await answer(response, keep_alive);
}

Response Connection::error_of(const Route* route, int status, const Request& request) const {
  return route != nullptr && route->error_page ? route->error_page(status, request)
                                               : router_.error_page()(status, request.path);
}

Async<Connection::After> Connection::refuse(Refusal refusal) {
  worker_.count_bad_request();
  // Without a path the head was not understood: who sent it, a proxy's header can't tell.
  if (!refusal.page && !refusal.path.empty()) {
    router_.tell_refused(exchange_->request, refusal.status);
  }
  const bool of_route = refusal.route != nullptr && refusal.route->error_page;
  Response page = refusal.page ? std::move(*refusal.page)
                  : of_route   ? error_of(refusal.route, refusal.status, exchange_->request)
                               : router_.error_page()(refusal.status, refusal.path);
  page.status = refusal.status;
  if (!refusal.allow.empty()) page.headers.emplace_back("allow", refusal.allow);
  const After after = co_await answer(page, refusal.keep_alive);
  // Unread bytes may still be on their way.
  co_return after == After::close && !refusal.keep_alive ? After::linger : after;
}

/// Its body is left unread, and may still be on its way.
Async<Connection::After> Connection::answer_early(const Response& response) {
  worker_.count_bad_request();
  const After after = co_await answer(response, false);
  co_return after == After::close ? After::linger : after;
}

void Connection::tell_of_answer(const Response& response) const {
  if (const auto& told = worker_.options().on_answer) {
    const bool handled = whole_at_ != std::chrono::steady_clock::time_point{};
    const auto took = handled ? std::chrono::steady_clock::now() - whole_at_
                              : std::chrono::steady_clock::duration::zero();
    told({.route = route_,
          .method = exchange_->request.method,
          .request_id = id_,
          .subject = response.subject,
          .status = response.status,
          .took = std::chrono::duration_cast<std::chrono::microseconds>(took)});
  }
}

Async<Connection::After> Connection::answer(const Response& response, bool keep_alive) {
  const bool close = !keep_alive || worker_.draining() || response.stream;
  tell_of_answer(response);
  // Before the answer goes out: whoever has read it may send the next body at once, elsewhere.
  finish_request();
  out_.clear();
  sent_ = 0;
  append_head(response, id_, close, out_);
  const bool with_body = !head_only_ && !is_bodiless(response.status);
  unsent_body_ = with_body ? std::string_view(response.body) : std::string_view();
  if (tls_ && unsent_body_.size() <= kOneRecordBytes) {
    out_ += std::exchange(unsent_body_, {});
  }
  if (!send_some()) co_return After::close;
  if (has_unsent()) {
    const bool flushed = co_await flush();
    if (!flushed) co_return After::close;
  }
  if (!close) co_return After::next_request;
  co_return exchange_->input.empty() ? After::close : After::linger;
}

Async<bool> Connection::flush() {
  arm(worker_.options().write_timeout);
  while (has_unsent()) {
    const bool writable = co_await wait(Descriptor::wait_write);
    if (!writable || !send_some()) co_return false;
  }
  co_return true;
}

/// Whatever the peer still sends ends the stream: it has nothing to say here.
Async<Connection::After> Connection::serve_stream(Response response) {
  tell_of_answer(response);
  out_.clear();
  sent_ = 0;
  append_head(response, id_, /*close=*/true, out_);
  stream_ = std::move(response.stream);
  response = {};
  exchange_->input.release();
  exchange_->request = {};
  message_bytes_ = 0;
  const int alive_ms = kStreamPeerSilentMs;  // fails on a unix socket, whose peers don't vanish
  static_cast<void>(
      ::setsockopt(fd_.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &alive_ms, sizeof alive_ms));
  stream_->open(*this, worker_.outbox());
  bool goes_on = co_await tell_news();
  while (goes_on && !worker_.draining()) {
    goes_on = co_await wait_for_news();
    if (goes_on) goes_on = co_await tell_news();
  }
  stream_->close();
  stream_.reset();
  co_return After::close;
}

Async<bool> Connection::tell_news() {
  for (;;) {
    out_ += stream_->take();
    if (out_.empty()) co_return true;
    bool sent = send_some();
    if (sent && has_unsent()) sent = co_await flush();
    if (!sent) co_return false;
    out_ = std::string();  // an idle stream holds no buffer
    sent_ = 0;
  }
}

Async<bool> Connection::wait_for_news() {
  if (killed_) co_return false;
  const auto gap = worker_.options().stream_heartbeat;
  // By its descriptor, so that streams that began together do not speak together for ever.
  arm(gap + gap * (fd_.native_handle() % kHeartbeatSteps) / (3 * kHeartbeatSteps));
  boost::system::error_code error;
  idle_ = true;
  co_await fd_.async_wait(Descriptor::wait_read, asio::redirect_error(kUseAwaitable, error));
  idle_ = false;
  if (killed_ || !error) co_return false;  // without an error the peer spoke, or is gone
  if (std::exchange(expired_, false)) out_ = kHeartbeat;
  deadline_ = std::chrono::milliseconds::max();
  co_return true;
}

Async<void> Connection::linger() {
  if (tls_) tls_->close();
  ::shutdown(fd_.native_handle(), SHUT_WR);
  exchange_->input.release();
  arm(kLingerTime);
  for (std::size_t drained = 0; drained < kLingerBytesMax;) {
    const auto scratch = worker_.scratch();
    const auto received = receive(scratch.data(), scratch.size());
    if (received == 0) co_return;
    if (received > 0) {
      drained += static_cast<std::size_t>(received);
    } else {
      const bool readable = co_await wait(Descriptor::wait_read);
      if (!readable) co_return;
    }
  }
}

Async<bool> Connection::wait(Descriptor::wait_type type) {
  if (expired_ || killed_) co_return false;
  if (tls_ && type == Descriptor::wait_read) {
    if (tls_->has_pending()) co_return true;
    if (tls_->receive_wants_write()) type = Descriptor::wait_write;
  }
  boost::system::error_code error;
  co_await fd_.async_wait(type, asio::redirect_error(kUseAwaitable, error));
  co_return !error && !expired_ && !killed_;
}

Async<void> Connection::wait_for_answer() {
  if (killed_) co_return;
  auto token = kUseAwaitable;
  co_await asio::async_initiate<UseAwaitable, void()>(
      [this](auto&& waiter) { answer_waiter_.emplace(std::forward<decltype(waiter)>(waiter)); },
      token);
}

void Connection::wake() {
  if (answer_waiter_) {
    auto waiter = std::move(*answer_waiter_);
    answer_waiter_.reset();
    std::move(waiter)();  // may destroy this
  } else {
    boost::system::error_code ignored;
    (void)fd_.cancel(ignored);
  }
}

void Connection::on_answer() {
  exchange_->answered = true;
  if (answer_waiter_) wake();
}

void Connection::on_news() {
  if (idle_) wake();  // else it looks when it has sent what it sends now
}

void Connection::check_deadline(std::chrono::milliseconds now) {
  if (now < deadline_) return;
  deadline_ = std::chrono::milliseconds::max();
  expired_ = true;
  wake();
}

void Connection::kill() {
  killed_ = true;
  wake();
}

std::ptrdiff_t Connection::receive(char* to, std::size_t size) {
  if (tls_) return tls_->receive(to, size);
  for (;;) {
    const ssize_t received = ::recv(fd_.native_handle(), to, size, MSG_DONTWAIT);
    if (received >= 0) return received;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return kWouldBlock;
    if (errno != EINTR) return 0;
  }
}

std::ptrdiff_t Connection::receive_body(char* to, std::size_t size) {
  const auto received = receive(to, size);
  if (received > 0 && body_bytes_per_s_min_ > 0) {
    body_received_ += static_cast<std::size_t>(received);
    const auto timeout = worker_.options().body_timeout;
    const std::chrono::milliseconds bought(body_received_ * 1'000 / body_bytes_per_s_min_);
    deadline_ = std::min(body_since_ + timeout + bought, coarse_now() + timeout);
  }
  return received;
}

bool Connection::send_some_sealed() {
  while (has_unsent()) {
    const bool in_head = sent_ < out_.size();
    const std::ptrdiff_t sent =
        tls_->send(in_head ? std::string_view(out_).substr(sent_) : unsent_body_);
    if (sent <= 0) return sent == TlsSession::kWouldBlock;
    if (in_head) {
      sent_ += static_cast<std::size_t>(sent);
    } else {
      unsent_body_.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  return true;
}

bool Connection::send_some() {
  if (tls_) return send_some_sealed();
  while (has_unsent()) {
    std::array<iovec, 2> parts{iovec{out_.data() + sent_, out_.size() - sent_},
                               iovec{const_cast<char*>(unsent_body_.data()), unsent_body_.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = unsent_body_.empty() ? 1 : 2;
    const ssize_t result = ::sendmsg(fd_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (result < 0 && errno == EINTR) continue;
    if (result < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    const auto sent = static_cast<std::size_t>(result);
    const auto of_head = std::min(sent, out_.size() - sent_);
    sent_ += of_head;
    unsent_body_.remove_prefix(sent - of_head);
  }
  return true;
}

bool Connection::send_continue() {
  // 25 bytes after which the peer waits for us: they fit into the socket's buffer or it is gone.
  if (tls_) return tls_->send(kContinue) == static_cast<std::ptrdiff_t>(kContinue.size());
  return ::send(fd_.native_handle(), kContinue.data(), kContinue.size(),
                MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(kContinue.size());
}

void Connection::arm(std::chrono::milliseconds timeout) {
  expired_ = false;
  deadline_ = coarse_now() + timeout;
}

int Connection::timeout_or_gone() const {
  return expired_ && !killed_ ? 408 : kGone;
}

void Connection::finish_request() {
  exchange_->input.consume(message_bytes_);
  message_bytes_ = 0;
  if (exchange_->body_slot) {
    exchange_->request.body = {};
    exchange_->body = std::string();
    exchange_->body_slot.reset();
  }
}

std::shared_ptr<Exchange> Connection::abandon_exchange() {
  auto fresh = std::make_shared<Exchange>(this, worker_.outbox());
  exchange_->connection = nullptr;
  message_bytes_ = 0;
  return std::exchange(exchange_, std::move(fresh));
}

}  // namespace kassa::http

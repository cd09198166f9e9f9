#include "load/client.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "load/failure.hpp"
#include "load/process.hpp"

namespace kassa::bench {
namespace {

constexpr std::int64_t kLateNs = 1'000'000;
constexpr std::int64_t kWaitMaxNs = 100'000'000;
constexpr std::uint64_t kLostConnectionsMax = 1'000;
constexpr std::size_t kComplaintsMax = 5;

/// The number after `content-length:` in a head whose names may be of any case.
std::optional<std::size_t> content_length(std::string_view head) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  if (found == head.end()) return std::nullopt;
  const char* at = found + kName.size();
  while (at != head.end() && *at == ' ') ++at;
  std::size_t length = 0;
  if (std::from_chars(at, head.end(), length).ec != std::errc{}) return std::nullopt;
  return length;
}

/// The 36 characters of `"request_id":"…"`, or nothing.
std::string_view request_id_in(std::string_view body) {
  constexpr std::string_view kKey = "\"request_id\":\"";
  const auto at = body.find(kKey);
  if (at == std::string_view::npos || body.size() < at + kKey.size() + 36) return {};
  return body.substr(at + kKey.size(), 36);
}

}  // namespace

struct Client::Connection {
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  int fd = -1;
  bool busy = false;
  Work work;
  std::string_view unsent;
  std::string answer;
};

Client::Client(Book& book)
    : book_(book), epoll_(epoll_create1(EPOLL_CLOEXEC)), told_event_(eventfd(0, EFD_CLOEXEC)) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, told_event_, &event) != 0) throw Failure("no epoll");
}

Client::~Client() {
  ::close(told_event_);
  ::close(epoll_);
}

std::int64_t Client::now_ns() const {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - start_).count();
}

Fate& Client::fate(const Work& work) {
  Record& record = book_.records[work.index];
  return work.call == Call::create ? record.create : record.follow_up;
}

void Client::requisites_told(std::size_t index) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = told_.empty();
    told_.push_back(index);
  }
  if (was_empty) eventfd_write(told_event_, 1);
}

void Client::take_told() {
  std::vector<std::size_t> told;
  {
    const std::lock_guard lock(mutex_);
    told.swap(told_);
  }
  for (const std::size_t index : told) {
    if (index >= book_.orders.size() || book_.orders[index].follow == Follow::none) continue;
    Record& record = book_.records[index];
    if (std::exchange(record.payer_told, true)) continue;  // a callback may come twice
    if (record.create == Fate::ok) --payers_not_told_;
    book_.to_follow.push_back(index);
  }
}

void Client::connect(Connection& connection) {
  connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(plan_->port);
  if (::inet_pton(AF_INET, plan_->host.c_str(), &address.sin_addr) != 1) {
    throw Failure(plan_->host + " is not an IPv4 address");
  }
  if (::connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Failure("nobody listens on " + plan_->host + ":" + std::to_string(plan_->port));
  }
  const int on = 1;
  ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event) != 0) throw Failure("no epoll");
  idle_.push_back(&connection);
}

/// The server closed it, or died: nobody knows what became of its request.
void Client::lose(Connection& connection) {
  ++result_->lost_connections;
  connection.close();
  std::erase(idle_, &connection);
  connection.answer.clear();
  connection.unsent = {};
  if (connection.busy) {
    connection.busy = false;
    --busy_;
    if (fate(connection.work) == Fate::in_flight) fate(connection.work) = Fate::unanswered;
  }
  if (killed_) return;
  if (result_->lost_connections > kLostConnectionsMax) {
    throw Failure("the server keeps closing connections");
  }
  connect(connection);
}

bool Client::may_create(std::int64_t now) const {
  return book_.next_create < book_.orders.size() && now < plan_->duration_max.count();
}

std::optional<Client::Work> Client::next_work(std::int64_t now) {
  if (!book_.to_repeat.empty()) {
    const std::size_t index = book_.to_repeat.front();
    book_.to_repeat.pop_front();
    return Work{index, Call::create, now};
  }
  if (!book_.to_follow.empty()) {
    const std::size_t index = book_.to_follow.front();
    book_.to_follow.pop_front();
    return Work{index, Call::follow_up, now};
  }
  if (!may_create(now)) return std::nullopt;
  std::int64_t due = now;
  if (plan_->rate_per_second) {
    const auto place = static_cast<std::int64_t>(book_.next_create - first_create_);
    due = place * 1'000'000'000 / *plan_->rate_per_second;
    if (due > now) return std::nullopt;
    if (now - due > kLateNs) ++result_->late_sends;
  }
  return Work{book_.next_create++, Call::create, due};
}

void Client::start_due() {
  const std::int64_t now = now_ns();
  while (!idle_.empty()) {
    const auto work = next_work(now);
    if (!work) return;
    Connection& connection = *idle_.back();
    idle_.pop_back();
    send(connection, *work);
  }
}

void Client::send(Connection& connection, const Work& work) {
  const Order& order = book_.orders[work.index];
  connection.busy = true;
  connection.work = work;
  connection.unsent = work.call == Call::create ? order.create : order.follow_up;
  ++busy_;
  Fate& its = fate(work);
  // A repeated one keeps what is known of it.
  if (its == Fate::unsent || its == Fate::unanswered) its = Fate::in_flight;
  send_rest(connection);
}

/// The socket is blocking for sends, as its buffer always has room for one request of an idle
/// connection.
void Client::send_rest(Connection& connection) {
  while (!connection.unsent.empty()) {
    const ssize_t sent =
        ::send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return;  // dead: the next receive says so
    connection.unsent.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Client::receive(Connection& connection) {
  char bytes[16 * 1024];
  const ssize_t size = ::recv(connection.fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    lose(connection);
    return;
  }
  connection.answer.append(bytes, static_cast<std::size_t>(size));
  if (!take_answer(connection)) return;
  connection.busy = false;
  --busy_;
  idle_.push_back(&connection);
}

/// False while the answer is incomplete.
bool Client::take_answer(Connection& connection) {
  const std::string_view answer = connection.answer;
  const auto head_end = answer.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return false;
  const auto head = answer.substr(0, head_end + 2);
  const auto length = content_length(head);
  if (!length || head.size() < 12) throw Failure("the server's answer is not one of HTTP/1.1");
  if (answer.size() < head_end + 4 + *length) return false;
  int status = 0;
  std::from_chars(head.data() + 9, head.data() + 12, status);
  note(connection.work, status, answer.substr(head_end + 4, *length));
  connection.answer.clear();
  return true;
}

void Client::note(const Work& work, int status, std::string_view body) {
  const std::int64_t now = now_ns();
  const bool is_create = work.call == Call::create;
  last_answer_ns_ = now;
  auto& latency = is_create ? result_->create_ns : result_->follow_up_ns;
  latency.record(static_cast<std::uint64_t>(now - work.due_ns));
  ++result_->statuses[status];
  if (is_create) result_->elapsed = std::chrono::nanoseconds(now);

  Record& record = book_.records[work.index];
  if (status != 200) {
    if (fate(work) != Fate::ok) fate(work) = Fate::refused;
    if (book_.complaints.size() < kComplaintsMax) book_.complaints.emplace_back(body);
    return;
  }
  const auto id = request_id_in(body);
  if (id.size() != record.request_id.size()) throw Failure("an answer without a request_id");
  if (record.create == Fate::ok && record.id() != id) ++book_.changed_ids;
  const bool first = fate(work) != Fate::ok;
  fate(work) = Fate::ok;
  if (!is_create || !first) return;
  std::ranges::copy(id, record.request_id.begin());
  if (awaits_requisites(work.index)) ++payers_not_told_;
}

bool Client::awaits_requisites(std::size_t index) const {
  const Record& record = book_.records[index];
  return book_.orders[index].follow != Follow::none && record.create == Fate::ok &&
         !record.payer_told;
}

void Client::wait() {
  std::int64_t wait_ns = kWaitMaxNs;
  const std::int64_t now = now_ns();
  if (plan_->rate_per_second && !idle_.empty() && may_create(now)) {
    const auto place = static_cast<std::int64_t>(book_.next_create - first_create_);
    wait_ns = std::min(wait_ns, place * 1'000'000'000 / *plan_->rate_per_second - now);
  }
  if (plan_->kill_after && !killed_) {
    wait_ns = std::min(wait_ns, plan_->kill_after->count() - now);
  }
  const timespec timeout{.tv_sec = 0, .tv_nsec = std::max<std::int64_t>(wait_ns, 0)};
  epoll_event events[256];
  const int count = epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    auto* connection = static_cast<Connection*>(events[i].data.ptr);
    if (connection == nullptr) {
      eventfd_t ignored = 0;
      eventfd_read(told_event_, &ignored);
      take_told();
    } else {
      receive(*connection);
    }
  }
}

bool Client::is_done() const {
  if (killed_) return std::ranges::none_of(connections_, [](auto& c) { return c->fd >= 0; });
  return busy_ == 0 && book_.to_repeat.empty() && book_.to_follow.empty() &&
         payers_not_told_ == 0 && !may_create(now_ns());
}

/// What an earlier run left open: payers who wait, and follow-ups whose answer was lost, which are
/// sent again (confirm and cancel are idempotent).
void Client::take_up() {
  payers_not_told_ = 0;
  for (std::size_t i = 0; i < book_.orders.size(); ++i) {
    if (awaits_requisites(i)) ++payers_not_told_;
    if (book_.records[i].follow_up == Fate::unanswered) book_.to_follow.push_back(i);
  }
  first_create_ = book_.next_create;
  last_answer_ns_ = 0;
  busy_ = 0;
  killed_ = false;
}

RunResult Client::run(const RunPlan& plan) {
  RunResult result;
  plan_ = &plan;
  result_ = &result;
  take_up();
  for (std::size_t i = 0; i < plan.connections; ++i) {
    connect(*connections_.emplace_back(std::make_unique<Connection>()));
  }
  const std::int64_t cpu_before = own_thread_cpu_us();
  start_ = std::chrono::steady_clock::now();
  take_told();
  while (!is_done() && !result.gave_up) {
    if (!killed_) start_due();
    wait();
    if (plan.kill_after && !killed_ && now_ns() >= plan.kill_after->count()) {
      killed_ = true;
      plan.kill();
    }
    result.gave_up = now_ns() - last_answer_ns_ > plan.patience.count();
  }
  for (const auto& connection : connections_) {
    if (connection->busy && fate(connection->work) == Fate::in_flight) {
      fate(connection->work) = Fate::unanswered;
    }
  }
  result.client_cpu_us = own_thread_cpu_us() - cpu_before;
  connections_.clear();
  idle_.clear();
  plan_ = nullptr;
  result_ = nullptr;
  return result;
}

}  // namespace kassa::bench

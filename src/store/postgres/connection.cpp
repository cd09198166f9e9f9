#include "store/postgres/connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "store/postgres/url.hpp"

namespace kassa::store::postgres {
namespace {

using namespace std::chrono_literals;

constexpr auto kGapMin = 50ms;
constexpr auto kGapMax = 500ms;

/// How often a wait looks whether somebody requested a stop.
constexpr auto kLook = 50ms;

/// How long a server has to answer that it was cancelled.
constexpr auto kCancelTime = 1s;

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

/// Parameters as libpq takes them, all binary. Lives no longer than they do.
struct Sendable {
  explicit Sendable(const Parameters& parameters) : formats(parameters.values().size(), 1) {
    for (const auto& value : parameters.values()) {
      values.push_back(value ? value->data() : nullptr);
      lengths.push_back(value ? static_cast<int>(value->size()) : 0);
    }
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
};

}  // namespace

StoreError::Kind kind_of(std::string_view sqlstate) {
  using Kind = StoreError::Kind;
  if (sqlstate.starts_with("23")) return Kind::constraint;
  // Two transactions in each other's way: the same again, a moment later.
  if (sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03") return Kind::conflict;
  if (sqlstate == "57014") return Kind::busy;  // cancelled: it took too long
  if (sqlstate == "53100") return Kind::full;
  // 08: connections; 57P: it shuts down or starts; 53300: too many connections; 25P03: we were
  // silent inside a transaction for too long; 25006: it is a standby now.
  const bool away = sqlstate.starts_with("08") || sqlstate.starts_with("57P") ||
                    sqlstate == "53300" || sqlstate == "25P03" || sqlstate == "25006";
  return away ? Kind::away : Kind::failed;
}

bool Outage::may_try() {
  const std::lock_guard lock(mutex_);
  return Clock::now() >= next_try_;
}

void Outage::failed() {
  const std::lock_guard lock(mutex_);
  gap_ = std::clamp<Clock::duration>(gap_ * 2, kGapMin, kGapMax);
  next_try_ = Clock::now() + gap_;
}

void Outage::ended() {
  const std::lock_guard lock(mutex_);
  gap_ = {};
  next_try_ = {};
}

Query::Query(std::string name, std::string sql) : name_(std::move(name)), sql_(std::move(sql)) {
  static std::atomic<std::uint64_t> last{0};
  id_ = ++last;
}

Connection::Connection(std::string url, std::string setup, std::shared_ptr<Outage> outage)
    : url_(std::move(url)), setup_(std::move(setup)), outage_(std::move(outage)) {}

Connection::~Connection() = default;

void Connection::open() {
  if (session_ && is_alive()) return;
  close();
  if (!outage_->may_try()) {
    throw StoreError(StoreError::Kind::away, "store: PostgreSQL is away; it is tried again soon");
  }
  check_url(url_);
  // What stands in the URL comes last and so wins.
  constexpr std::array kNames{
      "connect_timeout",     "application_name", "keepalives_idle",
      "keepalives_interval", "keepalives_count", "tcp_user_timeout",
      "client_encoding",     "dbname",           static_cast<const char*>(nullptr)};
  const std::array values{"2",    "kassa",      "5",
                          "2",    "3",          "10000",
                          "UTF8", url_.c_str(), static_cast<const char*>(nullptr)};
  session_.reset(PQconnectdbParams(kNames.data(), values.data(), /*expand_dbname=*/1));
  if (PQstatus(session_.get()) != CONNECTION_OK) {
    outage_->failed();
    const std::string why = first_line(PQerrorMessage(session_.get()));
    close();
    throw StoreError(StoreError::Kind::away, "store: can't connect to PostgreSQL: " + why);
  }
  // What the server says unasked is no line of our log; what fails is told as an error.
  PQsetNoticeProcessor(session_.get(), [](void*, const char*) {}, nullptr);
  try {
    if (!setup_.empty()) execute("set up a session", setup_);
    if (PQsetnonblocking(session_.get(), 1) != 0 || PQenterPipelineMode(session_.get()) != 1) {
      lost("enter the pipeline");
    }
    if (on_open) on_open();
  } catch (...) {
    outage_->failed();
    close();
    throw;
  }
  outage_->ended();
}

/// Whether the server has not hung up since the last answer, which nothing else would tell.
bool Connection::is_alive() {
  if (PQstatus(session_.get()) != CONNECTION_OK) return false;
  if (!sent_.empty() || in_transaction()) return true;
  pollfd socket{PQsocket(session_.get()), POLLIN, 0};
  while (::poll(&socket, 1, 0) == 1) {
    if (PQconsumeInput(session_.get()) == 0) return false;
  }
  return PQstatus(session_.get()) == CONNECTION_OK;
}

void Connection::close() noexcept {
  session_.reset();
  prepared_.clear();
  sent_.clear();
}

bool Connection::in_transaction() const {
  return session_ && PQtransactionStatus(session_.get()) != PQTRANS_IDLE;
}

void Connection::queue(bool sent, Sent what) {
  if (!sent) lost(what.name);
  sent_.push_back(std::move(what));
}

void Connection::send(const Query& query, const Parameters& parameters) {
  const auto count = static_cast<int>(parameters.types().size());
  auto known = prepared_.find(query.id());
  if (known == prepared_.end()) {
    known = prepared_.emplace(query.id(), fmt::format("{} #{}", query.name(), query.id())).first;
    queue(PQsendPrepare(session_.get(), known->second.c_str(), query.sql().c_str(), count,
                        parameters.types().data()) == 1,
          {query.name(), query.id()});
  }
  const Sendable bound(parameters);
  queue(PQsendQueryPrepared(session_.get(), known->second.c_str(), count, bound.values.data(),
                            bound.lengths.data(), bound.formats.data(), /*resultFormat=*/1) == 1,
        {query.name(), {}});
}

void Connection::send_once(const std::string& name, const std::string& sql,
                           const Parameters& parameters) {
  const Sendable bound(parameters);
  queue(PQsendQueryParams(session_.get(), sql.c_str(), static_cast<int>(bound.values.size()),
                          parameters.types().data(), bound.values.data(), bound.lengths.data(),
                          bound.formats.data(), /*resultFormat=*/1) == 1,
        {name, {}});
}

std::vector<Answer> Connection::finish() {
  if (PQpipelineSync(session_.get()) != 1) lost("send a batch");
  const std::vector<Sent> sent = std::exchange(sent_, {});
  given_up_at_ = std::chrono::steady_clock::now() + patience_;
  cancelled_ = false;
  std::vector<Answer> answers;
  Answer error;
  const PGresult* failed = nullptr;
  std::string failed_name;
  for (const Sent& what : sent) {
    PGresult* result = next_result();
    if (result == nullptr) lost(what.name);
    const ExecStatusType status = PQresultStatus(result);
    const bool done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (what.prepares && !done) prepared_.erase(*what.prepares);
    if (status == PGRES_FATAL_ERROR && failed == nullptr) {
      failed = result;
      failed_name = what.name;
      error = Answer(result);
    } else if (done && !what.prepares) {
      answers.emplace_back(result);
    } else {
      PQclear(result);
    }
    while (PGresult* more = next_result()) PQclear(more);  // null ends each statement
  }
  PGresult* synced = next_result();
  const bool in_step = synced != nullptr && PQresultStatus(synced) == PGRES_PIPELINE_SYNC;
  PQclear(synced);
  if (failed != nullptr) fail(failed, failed_name);
  if (!in_step) lost(sent.empty() ? "synchronize" : sent.back().name);
  check_time(sent.empty() ? "synchronize" : sent.back().name);
  return answers;
}

/// A cancelling reaches the server beside the session, and may meet no statement there: many that
/// are answered at once would never be stopped.
void Connection::check_time(const std::string& name) const {
  if (!is_over(std::chrono::steady_clock::now())) return;
  throw StoreError(StoreError::Kind::busy, fmt::format("store: {}: {}", name, why_over()));
}

bool Connection::is_over(std::chrono::steady_clock::time_point now) const {
  return stop_.stop_requested() || (deadline_ && now >= *deadline_);
}

const char* Connection::why_over() const {
  return stop_.stop_requested() ? "was stopped" : "took too long";
}

Answer Connection::run(const Query& query, const Parameters& parameters) {
  send(query, parameters);
  auto answers = finish();
  return std::move(answers.back());
}

/// The next result, when it is there whole.
PGresult* Connection::next_result() {
  for (;;) {
    const int flushed = PQflush(session_.get());
    if (flushed < 0) return nullptr;
    if (PQisBusy(session_.get()) == 0) return PQgetResult(session_.get());
    wait_for_socket(flushed == 1);
    if (!session_ || PQconsumeInput(session_.get()) == 0) return nullptr;
  }
}

void Connection::wait_for_socket(bool to_write) {
  const auto now = std::chrono::steady_clock::now();
  if (!cancelled_ && is_over(now)) {
    cancel();
    given_up_at_ = now + kCancelTime;
  }
  if (now >= *given_up_at_) {
    close();
    outage_->failed();
    throw StoreError(StoreError::Kind::away, "store: PostgreSQL does not answer");
  }
  auto until = *given_up_at_;
  if (!cancelled_ && deadline_) until = std::min(until, *deadline_);
  auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  if (stop_.stop_possible()) wait = std::min<std::chrono::milliseconds>(wait, kLook);
  pollfd socket{PQsocket(session_.get()), static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN),
                0};
  (void)::poll(&socket, 1, static_cast<int>(wait.count()));
}

void Connection::cancel() {
  cancelled_ = true;
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel(PQgetCancel(session_.get()),
                                                                  &PQfreeCancel);
  std::array<char, 256> why{};
  if (cancel) PQcancel(cancel.get(), why.data(), static_cast<int>(why.size()));
}

std::vector<std::string> Connection::notified(std::chrono::steady_clock::time_point until,
                                              int wake) {
  std::vector<std::string> words;
  for (;;) {
    while (PGnotify* const notify = PQnotifies(session_.get())) {
      words.emplace_back(notify->extra);
      PQfreemem(notify);
    }
    const auto now = std::chrono::steady_clock::now();
    if (!words.empty() || now >= until) return words;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    std::array<pollfd, 2> files{pollfd{PQsocket(session_.get()), POLLIN, 0},
                                pollfd{wake, POLLIN, 0}};
    if (::poll(files.data(), files.size(), static_cast<int>(wait.count())) <= 0) continue;
    if (files[0].revents != 0 && PQconsumeInput(session_.get()) == 0) lost("listen");
    if (files[1].revents != 0) return words;
  }
}

void Connection::execute(const std::string& name, const std::string& sql) {
  PGconn* session = session_.get();
  const bool in_pipeline = PQpipelineStatus(session) != PQ_PIPELINE_OFF;
  if (in_pipeline && PQexitPipelineMode(session) != 1) lost(name);
  if (PQsetnonblocking(session, 0) != 0) lost(name);
  PGresult* const result = PQexec(session, sql.c_str());
  const Answer answer(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(result, name);
  if (!in_pipeline) return;
  if (PQsetnonblocking(session, 1) != 0 || PQenterPipelineMode(session) != 1) lost(name);
}

void Connection::fail(const PGresult* result, const std::string& name) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (sqlstate == nullptr) lost(name);
  StoreError::Kind kind = kind_of(sqlstate);
  // 22: a value is wrong, and the message may hold it.
  const bool tells_values = std::string_view(sqlstate).starts_with("22");
  std::string why = message == nullptr || tells_values ? "it was refused" : message;
  if (kind == StoreError::Kind::busy) why = why_over();
  if (kind == StoreError::Kind::away) close();
  throw StoreError(kind, fmt::format("store: {}: {} (PostgreSQL {})", name, why, sqlstate));
}

/// A session that is lost says nothing of the server: the next one is tried at once.
void Connection::lost(const std::string& name) {
  close();
  throw StoreError(StoreError::Kind::away,
                   fmt::format("store: {}: the connection to PostgreSQL is lost", name));
}

}  // namespace kassa::store::postgres

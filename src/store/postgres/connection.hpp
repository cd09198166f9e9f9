// One connection to PostgreSQL: statements that are sent together and answered together (libpq's
// pipeline), prepared once under names that errors, logs and pg_stat_activity call them by.
//
//   send ─▶ send ─▶ … ─▶ finish: one round trip, an answer for each, or the first one's error
//
// A connection that is lost is opened anew by the next `open`, no sooner than its store's Outage
// allows; whatever was under way on it failed as `away`. It belongs to one thread.
#pragma once

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/postgres/values.hpp"

namespace kassa::store::postgres {

/// What a server's SQLSTATE means for the caller.
[[nodiscard]] StoreError::Kind kind_of(std::string_view sqlstate);

/// When the server may be tried again, known to all connections of a store: while it is away, not
/// every thread waits for it in turn.
class Outage {
 public:
  using Clock = std::chrono::steady_clock;

  /// False: somebody failed a moment ago.
  [[nodiscard]] bool may_try();
  void failed();
  void ended();

 private:
  std::mutex mutex_;
  Clock::time_point next_try_;
  Clock::duration gap_{};
};

/// A statement, prepared on a connection when it is first sent there. It outlives the connection's
/// use of it.
class Query {
 public:
  Query(std::string name, std::string sql);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& sql() const { return sql_; }
  [[nodiscard]] std::uint64_t id() const { return id_; }

 private:
  std::string name_;
  std::string sql_;
  std::uint64_t id_;  // of all of this process: no two are one
};

class Connection {
 public:
  /// `setup`: settings of the session, in SQL; `opened` is called after each.
  Connection(std::string url, std::string setup, std::shared_ptr<Outage> outage);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Called after the session is set up, each time; what it throws closes the session.
  std::function<void()> on_open;

  /// Makes sure that there is a session; `away` when there can't be one.
  void open();
  void close() noexcept;
  [[nodiscard]] bool is_open() const { return session_ != nullptr; }
  [[nodiscard]] bool in_transaction() const;

  /// Statements fail as `busy` once this moment has passed, or a stop is requested.
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
    deadline_ = deadline;
  }
  void set_stop(std::stop_token stop) { stop_ = std::move(stop); }
  /// A server that is silent for so long past that is given up.
  void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

  /// Queues a statement that is prepared once.
  void send(const Query& query, const Parameters& parameters);
  /// Queues one that is not: for what is sent once, or can't be prepared.
  void send_once(const std::string& name, const std::string& sql, const Parameters& parameters);
  /// Sends what is queued and waits; an answer to each statement, in order.
  [[nodiscard]] std::vector<Answer> finish();
  /// What is queued is all that is asked.
  [[nodiscard]] Answer run(const Query& query, const Parameters& parameters);

  /// What has been notified on the channels that this session listens to; waits until `until` for
  /// it, or for something to read in the file `wake`.
  [[nodiscard]] std::vector<std::string> notified(std::chrono::steady_clock::time_point until,
                                                  int wake);

  /// A script without parameters, in a transaction of its own if it says so.
  void execute(const std::string& name, const std::string& sql);

 private:
  struct Close {
    void operator()(PGconn* session) const { PQfinish(session); }
  };
  struct Sent {
    std::string name;
    std::optional<std::uint64_t> prepares;  // the query that this prepares
  };
  [[nodiscard]] bool is_alive();
  void queue(bool sent, Sent what);
  [[nodiscard]] PGresult* next_result();
  void wait_for_socket(bool to_write);
  void cancel();
  [[noreturn]] void fail(const PGresult* result, const std::string& name);
  [[noreturn]] void lost(const std::string& name);
  /// Throws `busy` once a stop is requested or the deadline has passed.
  void check_time(const std::string& name) const;
  [[nodiscard]] bool is_over(std::chrono::steady_clock::time_point now) const;
  [[nodiscard]] const char* why_over() const;

  std::string url_;
  std::string setup_;
  std::shared_ptr<Outage> outage_;
  std::unique_ptr<PGconn, Close> session_;
  std::unordered_map<std::uint64_t, std::string> prepared_;  // names on the server, by query
  std::vector<Sent> sent_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::stop_token stop_;
  std::chrono::milliseconds patience_{15'000};
  std::optional<std::chrono::steady_clock::time_point> given_up_at_;
  bool cancelled_ = false;
};

}  // namespace kassa::store::postgres

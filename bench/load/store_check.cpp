#include "load/store_check.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "domain/payment.hpp"
#include "load/failure.hpp"

namespace kassa::bench {

using domain::AttemptResult;
using domain::State;

void StoreCheck::Close::operator()(sqlite3* db) const {
  sqlite3_close(db);
}

/// One statement; `?1`, where it has one, is the LIKE pattern of this run's payment_ids.
class StoreCheck::Query {
 public:
  Query(sqlite3* db, const std::string& run, const char* sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) fail();
    const std::string pattern = "bench-" + run + "-%";
    if (sqlite3_bind_parameter_count(statement_) == 0) return;
    sqlite3_bind_text(statement_, 1, pattern.data(), static_cast<int>(pattern.size()),
                      SQLITE_TRANSIENT);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query() { sqlite3_finalize(statement_); }

  [[nodiscard]] bool step() {
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) fail();
    return code == SQLITE_ROW;
  }
  [[nodiscard]] std::int64_t integer(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? "" : bytes;
  }
  [[nodiscard]] std::string uuid(int column) const {
    domain::Uuid id;
    if (sqlite3_column_bytes(statement_, column) != static_cast<int>(id.bytes.size())) {
      throw Failure("the store has an id that is none");
    }
    std::memcpy(id.bytes.data(), sqlite3_column_blob(statement_, column), id.bytes.size());
    return id.text();
  }
  [[nodiscard]] State state(int status, int sub) const {
    return {static_cast<domain::Status>(integer(status)),
            static_cast<domain::SubStatus>(integer(sub))};
  }

 private:
  [[noreturn]] void fail() { throw Failure(std::string("the store: ") + sqlite3_errmsg(db_)); }

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

StoreCheck::StoreCheck(const std::filesystem::path& file, std::string run) : run_(std::move(run)) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READONLY, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) throw Failure("can't read the store " + file.string());
  sqlite3_busy_timeout(db, 5'000);
}

std::uint64_t StoreCheck::unfinished(bool to_the_end) {
  Query waiting(db_.get(), run_, "SELECT count(*) FROM deliveries WHERE state = 1");
  static_cast<void>(waiting.step());
  // 2, 2: processing:requisites. 4 and 5: decline and success.
  Query going_on(db_.get(), run_,
                 to_the_end ? "SELECT count(*) FROM payments"
                              " WHERE status NOT IN (4, 5) AND payment_id LIKE ?1"
                            : "SELECT count(*) FROM payments"
                              " WHERE status = 2 AND sub_status = 2 AND payment_id LIKE ?1");
  static_cast<void>(going_on.step());
  return static_cast<std::uint64_t>(waiting.integer(0) + going_on.integer(0));
}

void StoreCheck::check_payments(const Book& book, StoreFindings& findings) {
  std::vector<std::uint32_t> times(book.orders.size());
  Query rows(db_.get(), run_,
             "SELECT p.payment_id, p.request_id, p.initial_amount, k.request_id = p.request_id"
             " FROM payments p LEFT JOIN payment_keys k USING (project_id, payment_id)"
             " WHERE p.payment_id LIKE ?1");
  while (rows.step()) {
    ++findings.stored;
    const std::size_t index = index_of(run_, rows.text(0));
    if (index >= times.size()) {
      ++findings.altered;
      continue;
    }
    if (++times[index] > 1) ++findings.doubled;
    const Record& record = book.records[index];
    const bool as_answered = record.create != Fate::ok || record.id() == rows.uuid(1);
    const bool as_asked = rows.integer(2) == book.orders[index].amount_minor;
    if (!as_answered || !as_asked || rows.integer(3) != 1) ++findings.altered;
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (book.records[i].create == Fate::ok && times[i] == 0) ++findings.lost;
  }
}

void StoreCheck::check_callbacks(const Callbacks& callbacks, StoreFindings& findings) {
  // Results by number: 1 delivered, 3 superseded, 4 parked, 5 nobody to tell.
  Query events(db_.get(), run_,
               "SELECT e.request_id, e.at, e.to_status, e.to_sub_status,"
               " EXISTS (SELECT 1 FROM delivery_attempts a WHERE a.request_id = e.request_id"
               "         AND a.seq = e.seq AND a.result = 1),"
               " EXISTS (SELECT 1 FROM delivery_attempts a WHERE a.request_id = e.request_id"
               "         AND a.seq = e.seq AND a.result IN (3, 4, 5))"
               " FROM payments p JOIN payment_events e USING (request_id)"
               " WHERE e.callback = 1 AND p.payment_id LIKE ?1");
  static_assert(static_cast<int>(AttemptResult::delivered) == 1);
  static_assert(static_cast<int>(AttemptResult::superseded) == 3);
  std::unordered_map<std::string, std::vector<State>> committed;
  while (events.step()) {
    ++findings.to_tell;
    const std::string id = events.uuid(0);
    const State state = events.state(2, 3);
    committed[id].push_back(state);
    if (events.integer(4) == 0) {
      ++(events.integer(5) != 0 ? findings.given_up : findings.untold);
      continue;
    }
    ++findings.delivered;
    const auto told = callbacks.by_request_id.find(id);
    const Told* arrival = nullptr;
    if (told != callbacks.by_request_id.end()) {
      const auto found = std::ranges::find(told->second, state, &Told::state);
      if (found != told->second.end()) arrival = &*found;
    }
    if (arrival == nullptr) {
      ++findings.unseen;
      continue;
    }
    const std::int64_t lag = arrival->at_ms - events.integer(1);
    findings.lag_ms.record(static_cast<std::uint64_t>(std::max<std::int64_t>(lag, 0)));
  }
  for (const auto& [id, told] : callbacks.by_request_id) {
    const auto& states = committed[id];
    for (const Told& one : told) {
      if (std::ranges::find(states, one.state) == states.end()) ++findings.invented;
    }
  }
}

}  // namespace kassa::bench

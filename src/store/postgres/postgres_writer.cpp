#include "store/postgres/postgres_writer.hpp"

#include <cstring>
#include <map>

#include "domain/check.hpp"
#include "store/sealed_columns.hpp"

namespace kassa::store::postgres {
namespace {

using domain::WorkingSet;

/// Advisory locks of the class "KASS" are lanes; the first free one is taken.
constexpr const char* kTakeLane =
    "SELECT lane FROM generate_series(1, 10000) AS lane "
    "WHERE pg_try_advisory_lock(1262572371, lane) LIMIT 1";

constexpr const char* kAttachedNotices =
    " FROM unnest($1) AS given (request_id) JOIN notices AS t USING (request_id) "
    "WHERE t.state = 2 AND t.request_id <> '\\x00000000000000000000000000000000'::bytea "
    "ORDER BY t.notice_id FOR UPDATE OF t";

constexpr const char* kEarlierHolders = R"sql(
SELECT given.place, held.request_id
FROM unnest($1, $2, $3) WITH ORDINALITY AS given (requisites_id, amount, at, place),
LATERAL (SELECT h.request_id, h.held_from FROM slot_holds AS h
         WHERE h.requisites_id = given.requisites_id AND h.amount = given.amount
           AND h.held_from <= given.at AND h.held_until > given.at
         ORDER BY h.held_from DESC LIMIT 2) AS held
ORDER BY given.place, held.held_from DESC
)sql";

constexpr const char* kNumbers =
    "SELECT r.number_hash FROM unnest($1) AS given (hash) JOIN requisites AS r "
    "ON r.number_hash = given.hash AND r.number_hash <> ''::bytea";

constexpr const char* kGateways =
    "SELECT g.gateway_id FROM unnest($1) AS given (gateway_id) JOIN gateways AS g "
    "USING (gateway_id)";

/// Timers that another gateway is about to fire are its own.
constexpr const char* kDuePayments =
    "SELECT due_at, request_id FROM payments WHERE clock = $1 AND due_at IS NOT NULL "
    "AND due_at <= $2 ORDER BY due_at, request_id LIMIT $3 FOR UPDATE SKIP LOCKED";

/// The same of a test clock, whose lock all share who fire what is due on it, and nobody has beside
/// whoever moves it. It is not waited for: they wait in line for it, and a moment later it is free.
constexpr const char* kDueOnTestClock =
    "SELECT due_at, request_id FROM payments WHERE (SELECT pg_try_advisory_xact_lock_shared($4)) "
    "AND clock = $1 AND due_at IS NOT NULL "
    "AND due_at <= $2 ORDER BY due_at, request_id LIMIT $3 FOR UPDATE SKIP LOCKED";

constexpr const char* kLockClock = "SELECT 1 FROM pg_advisory_xact_lock($1)";

constexpr const char* kOffsetOfClock = "SELECT offset_ms FROM test_clocks WHERE clock = $1";

constexpr const char* kWaitForDue =
    "SELECT due_at FROM payments WHERE clock = $1 AND due_at IS NOT NULL AND due_at <= $2 "
    "ORDER BY due_at, request_id LIMIT 1 FOR UPDATE";

constexpr const char* kNextDue =
    "SELECT due_at FROM payments WHERE clock = $1 AND due_at IS NOT NULL ORDER BY due_at LIMIT 1";

/// One seek a clock: the index is walked from each to the next, not row by row.
constexpr const char* kClocks = R"sql(
WITH RECURSIVE next(clock) AS (
  SELECT (SELECT clock FROM payments WHERE due_at IS NOT NULL ORDER BY clock LIMIT 1)
  UNION ALL
  SELECT (SELECT p.clock FROM payments AS p WHERE p.due_at IS NOT NULL AND p.clock > next.clock
          ORDER BY p.clock LIMIT 1)
  FROM next WHERE next.clock IS NOT NULL)
SELECT clock,
       (SELECT p.due_at FROM payments AS p WHERE p.clock = next.clock AND p.due_at IS NOT NULL
        ORDER BY p.due_at LIMIT 1),
       coalesce((SELECT t.offset_ms FROM test_clocks AS t WHERE t.clock = next.clock), 0)
FROM next WHERE clock IS NOT NULL
)sql";

constexpr const char* kNewWriter = "SELECT uuid_send(gen_random_uuid())";

/// Writers that are long gone; the live clock's highest mark is kept.
constexpr const char* kForgetWriters =
    "DELETE FROM writers WHERE seen_at < now() - interval '1 day' "
    "AND live_clock_ms < (SELECT max(live_clock_ms) FROM writers)";

constexpr const char* kMarkBatch =
    "INSERT INTO writers (writer, live_clock_ms, batch) "
    "VALUES ($1, $2, uuid_send(gen_random_uuid())) "
    "ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, seen_at = now(), "
    "live_clock_ms = greatest(writers.live_clock_ms, excluded.live_clock_ms) RETURNING batch";

/// Not a SELECT: this waits for a session of ours that is still committing, its first batch too.
constexpr const char* kFindBatch =
    "INSERT INTO writers (writer, live_clock_ms, batch) VALUES ($1, 0, '') "
    "ON CONFLICT (writer) DO UPDATE SET seen_at = now() RETURNING batch";

constexpr const char* kDeleteSettings =
    "DELETE FROM settings AS s USING unnest($1, $2, $3) AS given (kind, id, name) "
    "WHERE s.kind = given.kind AND s.id = given.id AND s.name = given.name";

/// Nothing is changed when somebody else changed the configuration since this batch began.
constexpr const char* kPutVersion =
    "UPDATE meta SET value = greatest(value, $1) WHERE name = 'config_version' AND value = $2";

template <class... Values>
Parameters parameters_of(const Values&... values) {
  Parameters parameters;
  (write_value<Codec<Values>>(parameters, values), ...);
  return parameters;
}

template <class T>
T value_of(const Answer& answer, int row, int column) {
  AnswerRow source(answer, row);
  return read_value<T>(source, column);
}

/// The advisory lock of a test clock. Two clocks of one number would only wait for each other.
std::int64_t lock_of(domain::ClockId clock) {
  std::int64_t first = 0;
  std::int64_t second = 0;
  std::memcpy(&first, clock.value.bytes.data(), sizeof first);
  std::memcpy(&second, clock.value.bytes.data() + sizeof first, sizeof second);
  return first ^ second;
}

void require(bool all, std::string_view table) {
  if (all) return;
  throw StoreError(StoreError::Kind::conflict,
                   "store: another writer has made a row of " + std::string(table) + " first");
}

}  // namespace

PostgresWriter::PostgresWriter(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      line_(*connection_),
      candidates_(line_),
      new_writer_("name a writer", kNewWriter),
      forget_writers_("forget writers", kForgetWriters),
      take_lane_("take a lane", kTakeLane),
      begin_("begin", "BEGIN"),
      version_("read the version", "SELECT value FROM meta WHERE name = 'config_version'"),
      commit_("commit", "COMMIT"),
      rollback_("roll back", "ROLLBACK"),
      lock_candidates_("lock candidates", find_many_sql<domain::Requisites>(Lock::skip)),
      attached_notices_("attached notices",
                        "SELECT " + column_list<domain::Notice>("t.") + kAttachedNotices),
      earlier_holders_("earlier holders of a slot", kEarlierHolders),
      numbers_("requisites of a number", kNumbers),
      gateways_("look who is alive", kGateways),
      due_payments_("due payments", kDuePayments),
      due_on_test_clock_("due payments of a test clock", kDueOnTestClock),
      next_due_("next due payment", kNextDue),
      lock_clock_("lock a test clock", kLockClock),
      offset_of_clock_("offset of a test clock", kOffsetOfClock),
      wait_for_due_("wait for a due payment", kWaitForDue),
      clocks_("clocks with timers", kClocks),
      frozen_("count frozen", "SELECT count(*) FROM payments WHERE frozen = 1"),
      live_clock_("read the live clock", "SELECT coalesce(max(live_clock_ms), 0) FROM writers"),
      mark_batch_("mark the batch", kMarkBatch),
      find_batch_("find a batch", kFindBatch),
      delete_settings_("delete settings", kDeleteSettings),
      put_settings_("put settings", upsert_many_sql<domain::Setting>()),
      put_version_("put the version", kPutVersion) {
  for (const auto place : domain::kSealedPlaces) {
    reseal_.emplace_back("seal again", reseal_sql(place, '$'));
  }
  connection_->on_open = [this] { take_lane(); };
}

void PostgresWriter::take_lane() {
  heads_.clear();
  receives_.clear();
  const Answer answer = connection_->run(take_lane_, {});
  KASSA_CHECK(answer.rows() == 1, "no lane is free");
  lane_ = answer.integer(0, 0);
  if (!writer_.empty()) return;
  writer_ = connection_->run(new_writer_, {}).bytes(0, 0);
  (void)connection_->run(forget_writers_, {});
}

/// A session that is lost in a batch takes the batch with it: what comes after is not to run in
/// another one.
void PostgresWriter::ask(const Query& query, const Parameters& parameters, Receive receive) {
  if (!connection_->is_open()) {
    throw StoreError(StoreError::Kind::away, "store: the connection to PostgreSQL is lost");
  }
  connection_->send(query, parameters);
  receives_.push_back(std::move(receive));
}

void PostgresWriter::receive() {
  const auto receives = std::exchange(receives_, {});
  if (receives.empty()) return;
  const auto answers = connection_->finish();
  for (std::size_t i = 0; i < receives.size(); ++i) {
    if (receives[i]) receives[i](answers[i]);
  }
}

void PostgresWriter::begin() {
  connection_->open();
  ask(begin_, {}, nullptr);
  ask(version_, {}, [this](const Answer& answer) {
    KASSA_CHECK(answer.rows() == 1, "meta has no config_version");
    config_version_ = answer.integer(0, 0);
  });
  receive();
}

void PostgresWriter::load(const domain::Keys& keys, WorkingSet& ws) {
  for_each_keyed_table([&](const auto& keyed) { ask_rows(keys.*keyed.keys, ws.*keyed.table); });
  ask_attached(keys.attached, ws);
  ask_earlier_holders(keys.slot_moments, ws);
  ask_numbers(keys.number_hashes, ws);
  ask_gateways(keys.gateways, ws);
  receive();
  load_candidates(keys.candidates, ws);
}

/// Rows, or their known absence, of the keys that the working set doesn't know yet.
template <class Row>
void PostgresWriter::ask_rows(const std::vector<domain::KeyOf<Row>>& keys,
                              domain::RowTable<Row>& table) {
  std::unordered_set<domain::KeyOf<Row>> wanted;
  for (const auto& key : keys) {
    if (!table.knows(key)) wanted.insert(key);
  }
  if (wanted.empty()) return;
  const Parameters parameters = key_parameters<Row>(wanted);
  ask(std::get<RowQueries<Row>>(queries_).find, parameters,
      [&table, wanted = std::move(wanted)](const Answer& answer) {
        for (auto& row : rows_of<Row>(answer)) {
          const auto key = row.key();
          table.put_loaded(key, std::move(row));
        }
        for (const auto& key : wanted) table.put_loaded(key, std::nullopt);  // unless it is there
      });
}

void PostgresWriter::ask_attached(const std::vector<domain::RequestId>& payments, WorkingSet& ws) {
  Arrays ids;
  ids.add_column(ColumnType::blob);
  bool any = false;
  for (const auto& payment : payments) {
    if (!ws.attached_known.insert(payment).second) continue;
    write_value<Codec<domain::RequestId>>(ids, payment);
    any = true;
  }
  if (!any) return;
  ask(attached_notices_, ids.parameters(), [&ws](const Answer& answer) {
    for (auto& notice : rows_of<domain::Notice>(answer)) {
      const domain::NoticeId id = notice.id;
      ws.notices.put_loaded(id, std::move(notice));
    }
  });
}

void PostgresWriter::ask_earlier_holders(const std::vector<domain::SlotMoment>& moments,
                                         WorkingSet& ws) {
  std::vector<domain::SlotMoment> asked;
  Arrays arrays;
  arrays.add_column(ColumnType::blob);
  arrays.add_column(ColumnType::integer);
  arrays.add_column(ColumnType::integer);
  for (const auto& moment : moments) {
    if (!ws.earlier_holders.try_emplace(moment).second) continue;
    write_value<Codec<domain::RequisitesId>>(arrays, moment.slot.requisites_id);
    arrays.put_integer(moment.slot.amount);
    write_value<Codec<domain::Instant>>(arrays, moment.at);
    asked.push_back(moment);
  }
  if (asked.empty()) return;
  ask(earlier_holders_, arrays.parameters(), [&ws, asked = std::move(asked)](const Answer& answer) {
    for (int i = 0; i < answer.rows(); ++i) {
      const auto place = static_cast<std::size_t>(answer.integer(i, 0));
      ws.earlier_holders.at(asked.at(place - 1))
          .push_back(value_of<domain::RequestId>(answer, i, 1));
    }
  });
}

void PostgresWriter::ask_numbers(const std::vector<std::string>& hashes, WorkingSet& ws) {
  Arrays arrays;
  arrays.add_column(ColumnType::blob);
  bool any = false;
  for (const auto& hash : hashes) {
    if (!ws.numbers_taken.try_emplace(hash, false).second) continue;
    arrays.put_blob(hash);
    any = true;
  }
  if (!any) return;
  ask(numbers_, arrays.parameters(), [&ws](const Answer& answer) {
    for (int i = 0; i < answer.rows(); ++i) {
      ws.numbers_taken[std::string(answer.bytes(i, 0))] = true;
    }
  });
}

/// Unlocked: one that is not there never comes back.
void PostgresWriter::ask_gateways(const std::vector<domain::GatewayId>& gateways, WorkingSet& ws) {
  Arrays ids;
  ids.add_column(ColumnType::blob);
  bool any = false;
  for (const auto& gateway : gateways) {
    if (!ws.gateways_alive.try_emplace(gateway, false).second) continue;
    write_value<Codec<domain::GatewayId>>(ids, gateway);
    any = true;
  }
  if (!any) return;
  ask(gateways_, ids.parameters(), [&ws](const Answer& answer) {
    for (int i = 0; i < answer.rows(); ++i) {
      ws.gateways_alive[value_of<domain::GatewayId>(answer, i, 0)] = true;
    }
  });
}

/// The walk reads what is stored and locks nothing. Of what it offers, the requisites that another
/// gateway has in hand are left to it; the rest is locked, with what it carries, and read again.
void PostgresWriter::load_candidates(const std::vector<domain::CandidateQuery>& queries,
                                     WorkingSet& ws) {
  std::vector<domain::CandidateQuery> unanswered;
  for (const auto& query : queries) {
    if (!ws.candidates.contains(query.request_id)) unanswered.push_back(query);
  }
  if (unanswered.empty()) return;
  WorkingSet offered;
  candidates_.load(unanswered, offered);

  std::unordered_set<domain::RequisitesId> ids;
  for (const auto& [payment, found] : offered.candidates) {
    for (const auto& id : found.ids) {
      if (!ws.requisites.knows(id)) ids.insert(id);
    }
  }
  if (!ids.empty()) {
    ask(lock_candidates_, key_parameters<domain::Requisites>(ids), [&ws](const Answer& answer) {
      for (auto& row : rows_of<domain::Requisites>(answer)) {
        const domain::RequisitesId id = row.id;
        ws.requisites.put_loaded(id, std::move(row));
      }
    });
    receive();
  }
  for (auto& [payment, found] : offered.candidates) {
    const auto taken = std::erase_if(
        found.ids, [&ws](const domain::RequisitesId& id) { return !ws.requisites.knows(id); });
    if (taken > 0 && found.ids.empty()) found.complete = false;  // the next search may have them
    ws.candidates.emplace(payment, std::move(found));
  }
  const auto ask_again = [this, &ws,
                          &offered]<class Row>(domain::RowTable<Row> WorkingSet::* table) {
    std::vector<domain::KeyOf<Row>> keys;
    for (const auto& [key, entry] : (offered.*table).entries()) keys.push_back(key);
    ask_rows(keys, ws.*table);
  };
  ask_again(&WorkingSet::accounts);
  ask_again(&WorkingSet::slots);
  ask_again(&WorkingSet::days);
  ask_again(&WorkingSet::exposures);
  receive();
}

std::vector<DuePayment> PostgresWriter::due_payments(domain::ClockId clock, domain::Instant until,
                                                     std::size_t limit) {
  if (!connection_->in_transaction()) connection_->open();
  std::vector<DuePayment> due;
  Parameters parameters = parameters_of(clock, until, static_cast<std::int64_t>(limit));
  if (!clock.is_nil()) parameters.put_integer(lock_of(clock));
  ask(clock.is_nil() ? due_payments_ : due_on_test_clock_, parameters,
      [&due](const Answer& answer) {
        for (int i = 0; i < answer.rows(); ++i) {
          due.push_back(
              {value_of<domain::Instant>(answer, i, 0), value_of<domain::RequestId>(answer, i, 1)});
        }
      });
  receive();
  return due;
}

std::optional<domain::Instant> PostgresWriter::next_due(domain::ClockId clock) {
  if (!connection_->in_transaction()) connection_->open();
  std::optional<domain::Instant> due;
  ask(next_due_, parameters_of(clock), [&due](const Answer& answer) {
    if (answer.rows() == 1) due = value_of<domain::Instant>(answer, 0, 0);
  });
  receive();
  return due;
}

std::int64_t PostgresWriter::lock_clock(domain::ClockId clock) {
  std::int64_t offset_ms = 0;
  ask(lock_clock_, parameters_of(lock_of(clock)), nullptr);
  ask(offset_of_clock_, parameters_of(clock), [&offset_ms](const Answer& answer) {
    if (answer.rows() == 1) offset_ms = answer.integer(0, 0);
  });
  receive();
  return offset_ms;
}

void PostgresWriter::wait_for_due(domain::ClockId clock, domain::Instant until) {
  connection_->open();
  ask(wait_for_due_, parameters_of(clock, until), nullptr);
  receive();
}

Surroundings PostgresWriter::look_around() {
  connection_->open();
  Surroundings seen;
  ask(version_, {}, [&seen](const Answer& answer) {
    KASSA_CHECK(answer.rows() == 1, "meta has no config_version");
    seen.config_version = answer.integer(0, 0);
  });
  ask(clocks_, {}, [&seen](const Answer& answer) {
    for (int i = 0; i < answer.rows(); ++i) {
      seen.clocks.push_back({value_of<domain::ClockId>(answer, i, 0),
                             value_of<domain::Instant>(answer, i, 1), answer.integer(i, 2)});
    }
  });
  ask(frozen_, {}, [&seen](const Answer& answer) { seen.payments_frozen = answer.integer(0, 0); });
  receive();
  return seen;
}

std::int64_t PostgresWriter::config_version() {
  return config_version_;
}

domain::Instant PostgresWriter::live_clock_mark() {
  if (!connection_->in_transaction()) connection_->open();
  domain::Instant mark;
  ask(live_clock_, {},
      [&mark](const Answer& answer) { mark = value_of<domain::Instant>(answer, 0, 0); });
  receive();
  return mark;
}

template <class Row>
void PostgresWriter::insert(const Query& query, const std::vector<const Row*>& rows) {
  if (rows.empty()) return;
  ask(query, row_parameters<Row>(rows, kAllColumns),
      [count = static_cast<std::int64_t>(rows.size())](const Answer& answer) {
        require(answer.changed() == count, Table<Row>::name);
      });
}

template <class Row>
void PostgresWriter::apply_rows(const domain::RowTable<Row>& table) {
  std::vector<const Row*> inserted;
  std::vector<const Row*> updated;
  for (const auto& [key, entry] : table.entries()) {
    if (entry.changed && entry.row) (entry.stored ? updated : inserted).push_back(&*entry.row);
  }
  const auto& queries = std::get<RowQueries<Row>>(queries_);
  insert(queries.insert, inserted);
  if (updated.empty()) return;
  ask(queries.update, row_parameters<Row>(updated, kUpdated),
      [count = static_cast<std::int64_t>(updated.size())](const Answer& answer) {
        KASSA_CHECK(answer.changed() == count, "a row to be updated is not in the store, table " +
                                                   std::string(Table<Row>::name));
      });
}

/// A clock that another writer has moved since it was read: this batch would decide in the past.
/// Whoever moves one holds its lock.
void PostgresWriter::ask_clocks_again(const domain::RowTable<domain::TestClock>& clocks) {
  for (const auto& [clock, entry] : clocks.entries()) {
    if (entry.changed) continue;
    const std::int64_t read = entry.row ? entry.row->offset_ms : 0;
    ask(offset_of_clock_, parameters_of(clock), [read](const Answer& answer) {
      if (answer.rows() == 0 || answer.integer(0, 0) == read) return;
      throw StoreError(StoreError::Kind::conflict, "store: another writer has moved a test clock");
    });
  }
}

template <class Row>
void PostgresWriter::append(const AppendQuery<Row>& query, const std::vector<Row>& rows) {
  std::vector<const Row*> pointers;
  for (const Row& row : rows) pointers.push_back(&row);
  insert(query.insert, pointers);
}

void PostgresWriter::apply(const WorkingSet& ws, std::int64_t lane, domain::Instant live_clock) {
  ask_clocks_again(ws.clocks);
  apply_config(ws.config_change());
  for_each_keyed_table([&](const auto& keyed) { apply_rows(ws.*keyed.table); });
  append(events_, ws.events());
  append(attempts_, ws.attempts());
  append(slot_holds_, ws.slot_holds());
  // After the rows, which other commands of the batch may have changed and which carry their blobs
  // as they were loaded.
  reseal(ws.resealed());
  if (!ws.transfers().empty()) append_transfers(ws.transfers(), lane);
  mark_batch(live_clock);
  receive();
}

/// Changes nothing where another blob is stored by now.
void PostgresWriter::reseal(const std::vector<domain::Resealed>& rows) {
  for (const auto& row : rows) {
    Parameters parameters = parameters_of(row.row_id);
    parameters.put_blob(row.before);
    parameters.put_blob(row.after);
    const SealedColumn column = sealed_column(row.place);
    if (!column.number_hash.empty()) parameters.put_blob(row.number_hash);
    if (!column.seq.empty()) parameters.put_integer(row.seq);
    ask(reseal_[static_cast<std::size_t>(row.place)], parameters, [](const Answer&) {});
  }
}

/// Numbered and chained after the lane's head, which moves with them.
void PostgresWriter::append_transfers(const std::vector<domain::Transfer>& transfers,
                                      std::int64_t lane) {
  LaneHead head = head_of(lane);
  const bool first = head.seq == 0;
  const auto appended = hasher_.append(transfers, head);
  append(transfers_, appended);
  const auto& queries = std::get<RowQueries<LaneHead>>(queries_);
  const std::vector<const LaneHead*> row{&head};
  if (first) {
    insert(queries.insert, row);
  } else {
    ask(queries.update, row_parameters<LaneHead>(row, kUpdated), [lane](const Answer& answer) {
      KASSA_CHECK(answer.changed() == 1,
                  "the head of lane " + std::to_string(lane) + " is not in the store");
    });
  }
  heads_[lane] = head;
}

LaneHead PostgresWriter::head_of(std::int64_t lane) {
  const auto known = heads_.find(lane);
  if (known != heads_.end()) return known->second;
  LaneHead head{lane, 0, {}};
  receive();  // what is queued is answered first
  ask(std::get<RowQueries<LaneHead>>(queries_).find,
      key_parameters<LaneHead>(std::vector<std::int64_t>{lane}), [&head](const Answer& answer) {
        for (const auto& found : rows_of<LaneHead>(answer)) head = found;
      });
  receive();
  return head;
}

void PostgresWriter::apply_config(const WorkingSet::ConfigChange& change) {
  if (change.config == nullptr) return;
  std::map<domain::SettingId, std::optional<std::string>> last;  // a setting may change twice
  for (const auto& [id, value] : change.settings) last[id] = value;
  std::vector<domain::Setting> put;
  std::vector<domain::SettingId> deleted;
  for (auto& [id, value] : last) {
    if (value) {
      put.push_back({id, std::move(*value)});
    } else {
      deleted.push_back(id);
    }
  }
  ask(put_version_, parameters_of(change.config->version, config_version_),
      [](const Answer& answer) { require(answer.changed() == 1, "settings"); });
  if (!deleted.empty()) ask(delete_settings_, key_parameters<domain::Setting>(deleted), nullptr);
  if (put.empty()) return;
  std::vector<const domain::Setting*> rows;
  for (const auto& setting : put) rows.push_back(&setting);
  ask(put_settings_, row_parameters<domain::Setting>(rows, kAllColumns), nullptr);
}

void PostgresWriter::mark_batch(domain::Instant live_clock) {
  Parameters parameters;
  parameters.put_blob(writer_);
  write_value<Codec<domain::Instant>>(parameters, live_clock);
  ask(mark_batch_, parameters,
      [this](const Answer& answer) { batch_ = std::string(answer.bytes(0, 0)); });
}

void PostgresWriter::commit() {
  try {
    ask(commit_, {}, [](const Answer& answer) {
      KASSA_CHECK(answer.command() == "COMMIT", "a failed batch was to be committed");
    });
    receive();
  } catch (const StoreError& error) {
    if (error.kind() != StoreError::Kind::away) throw;
    throw StoreError(StoreError::Kind::unknown, error.what());
  }
}

bool PostgresWriter::was_committed() {
  connection_->open();
  std::string found;
  Parameters parameters;
  parameters.put_blob(writer_);
  ask(find_batch_, parameters, [&found](const Answer& answer) { found = answer.bytes(0, 0); });
  try {
    receive();
  } catch (const StoreError& error) {
    throw StoreError(StoreError::Kind::away, error.what());  // ask again
  }
  return found == batch_;
}

void PostgresWriter::rollback() noexcept {
  heads_.clear();
  receives_.clear();
  try {
    if (!connection_->in_transaction()) return;
    (void)connection_->run(rollback_, {});
  } catch (...) {
    connection_->close();
  }
}

}  // namespace kassa::store::postgres

#include "store/sqlite/sqlite_writer.hpp"

#include <algorithm>
#include <concepts>

#include "store/sealed_columns.hpp"
#include "store/sqlite/connection.hpp"

namespace kassa::store::sqlite {
namespace {

using domain::WorkingSet;

/// Rows, or their known absence, of the keys that the working set doesn't know yet.
template <class Row>
void load_rows(RowStatements<Row>& statements, const std::vector<domain::KeyOf<Row>>& keys,
               domain::RowTable<Row>& table) {
  for (const auto& key : keys) {
    if (!table.knows(key)) table.put_loaded(key, find_row<Row>(statements.find, key));
  }
}

template <class Row>
int write(Statement& statement, const Row& row) {
  Execution execution(statement);
  write_row(execution, row);
  return execution.run();
}

/// Each changed row once, in the order of the keys where they have one: neighbours share pages.
template <class Row>
void apply_rows(RowStatements<Row>& statements, const domain::RowTable<Row>& table) {
  using Entry = typename domain::RowTable<Row>::Entry;
  std::vector<const Entry*> changed;
  for (const auto& [key, entry] : table.entries()) {
    if (entry.changed && entry.row) changed.push_back(&entry);
  }
  if constexpr (std::totally_ordered<domain::KeyOf<Row>>) {
    std::ranges::sort(changed, {}, [](const Entry* entry) { return entry->row->key(); });
  }
  for (const Entry* entry : changed) {
    const int rows = write(entry->stored ? statements.update : statements.insert, *entry->row);
    KASSA_CHECK(rows == 1,
                "a row to be updated is not in the store, table " + std::string(Table<Row>::name));
  }
}

}  // namespace

SqliteWriter::SqliteWriter(const std::string& name, Checkpointer* checkpointer)
    : checkpointer_(checkpointer),
      db_(open_connection(name, Database::Mode::read_write)),
      due_payments_(db_, "due payments",
                    "SELECT due_at, request_id FROM payments INDEXED BY payments_due "
                    "WHERE clock = ?1 AND due_at IS NOT NULL AND due_at <= ?2 "
                    "ORDER BY due_at, request_id LIMIT ?3"),
      next_due_(db_, "next due payment",
                "SELECT min(due_at) FROM payments INDEXED BY payments_due "
                "WHERE clock = ?1 AND due_at IS NOT NULL"),
      number_taken_(db_, "requisites of a number",
                    "SELECT 1 FROM requisites WHERE number_hash = ?1"),
      attached_notices_(db_, "attached notices",
                        select_sql<domain::Notice>() +
                            "INDEXED BY notices_of_payment WHERE request_id = ?1 AND state = 2 "
                            "AND request_id <> x'00000000000000000000000000000000'"),
      earlier_holders_(db_, "earlier holders of a slot",
                       "SELECT request_id FROM slot_holds WHERE requisites_id = ?1 "
                       "AND amount = ?2 AND held_from <= ?3 AND held_until > ?3 "
                       "ORDER BY held_from DESC LIMIT 2"),
      next_clock_(db_, "next clock with timers",
                  "SELECT min(clock) FROM payments INDEXED BY payments_due "
                  "WHERE due_at IS NOT NULL AND clock > ?1"),
      frozen_(db_, "count frozen",
              "SELECT count(*) FROM payments INDEXED BY payments_frozen WHERE frozen = 1"),
      delete_setting_(db_, "delete setting", delete_sql<domain::Setting>('?')),
      meta_(db_, "read meta", "SELECT value FROM meta WHERE name = ?1"),
      raise_meta_(db_, "raise meta", "UPDATE meta SET value = max(value, ?2) WHERE name = ?1") {
  // The hook takes the place of SQLite's own checkpoints on this connection.
  if (checkpointer_ != nullptr) sqlite3_wal_hook(db_.handle(), &SqliteWriter::on_commit, this);
}

int SqliteWriter::on_commit(void* self, sqlite3* /*db*/, const char* /*name*/, int frames) {
  static_cast<SqliteWriter*>(self)->wal_frames_ = frames;
  return SQLITE_OK;
}

void SqliteWriter::begin() {
  if (checkpointer_ != nullptr) checkpointer_->before_batch(db_);
  Execution(begin_).run();
}

void SqliteWriter::load(const domain::Keys& keys, WorkingSet& ws) {
  load_rows(payment_keys_, keys.payment_keys, ws.payment_keys);
  load_rows(payments_, keys.payments, ws.payments);
  load_rows(deliveries_, keys.deliveries, ws.deliveries);
  load_rows(accounts_, keys.accounts, ws.accounts);
  load_rows(requisites_, keys.requisites, ws.requisites);
  load_rows(slots_, keys.slots, ws.slots);
  load_rows(days_, keys.days, ws.days);
  load_rows(exposures_, keys.exposures, ws.exposures);
  load_rows(clocks_, keys.clocks, ws.clocks);
  load_rows(payout_orders_, keys.payout_orders, ws.payout_orders);
  load_rows(payout_turns_, keys.payout_turns, ws.payout_turns);
  load_rows(notices_, keys.notices, ws.notices);
  load_rows(receipts_, keys.receipts, ws.receipts);
  load_attached(keys.attached, ws);
  load_earlier_holders(keys.slot_moments, ws);
  load_rows(settlements_, keys.settlements, ws.settlements);
  load_rows(settlement_keys_, keys.settlement_keys, ws.settlement_keys);
  load_rows(key_uses_, keys.key_uses, ws.key_uses);
  load_candidates(keys.candidates, ws);
  for (const auto& gateway : keys.gateways) ws.gateways_alive.try_emplace(gateway, false);
  for (const auto& hash : keys.number_hashes) {
    Execution row(number_taken_);
    row.put_blob(hash);
    ws.numbers_taken.try_emplace(hash, row.step());
  }
}

void SqliteWriter::load_attached(const std::vector<domain::RequestId>& payments, WorkingSet& ws) {
  for (const auto& payment : payments) {
    if (!ws.attached_known.insert(payment).second) continue;
    Execution rows(attached_notices_);
    rows.bind(payment);
    while (rows.step()) {
      auto notice = read_row<domain::Notice>(rows);
      const domain::NoticeId id = notice.id;
      ws.notices.put_loaded(id, std::move(notice));
    }
  }
}

void SqliteWriter::load_earlier_holders(const std::vector<domain::SlotMoment>& moments,
                                        WorkingSet& ws) {
  for (const auto& moment : moments) {
    const auto [found, fresh] = ws.earlier_holders.try_emplace(moment);
    if (!fresh) continue;
    Execution rows(earlier_holders_);
    rows.bind(moment.slot.requisites_id).bind(moment.slot.amount).bind(moment.at);
    while (rows.step()) found->second.push_back(rows.get<domain::RequestId>(0));
  }
}

/// With the candidates' rows, which the domain would ask for next.
void SqliteWriter::load_candidates(const std::vector<domain::CandidateQuery>& queries,
                                   WorkingSet& ws) {
  candidates_.load(queries, ws);
  for (const auto& query : queries) {
    load_rows(requisites_, ws.candidates.at(query.request_id).ids, ws.requisites);
  }
}

std::vector<DuePayment> SqliteWriter::due_payments(domain::ClockId clock, domain::Instant until,
                                                   std::size_t limit) {
  Execution rows(due_payments_);
  rows.bind(clock).bind(until).bind(static_cast<std::int64_t>(limit));
  std::vector<DuePayment> due;
  while (rows.step()) {
    due.push_back({rows.get<domain::Instant>(0), rows.get<domain::RequestId>(1)});
  }
  return due;
}

std::optional<domain::Instant> SqliteWriter::next_due(domain::ClockId clock) {
  Execution rows(next_due_);
  rows.bind(clock);
  if (!rows.step()) return std::nullopt;
  return rows.get<std::optional<domain::Instant>>(0);
}

std::int64_t SqliteWriter::lock_clock(domain::ClockId clock) {
  const auto row = find_row<domain::TestClock>(clocks_.find, clock);
  return row ? row->offset_ms : 0;
}

Surroundings SqliteWriter::look_around() {
  Surroundings seen;
  seen.config_version = config_version();
  for (auto clock = clock_behind({}); clock; clock = clock_behind(clock)) {
    if (const auto due = next_due(*clock)) {
      seen.clocks.push_back({*clock, *due, lock_clock(*clock)});
    }
  }
  Execution frozen(frozen_);
  if (frozen.step()) seen.payments_frozen = frozen.integer(0);
  return seen;
}

/// One seek a clock: the index is walked from each to the next, not row by row.
std::optional<domain::ClockId> SqliteWriter::clock_behind(std::optional<domain::ClockId> clock) {
  Execution rows(next_clock_);
  // Bytes: the empty ones sort before every clock, the nil one included.
  rows.put_blob(clock ? Codec<domain::ClockId>::encode(*clock) : std::string_view{});
  return rows.step() ? rows.get<std::optional<domain::ClockId>>(0) : std::nullopt;
}

std::int64_t SqliteWriter::meta(const std::string& name) {
  Execution rows(meta_);
  rows.bind(name);
  KASSA_CHECK(rows.step(), "meta has no " + name);
  return rows.integer(0);
}

void SqliteWriter::raise_meta(const std::string& name, std::int64_t value) {
  Execution(raise_meta_).bind(name).bind(value).run();
}

std::int64_t SqliteWriter::config_version() {
  return meta("config_version");
}

domain::Instant SqliteWriter::live_clock_mark() {
  return domain::instant_of_ms(meta("live_clock_ms"));
}

void SqliteWriter::apply(const WorkingSet& ws, std::int64_t lane, domain::Instant live_clock) {
  apply_config(ws.config_change());
  apply_rows(payment_keys_, ws.payment_keys);
  apply_rows(payments_, ws.payments);
  apply_rows(deliveries_, ws.deliveries);
  apply_rows(accounts_, ws.accounts);
  apply_rows(requisites_, ws.requisites);
  apply_rows(slots_, ws.slots);
  apply_rows(days_, ws.days);
  apply_rows(exposures_, ws.exposures);
  apply_rows(clocks_, ws.clocks);
  apply_rows(payout_orders_, ws.payout_orders);
  apply_rows(payout_turns_, ws.payout_turns);
  apply_rows(notices_, ws.notices);
  apply_rows(receipts_, ws.receipts);
  apply_rows(settlements_, ws.settlements);
  apply_rows(settlement_keys_, ws.settlement_keys);
  apply_rows(key_uses_, ws.key_uses);
  // After the rows, which other commands of the batch may have changed and which carry their blobs
  // as they were loaded.
  for (const auto& row : ws.resealed()) reseal(row);
  append(ws, lane);
  raise_meta("live_clock_ms", domain::unix_ms(live_clock));
}

void SqliteWriter::append(const WorkingSet& ws, std::int64_t lane) {
  for (const auto& event : ws.events()) write(events_.insert, event);
  for (const auto& attempt : ws.attempts()) write(attempts_.insert, attempt);
  for (const auto& hold : ws.slot_holds()) write(slot_holds_.insert, hold);
  if (!ws.transfers().empty()) append_transfers(ws.transfers(), lane);
}

/// Numbered and chained after the lane's head, which moves with them.
void SqliteWriter::append_transfers(const std::vector<domain::Transfer>& transfers,
                                    std::int64_t lane) {
  LaneHead head = head_of(lane);
  const bool first = head.seq == 0;
  for (const auto& transfer : hasher_.append(transfers, head)) write(transfers_.insert, transfer);
  const int rows = write(first ? lane_heads_.insert : lane_heads_.update, head);
  KASSA_CHECK(rows == 1, "the head of lane " + std::to_string(lane) + " is not in the store");
  heads_[lane] = head;
}

/// Changes nothing where another blob is stored by now.
void SqliteWriter::reseal(const domain::Resealed& row) {
  auto& statement = reseal_[static_cast<std::size_t>(row.place)];
  if (!statement) statement.emplace(db_, "seal again", reseal_sql(row.place, '?'));
  Execution update(*statement);
  update.bind(row.row_id).put_blob(row.before);
  update.put_blob(row.after);
  if (!sealed_column(row.place).number_hash.empty()) update.put_blob(row.number_hash);
  if (!sealed_column(row.place).seq.empty()) update.bind(row.seq);
  update.run();
}

LaneHead SqliteWriter::head_of(std::int64_t lane) {
  const auto known = heads_.find(lane);
  if (known != heads_.end()) return known->second;
  return find_row<LaneHead>(lane_heads_.find, lane).value_or(LaneHead{lane, 0, {}});
}

void SqliteWriter::apply_config(const WorkingSet::ConfigChange& change) {
  if (change.config == nullptr) return;
  for (const auto& [id, value] : change.settings) {
    if (!value) {
      Execution deletion(delete_setting_);
      write_key<domain::Setting>(deletion, id);
      deletion.run();
      continue;
    }
    const domain::Setting setting{id, *value};
    if (write(settings_.update, setting) == 0) write(settings_.insert, setting);
  }
  raise_meta("config_version", change.config->version);
}

void SqliteWriter::limit_pages(std::int64_t pages) {
  db_.execute("limit pages", "PRAGMA max_page_count = " + std::to_string(pages));
}

void SqliteWriter::commit() {
  try {
    Execution(commit_).run();
  } catch (const StoreError&) {
    rollback();
    throw;
  }
  if (checkpointer_ != nullptr) checkpointer_->committed(wal_frames_);
}

bool SqliteWriter::was_committed() {
  KASSA_CHECK(false, "a commit to a file is never unknown");
  return false;
}

void SqliteWriter::rollback() noexcept {
  db_.rollback();
  heads_.clear();
}

}  // namespace kassa::store::sqlite

#include "store/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>

#include "store/sqlite/chain_transfers.hpp"

namespace kassa::store::sqlite {
namespace {

/// "KASS": what `file` and we ourselves tell a Kassa store by.
constexpr std::int64_t kApplicationId = 0x4B415353;

/// Ids are 16 bytes, instants milliseconds since 1970, enums the numbers of domain/.
///
/// Foreign keys are not declared: every row is written by one program, rows that refer to each
/// other in one transaction, and `kassa ledger check` proves the references; a foreign key would
/// cost a second look-up of every parent on the hot path.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES
  ('schema_version', 0), ('config_version', 0), ('live_clock_ms', 0);

CREATE TABLE payments (
  request_id           BLOB NOT NULL PRIMARY KEY CHECK (length(request_id) = 16),
  project_id           BLOB NOT NULL,
  clock                BLOB NOT NULL,
  kind                 INTEGER NOT NULL,
  payment_id           TEXT NOT NULL,
  status               INTEGER NOT NULL,
  sub_status           INTEGER NOT NULL,
  status_description   TEXT NOT NULL,
  amount               INTEGER NOT NULL CHECK (amount > 0),
  old_amount           INTEGER NOT NULL CHECK (old_amount > 0),
  initial_amount       INTEGER NOT NULL CHECK (initial_amount > 0),
  currency             TEXT NOT NULL CHECK (length(currency) = 3),
  method               TEXT NOT NULL,
  payment_system       TEXT NOT NULL,
  widget_method        TEXT NOT NULL,
  bank_symbol          TEXT NOT NULL,
  pool                 TEXT NOT NULL,
  fee_basis_points     INTEGER NOT NULL,
  fee_fixed_minor      INTEGER NOT NULL,
  lifetime_s           INTEGER NOT NULL,
  created_at           INTEGER NOT NULL,
  updated_at           INTEGER NOT NULL,
  expires_at           INTEGER NOT NULL,
  window_at            INTEGER,
  assign_at            INTEGER,
  word_at              INTEGER,
  word                 INTEGER NOT NULL,
  due_at               INTEGER,
  trader_id            BLOB NOT NULL,
  requisites_id        BLOB NOT NULL,
  assigned_day         INTEGER NOT NULL,
  exposed              INTEGER NOT NULL CHECK (exposed >= 0),
  day_counted          INTEGER NOT NULL CHECK (day_counted >= 0),
  settled_amount       INTEGER NOT NULL CHECK (settled_amount >= 0),
  settled_fee          INTEGER NOT NULL CHECK (settled_fee >= 0),
  corrections          INTEGER NOT NULL,
  assign_tries         INTEGER NOT NULL,
  was_confirmed        INTEGER NOT NULL,
  was_appealed         INTEGER NOT NULL,
  frozen               INTEGER NOT NULL,
  own_url_intermediate INTEGER NOT NULL,
  own_url_success      INTEGER NOT NULL,
  own_url_decline      INTEGER NOT NULL,
  last_event           INTEGER NOT NULL,
  details              BLOB NOT NULL
) STRICT, WITHOUT ROWID;
-- The timers: one ordered index a clock.
CREATE INDEX payments_due ON payments (clock, due_at, request_id) WHERE due_at IS NOT NULL;
CREATE INDEX payments_frozen ON payments (request_id) WHERE frozen = 1;
CREATE INDEX payments_of_project ON payments (project_id, request_id);

-- Never detached: a payment_id is unique for ever inside its project.
CREATE TABLE payment_keys (
  project_id     BLOB NOT NULL CHECK (length(project_id) = 16),
  payment_id     TEXT NOT NULL,
  request_id     BLOB NOT NULL CHECK (length(request_id) = 16),
  kind           INTEGER NOT NULL,
  content_key_id INTEGER NOT NULL,
  content_hash   BLOB NOT NULL,
  PRIMARY KEY (project_id, payment_id)
) STRICT, WITHOUT ROWID;

-- Append-only: the outbox of callbacks and the merchants' feed.
CREATE TABLE payment_events (
  request_id         BLOB NOT NULL CHECK (length(request_id) = 16),
  seq                INTEGER NOT NULL CHECK (seq > 0),
  at                 INTEGER NOT NULL,
  cause              INTEGER NOT NULL,
  actor_kind         INTEGER NOT NULL,
  actor_name         TEXT NOT NULL,
  from_status        INTEGER NOT NULL,
  from_sub_status    INTEGER NOT NULL,
  to_status          INTEGER NOT NULL,
  to_sub_status      INTEGER NOT NULL,
  status_description TEXT NOT NULL,
  amount             INTEGER NOT NULL,
  old_amount         INTEGER NOT NULL,
  method             TEXT NOT NULL,
  widget_method      TEXT NOT NULL,
  requisites_id      BLOB NOT NULL,
  reason             TEXT NOT NULL,
  callback           INTEGER NOT NULL,
  PRIMARY KEY (request_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  request_id   BLOB NOT NULL PRIMARY KEY CHECK (length(request_id) = 16),
  state        INTEGER NOT NULL,
  queue        TEXT NOT NULL,
  failed_tries INTEGER NOT NULL,
  next_try_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (next_try_at, request_id) WHERE state = 1;

CREATE TABLE delivery_attempts (
  request_id  BLOB NOT NULL CHECK (length(request_id) = 16),
  seq         INTEGER NOT NULL,
  attempt     INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  result      INTEGER NOT NULL,
  http_status INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  replay      INTEGER NOT NULL,
  excerpt     TEXT NOT NULL,
  ordinal     INTEGER NOT NULL,
  PRIMARY KEY (request_id, seq, ordinal)
) STRICT, WITHOUT ROWID;
-- Given up for good (superseded, parked): what an operator may want to replay.
CREATE INDEX delivery_attempts_given_up ON delivery_attempts (request_id, seq)
  WHERE result IN (3, 4);

-- Only accounts with a limit; available (1) and locked (2) never fall below zero.
CREATE TABLE accounts (
  kind     INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
  owner    BLOB NOT NULL CHECK (length(owner) = 16),
  currency TEXT NOT NULL CHECK (length(currency) = 3),
  balance  INTEGER NOT NULL CHECK (kind = 3 OR balance >= 0),
  PRIMARY KEY (kind, owner, currency)
) STRICT, WITHOUT ROWID;

-- Append-only: the books.
CREATE TABLE transfers (
  lane            INTEGER NOT NULL,
  seq             INTEGER NOT NULL CHECK (seq > 0),
  request_id      BLOB NOT NULL CHECK (length(request_id) = 16),
  kind            INTEGER NOT NULL,
  correction      INTEGER NOT NULL,
  debit_kind      INTEGER NOT NULL,
  debit_owner     BLOB NOT NULL CHECK (length(debit_owner) = 16),
  debit_currency  TEXT NOT NULL CHECK (length(debit_currency) = 3),
  credit_kind     INTEGER NOT NULL,
  credit_owner    BLOB NOT NULL CHECK (length(credit_owner) = 16),
  credit_currency TEXT NOT NULL CHECK (credit_currency = debit_currency),
  amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
  at              INTEGER NOT NULL,
  PRIMARY KEY (lane, seq)
) STRICT, WITHOUT ROWID;
-- Unique: a settlement and each numbered correction are posted once, whatever the program believes.
CREATE UNIQUE INDEX transfers_of_payment ON transfers (request_id, kind, correction)
  WHERE request_id <> x'00000000000000000000000000000000';

CREATE TABLE requisites (
  requisites_id BLOB NOT NULL PRIMARY KEY CHECK (length(requisites_id) = 16),
  trader_id     BLOB NOT NULL,
  pool          TEXT NOT NULL,
  currency      TEXT NOT NULL CHECK (length(currency) = 3),
  methods       TEXT NOT NULL,
  bank_symbol   TEXT NOT NULL,
  bank_country  TEXT NOT NULL,
  is_on         INTEGER NOT NULL,
  amount_min    INTEGER NOT NULL CHECK (amount_min > 0),
  amount_max    INTEGER NOT NULL,
  day_count_max INTEGER NOT NULL,
  day_sum_max   INTEGER NOT NULL,
  cool_down_s   INTEGER NOT NULL,
  weight        INTEGER NOT NULL CHECK (weight > 0),
  time_zone     TEXT NOT NULL,
  turn_at       INTEGER NOT NULL,
  last_used_at  INTEGER,
  created_at    INTEGER NOT NULL,
  number_mask   TEXT NOT NULL,
  number_hash   BLOB NOT NULL,
  details       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
-- The search for candidates reads this index alone: by turn, with all that the query filters by.
CREATE UNIQUE INDEX requisites_number ON requisites (number_hash) WHERE number_hash <> x'';
CREATE INDEX requisites_turn ON requisites (pool, currency, is_on, turn_at, requisites_id,
                                            methods, bank_symbol, amount_min, amount_max);

CREATE TABLE slots (
  requisites_id BLOB NOT NULL CHECK (length(requisites_id) = 16),
  amount        INTEGER NOT NULL CHECK (amount > 0),
  request_id    BLOB NOT NULL CHECK (length(request_id) = 16),
  held_from     INTEGER NOT NULL,
  held_until    INTEGER NOT NULL,
  PRIMARY KEY (requisites_id, amount)
) STRICT, WITHOUT ROWID;

CREATE TABLE requisites_days (
  requisites_id BLOB NOT NULL CHECK (length(requisites_id) = 16),
  day           INTEGER NOT NULL,
  count         INTEGER NOT NULL CHECK (count >= 0),
  sum           INTEGER NOT NULL CHECK (sum >= 0),
  PRIMARY KEY (requisites_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE exposures (
  trader_id   BLOB NOT NULL CHECK (length(trader_id) = 16),
  currency    TEXT NOT NULL CHECK (length(currency) = 3),
  open_amount INTEGER NOT NULL CHECK (open_amount >= 0),
  PRIMARY KEY (trader_id, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE test_clocks (
  clock     BLOB NOT NULL PRIMARY KEY CHECK (length(clock) = 16),
  offset_ms INTEGER NOT NULL CHECK (offset_ms >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  kind  TEXT NOT NULL,
  id    TEXT NOT NULL,
  name  TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (kind, id, name)
) STRICT, WITHOUT ROWID;
)sql";

/// Payouts, and notices of what was seen.
constexpr std::string_view kPayouts = R"sql(
ALTER TABLE payments ADD COLUMN held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0);
ALTER TABLE payments ADD COLUMN orders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN hand_backs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payments ADD COLUMN unread INTEGER NOT NULL DEFAULT 0 CHECK (unread >= 0);

CREATE TABLE payout_orders (
  request_id BLOB NOT NULL CHECK (length(request_id) = 16),
  number     INTEGER NOT NULL CHECK (number > 0),
  trader_id  BLOB NOT NULL CHECK (length(trader_id) = 16),
  state      INTEGER NOT NULL,
  taken_at   INTEGER NOT NULL,
  ended_at   INTEGER,
  PRIMARY KEY (request_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE payout_turns (
  trader_id BLOB NOT NULL PRIMARY KEY CHECK (length(trader_id) = 16),
  in_hand   INTEGER NOT NULL CHECK (in_hand >= 0),
  turn_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
  notice_id     BLOB NOT NULL PRIMARY KEY CHECK (length(notice_id) = 16),
  kind          INTEGER NOT NULL,
  state         INTEGER NOT NULL,
  request_id    BLOB NOT NULL CHECK (length(request_id) = 16),
  requisites_id BLOB NOT NULL CHECK (length(requisites_id) = 16),
  currency      TEXT NOT NULL CHECK (length(currency) = 3),
  amount        INTEGER NOT NULL CHECK (amount >= 0),
  seen_at       INTEGER NOT NULL,
  recorded_at   INTEGER NOT NULL,
  by_kind       INTEGER NOT NULL,
  by_name       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  details       BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX notices_of_payment ON notices (request_id, notice_id)
  WHERE request_id <> x'00000000000000000000000000000000';
-- What a person has to look at.
CREATE INDEX notices_open ON notices (state, notice_id) WHERE state IN (1, 2);

-- Who held a slot before its present holder: late money finds whose it was.
CREATE TABLE slot_holds (
  requisites_id BLOB NOT NULL CHECK (length(requisites_id) = 16),
  amount        INTEGER NOT NULL CHECK (amount > 0),
  held_from     INTEGER NOT NULL,
  request_id    BLOB NOT NULL CHECK (length(request_id) = 16),
  held_until    INTEGER NOT NULL,
  PRIMARY KEY (requisites_id, amount, held_from, request_id)
) STRICT, WITHOUT ROWID;
)sql";

/// Settlements, and what came back of a payout.
constexpr std::string_view kSettlements = R"sql(
ALTER TABLE payments ADD COLUMN returned_amount INTEGER NOT NULL DEFAULT 0
  CHECK (returned_amount >= 0);
ALTER TABLE payments ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;

CREATE TABLE settlements (
  settlement_id BLOB NOT NULL PRIMARY KEY CHECK (length(settlement_id) = 16),
  kind          INTEGER NOT NULL,
  status        INTEGER NOT NULL,
  project_id    BLOB NOT NULL,
  trader_id     BLOB NOT NULL,
  payout        BLOB NOT NULL,
  amount        INTEGER NOT NULL CHECK (amount > 0),
  currency      TEXT NOT NULL CHECK (length(currency) = 3),
  number        INTEGER NOT NULL,
  made_by       TEXT NOT NULL CHECK (made_by <> ''),
  made_at       INTEGER NOT NULL,
  decided_by    TEXT NOT NULL,
  decided_at    INTEGER,
  reference     BLOB NOT NULL,
  note          BLOB NOT NULL,
  -- Approved (2) by somebody else, whatever the program believes.
  CHECK (status <> 2 OR (decided_by <> '' AND decided_by <> made_by))
) STRICT, WITHOUT ROWID;

-- Never detached: a maker's own name of a settlement makes one, for ever.
CREATE TABLE settlement_keys (
  id             TEXT NOT NULL PRIMARY KEY,
  settlement_id  BLOB NOT NULL CHECK (length(settlement_id) = 16),
  content_key_id INTEGER NOT NULL,
  content_hash   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

/// The line of a pool, with all that the rules of routing look at (domain/candidates.hpp): who is
/// passed over costs no look at the row itself.
constexpr std::string_view kLineOfPool = R"sql(
DROP INDEX requisites_turn;
CREATE INDEX requisites_line ON requisites (
  pool, currency, is_on, turn_at, requisites_id, trader_id, methods, bank_symbol, amount_min,
  amount_max, cool_down_s, last_used_at, day_count_max, day_sum_max, time_zone);
)sql";

/// Tries are numbered by `ordinal`, replays and superseded callbacks included: a second number
/// beside it said something else.
constexpr std::string_view kOneNumberForTries = R"sql(
ALTER TABLE delivery_attempts DROP COLUMN attempt;
)sql";

/// store/transfer_chain.hpp.
constexpr std::string_view kTransferChain = R"sql(
ALTER TABLE transfers ADD COLUMN chain BLOB NOT NULL CHECK (length(chain) = 32)
  DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';
CREATE TABLE lane_heads (
  lane  INTEGER NOT NULL PRIMARY KEY,
  seq   INTEGER NOT NULL CHECK (seq > 0),
  chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT, WITHOUT ROWID;
)sql";

/// Errors and disputes, which people look for. An index of every state would cost each payin two
/// changes more; these two states are rare, and the other lists are walked (payments_sql).
constexpr std::string_view kPaymentsOfPeople = R"sql(
CREATE INDEX payments_of_people ON payments (status, request_id) WHERE status IN (1, 3);
)sql";

/// What people write beside what they do is sealed; and what was seen is listed in the order in
/// which we were told, since the id of a notice says nothing of time.
constexpr std::string_view kNotes = R"sql(
ALTER TABLE payment_events ADD COLUMN actor_note BLOB NOT NULL DEFAULT x'';
ALTER TABLE notices ADD COLUMN note BLOB NOT NULL DEFAULT x'';
CREATE INDEX notices_by_time ON notices (recorded_at, notice_id);
DROP INDEX notices_open;
CREATE INDEX notices_open ON notices (recorded_at, notice_id) WHERE state IN (1, 2);
)sql";

/// Receipts that payers showed; their files lie outside the tables.
constexpr std::string_view kReceipts = R"sql(
ALTER TABLE payments ADD COLUMN receipts INTEGER NOT NULL DEFAULT 0 CHECK (receipts >= 0);

CREATE TABLE receipts (
  notice_id      BLOB NOT NULL PRIMARY KEY CHECK (length(notice_id) = 16),
  request_id     BLOB NOT NULL CHECK (length(request_id) = 16),
  number         INTEGER NOT NULL CHECK (number > 0),
  kind           INTEGER NOT NULL,
  size           INTEGER NOT NULL CHECK (size > 0),
  created_at     INTEGER NOT NULL,
  content_key_id INTEGER NOT NULL,
  content_hash   BLOB NOT NULL,
  file           BLOB NOT NULL CHECK (length(file) = 16)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX receipts_of_payment ON receipts (request_id, number);
-- Unique: one file is one payment's receipt, whatever the program believes.
CREATE UNIQUE INDEX receipts_content ON receipts (content_hash, content_key_id);
)sql";

/// Payments whose payer chooses the method on the page.
constexpr std::string_view kChoices = R"sql(
ALTER TABLE payments ADD COLUMN chosen INTEGER NOT NULL DEFAULT 0 CHECK (chosen IN (0, 1));
)sql";

/// What keys are asked: when key sets were used, and which events a ring's key seals. And tries in
/// a table that SQLite can check.
constexpr std::string_view kKeyUses = R"sql(
CREATE TABLE key_uses (
  key_set_id BLOB NOT NULL PRIMARY KEY CHECK (length(key_set_id) = 16),
  first_at   INTEGER NOT NULL,
  last_at    INTEGER NOT NULL CHECK (last_at >= first_at)
) STRICT, WITHOUT ROWID;
-- The few events that have a sealed note, for whoever seals them again.
CREATE INDEX payment_events_notes ON payment_events (request_id, seq) WHERE length(actor_note) > 0;

-- The key's columns first. SQLite 3.40 checks a table without rowids as if they always were, and
-- finds NULLs that are none: no backup with a told callback in it was ever found clean.
ALTER TABLE delivery_attempts RENAME TO delivery_attempts_before;
DROP INDEX delivery_attempts_given_up;
CREATE TABLE delivery_attempts (
  request_id  BLOB NOT NULL CHECK (length(request_id) = 16),
  seq         INTEGER NOT NULL,
  ordinal     INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  result      INTEGER NOT NULL,
  http_status INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  replay      INTEGER NOT NULL,
  excerpt     TEXT NOT NULL,
  PRIMARY KEY (request_id, seq, ordinal)
) STRICT, WITHOUT ROWID;
INSERT INTO delivery_attempts
  (request_id, seq, ordinal, at, result, http_status, duration_ms, replay, excerpt)
  SELECT request_id, seq, ordinal, at, result, http_status, duration_ms, replay, excerpt
  FROM delivery_attempts_before;
DROP TABLE delivery_attempts_before;
CREATE INDEX delivery_attempts_given_up ON delivery_attempts (request_id, seq)
  WHERE result IN (3, 4);
)sql";

/// Which gateway tells a payment's callbacks: here always nobody in particular, as the store has
/// one owner. The table is the same in every engine.
constexpr std::string_view kClaims = R"sql(
ALTER TABLE deliveries ADD COLUMN claimed_by BLOB NOT NULL
  DEFAULT x'00000000000000000000000000000000';
)sql";

constexpr std::array kMigrations{
    Migration{1, "first schema", kFirst},
    Migration{2, "payouts and notices", kPayouts},
    Migration{3, "settlements", kSettlements},
    Migration{4, "the line of a pool", kLineOfPool},
    Migration{5, "one number for tries", kOneNumberForTries},
    Migration{6, "hash chain of the transfers", kTransferChain, chain_stored_transfers},
    Migration{7, "payments that people look for", kPaymentsOfPeople},
    Migration{8, "notes sealed, notices by time", kNotes},
    Migration{9, "receipts", kReceipts},
    Migration{10, "choices of payers", kChoices},
    Migration{11, "uses of keys; tries by their key", kKeyUses},
    Migration{12, "who tells callbacks", kClaims},
};

std::int64_t first_integer(Database& db, const std::string& name, const std::string& sql) {
  Statement statement(db, name, sql);
  Execution query(statement);
  return query.step() ? query.integer(0) : 0;
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

std::int32_t newest_schema() {
  return kMigrations.back().version;
}

std::int32_t schema_of(Database& db) {
  if (first_integer(db, "count tables", "SELECT count(*) FROM sqlite_schema") == 0) return 0;
  if (first_integer(db, "application id", "PRAGMA application_id") != kApplicationId) {
    throw StoreError(StoreError::Kind::failed,
                     "the file is a SQLite database, but not a Kassa store; is its path right?");
  }
  return static_cast<std::int32_t>(
      first_integer(db, "schema version", "SELECT value FROM meta WHERE name = 'schema_version'"));
}

void apply_migrations(Database& db, std::int32_t from) {
  for (const Migration& migration : kMigrations) {
    if (migration.version <= from) continue;
    const std::string doing = fmt::format("migration {} ({})", migration.version, migration.name);
    try {
      db.execute(doing, fmt::format("BEGIN IMMEDIATE;{}", migration.sql));
      if (migration.then != nullptr) migration.then(db);
      db.execute(doing, fmt::format("UPDATE meta SET value = {} WHERE name = 'schema_version';"
                                    "PRAGMA application_id = {};COMMIT",
                                    migration.version, kApplicationId));
    } catch (...) {
      db.rollback();
      throw;
    }
  }
}

}  // namespace kassa::store::sqlite

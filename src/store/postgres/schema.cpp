#include "store/postgres/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace kassa::store::postgres {
namespace {

/// Ids are 16 bytes, instants milliseconds since 1970, enums the numbers of domain/. Text that is
/// part of a key is compared byte by byte, as everywhere in Kassa.
///
/// Foreign keys are not declared: see SQLite's schema. Rows that change often in what no index
/// holds have room in their pages, so that such a change touches no index.
constexpr std::string_view kFirst = R"sql(
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO meta (name, value) VALUES ('schema_version', 0), ('config_version', 0);

-- One row for each writer of late: how far the live clock was, and the last batch that it
-- committed. Its own alone, so that nobody else can write over what it has to look up.
CREATE TABLE writers (
  writer        BYTEA NOT NULL PRIMARY KEY CHECK (length(writer) = 16),
  live_clock_ms BIGINT NOT NULL,
  batch         BYTEA NOT NULL,
  seen_at       TIMESTAMPTZ NOT NULL DEFAULT now()
) WITH (fillfactor = 50);

CREATE TABLE payments (
  request_id           BYTEA NOT NULL PRIMARY KEY CHECK (length(request_id) = 16),
  project_id           BYTEA NOT NULL,
  clock                BYTEA NOT NULL,
  kind                 SMALLINT NOT NULL,
  payment_id           TEXT COLLATE "C" NOT NULL,
  status               SMALLINT NOT NULL,
  sub_status           SMALLINT NOT NULL,
  status_description   TEXT NOT NULL,
  amount               BIGINT NOT NULL CHECK (amount > 0),
  old_amount           BIGINT NOT NULL CHECK (old_amount > 0),
  initial_amount       BIGINT NOT NULL CHECK (initial_amount > 0),
  currency             TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
  method               TEXT NOT NULL,
  payment_system       TEXT NOT NULL,
  widget_method        TEXT NOT NULL,
  bank_symbol          TEXT NOT NULL,
  pool                 TEXT COLLATE "C" NOT NULL,
  fee_basis_points     BIGINT NOT NULL,
  fee_fixed_minor      BIGINT NOT NULL,
  lifetime_s           BIGINT NOT NULL,
  created_at           BIGINT NOT NULL,
  updated_at           BIGINT NOT NULL,
  expires_at           BIGINT NOT NULL,
  window_at            BIGINT,
  assign_at            BIGINT,
  word_at              BIGINT,
  word                 SMALLINT NOT NULL,
  due_at               BIGINT,
  trader_id            BYTEA NOT NULL,
  requisites_id        BYTEA NOT NULL,
  assigned_day         BIGINT NOT NULL,
  exposed              BIGINT NOT NULL CHECK (exposed >= 0),
  day_counted          BIGINT NOT NULL CHECK (day_counted >= 0),
  settled_amount       BIGINT NOT NULL CHECK (settled_amount >= 0),
  settled_fee          BIGINT NOT NULL CHECK (settled_fee >= 0),
  corrections          BIGINT NOT NULL,
  assign_tries         BIGINT NOT NULL,
  was_confirmed        SMALLINT NOT NULL,
  was_appealed         SMALLINT NOT NULL,
  frozen               SMALLINT NOT NULL,
  own_url_intermediate SMALLINT NOT NULL,
  own_url_success      SMALLINT NOT NULL,
  own_url_decline      SMALLINT NOT NULL,
  last_event           BIGINT NOT NULL,
  details              BYTEA NOT NULL,
  held                 BIGINT NOT NULL CHECK (held >= 0),
  orders               BIGINT NOT NULL,
  hand_backs           BIGINT NOT NULL,
  unread               BIGINT NOT NULL CHECK (unread >= 0),
  returned_amount      BIGINT NOT NULL CHECK (returned_amount >= 0),
  returns              BIGINT NOT NULL,
  receipts             BIGINT NOT NULL CHECK (receipts >= 0),
  chosen               SMALLINT NOT NULL CHECK (chosen IN (0, 1))
);
-- The timers: one ordered index a clock.
CREATE INDEX payments_due ON payments (clock, due_at, request_id) WHERE due_at IS NOT NULL;
CREATE INDEX payments_frozen ON payments (request_id) WHERE frozen = 1;
CREATE INDEX payments_of_project ON payments (project_id, request_id);
CREATE INDEX payments_of_people ON payments (status, request_id) WHERE status IN (1, 3);

-- Never detached: a payment_id is unique for ever inside its project.
CREATE TABLE payment_keys (
  project_id     BYTEA NOT NULL CHECK (length(project_id) = 16),
  payment_id     TEXT COLLATE "C" NOT NULL,
  request_id     BYTEA NOT NULL CHECK (length(request_id) = 16),
  kind           SMALLINT NOT NULL,
  content_key_id BIGINT NOT NULL,
  content_hash   BYTEA NOT NULL,
  PRIMARY KEY (project_id, payment_id)
);

-- Append-only: the outbox of callbacks and the merchants' feed.
CREATE TABLE payment_events (
  request_id         BYTEA NOT NULL CHECK (length(request_id) = 16),
  seq                BIGINT NOT NULL CHECK (seq > 0),
  at                 BIGINT NOT NULL,
  cause              SMALLINT NOT NULL,
  actor_kind         SMALLINT NOT NULL,
  actor_name         TEXT NOT NULL,
  from_status        SMALLINT NOT NULL,
  from_sub_status    SMALLINT NOT NULL,
  to_status          SMALLINT NOT NULL,
  to_sub_status      SMALLINT NOT NULL,
  status_description TEXT NOT NULL,
  amount             BIGINT NOT NULL,
  old_amount         BIGINT NOT NULL,
  method             TEXT NOT NULL,
  widget_method      TEXT NOT NULL,
  requisites_id      BYTEA NOT NULL,
  reason             TEXT NOT NULL,
  callback           SMALLINT NOT NULL,
  actor_note         BYTEA NOT NULL,
  PRIMARY KEY (request_id, seq)
);

CREATE TABLE deliveries (
  request_id   BYTEA NOT NULL PRIMARY KEY CHECK (length(request_id) = 16),
  state        SMALLINT NOT NULL,
  queue        TEXT NOT NULL,
  failed_tries BIGINT NOT NULL,
  next_try_at  BIGINT NOT NULL
);
CREATE INDEX deliveries_due ON deliveries (next_try_at, request_id) WHERE state = 1;

CREATE TABLE delivery_attempts (
  request_id  BYTEA NOT NULL CHECK (length(request_id) = 16),
  seq         BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  result      SMALLINT NOT NULL,
  http_status BIGINT NOT NULL,
  duration_ms BIGINT NOT NULL,
  replay      SMALLINT NOT NULL,
  excerpt     TEXT NOT NULL,
  ordinal     BIGINT NOT NULL,
  PRIMARY KEY (request_id, seq, ordinal)
);
-- Given up for good (superseded, parked): what an operator may want to replay.
CREATE INDEX delivery_attempts_given_up ON delivery_attempts (request_id, seq)
  WHERE result IN (3, 4);

-- Only accounts with a limit; available (1) and locked (2) never fall below zero.
CREATE TABLE accounts (
  kind     BIGINT NOT NULL CHECK (kind IN (1, 2, 3)),
  owner    BYTEA NOT NULL CHECK (length(owner) = 16),
  currency TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
  balance  BIGINT NOT NULL CHECK (kind = 3 OR balance >= 0),
  PRIMARY KEY (kind, owner, currency)
) WITH (fillfactor = 70);

-- Append-only: the books.
CREATE TABLE transfers (
  lane            BIGINT NOT NULL,
  seq             BIGINT NOT NULL CHECK (seq > 0),
  request_id      BYTEA NOT NULL CHECK (length(request_id) = 16),
  kind            SMALLINT NOT NULL,
  correction      BIGINT NOT NULL,
  debit_kind      SMALLINT NOT NULL,
  debit_owner     BYTEA NOT NULL CHECK (length(debit_owner) = 16),
  debit_currency  TEXT NOT NULL CHECK (length(debit_currency) = 3),
  credit_kind     SMALLINT NOT NULL,
  credit_owner    BYTEA NOT NULL CHECK (length(credit_owner) = 16),
  credit_currency TEXT NOT NULL CHECK (credit_currency = debit_currency),
  amount_minor    BIGINT NOT NULL CHECK (amount_minor > 0),
  at              BIGINT NOT NULL,
  chain           BYTEA NOT NULL CHECK (length(chain) = 32),
  PRIMARY KEY (lane, seq)
);
-- Unique: a settlement and each numbered correction are posted once, whatever the program believes.
CREATE UNIQUE INDEX transfers_of_payment ON transfers (request_id, kind, correction)
  WHERE request_id <> '\x00000000000000000000000000000000';

CREATE TABLE requisites (
  requisites_id BYTEA NOT NULL PRIMARY KEY CHECK (length(requisites_id) = 16),
  trader_id     BYTEA NOT NULL,
  pool          TEXT COLLATE "C" NOT NULL,
  currency      TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
  methods       TEXT NOT NULL,
  bank_symbol   TEXT NOT NULL,
  bank_country  TEXT NOT NULL,
  is_on         SMALLINT NOT NULL,
  amount_min    BIGINT NOT NULL CHECK (amount_min > 0),
  amount_max    BIGINT NOT NULL,
  day_count_max BIGINT NOT NULL,
  day_sum_max   BIGINT NOT NULL,
  cool_down_s   BIGINT NOT NULL,
  weight        BIGINT NOT NULL CHECK (weight > 0),
  time_zone     TEXT NOT NULL,
  turn_at       BIGINT NOT NULL,
  last_used_at  BIGINT,
  created_at    BIGINT NOT NULL,
  number_mask   TEXT NOT NULL,
  number_hash   BYTEA NOT NULL,
  details       BYTEA NOT NULL
);
CREATE UNIQUE INDEX requisites_number ON requisites (number_hash) WHERE number_hash <> '';
CREATE INDEX requisites_line ON requisites (pool, currency, is_on, turn_at, requisites_id);

CREATE TABLE slots (
  requisites_id BYTEA NOT NULL CHECK (length(requisites_id) = 16),
  amount        BIGINT NOT NULL CHECK (amount > 0),
  request_id    BYTEA NOT NULL CHECK (length(request_id) = 16),
  held_from     BIGINT NOT NULL,
  held_until    BIGINT NOT NULL,
  PRIMARY KEY (requisites_id, amount)
) WITH (fillfactor = 70);

CREATE TABLE requisites_days (
  requisites_id BYTEA NOT NULL CHECK (length(requisites_id) = 16),
  day           BIGINT NOT NULL,
  count         BIGINT NOT NULL CHECK (count >= 0),
  sum           BIGINT NOT NULL CHECK (sum >= 0),
  PRIMARY KEY (requisites_id, day)
) WITH (fillfactor = 70);

CREATE TABLE exposures (
  trader_id   BYTEA NOT NULL CHECK (length(trader_id) = 16),
  currency    TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
  open_amount BIGINT NOT NULL CHECK (open_amount >= 0),
  PRIMARY KEY (trader_id, currency)
) WITH (fillfactor = 70);

CREATE TABLE test_clocks (
  clock     BYTEA NOT NULL PRIMARY KEY CHECK (length(clock) = 16),
  offset_ms BIGINT NOT NULL CHECK (offset_ms >= 0)
);

CREATE TABLE settings (
  kind  TEXT COLLATE "C" NOT NULL,
  id    TEXT COLLATE "C" NOT NULL,
  name  TEXT COLLATE "C" NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (kind, id, name)
);

CREATE TABLE payout_orders (
  request_id BYTEA NOT NULL CHECK (length(request_id) = 16),
  number     BIGINT NOT NULL CHECK (number > 0),
  trader_id  BYTEA NOT NULL CHECK (length(trader_id) = 16),
  state      SMALLINT NOT NULL,
  taken_at   BIGINT NOT NULL,
  ended_at   BIGINT,
  PRIMARY KEY (request_id, number)
);

CREATE TABLE payout_turns (
  trader_id BYTEA NOT NULL PRIMARY KEY CHECK (length(trader_id) = 16),
  in_hand   BIGINT NOT NULL CHECK (in_hand >= 0),
  turn_at   BIGINT NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE notices (
  notice_id     BYTEA NOT NULL PRIMARY KEY CHECK (length(notice_id) = 16),
  kind          SMALLINT NOT NULL,
  state         SMALLINT NOT NULL,
  request_id    BYTEA NOT NULL CHECK (length(request_id) = 16),
  requisites_id BYTEA NOT NULL CHECK (length(requisites_id) = 16),
  currency      TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
  amount        BIGINT NOT NULL CHECK (amount >= 0),
  seen_at       BIGINT NOT NULL,
  recorded_at   BIGINT NOT NULL,
  by_kind       SMALLINT NOT NULL,
  by_name       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  details       BYTEA NOT NULL,
  note          BYTEA NOT NULL
);
CREATE INDEX notices_of_payment ON notices (request_id, notice_id)
  WHERE request_id <> '\x00000000000000000000000000000000';
-- What a person has to look at.
CREATE INDEX notices_open ON notices (recorded_at, notice_id) WHERE state IN (1, 2);
-- In the order in which we were told: the id of a notice says nothing of time.
CREATE INDEX notices_by_time ON notices (recorded_at, notice_id);

-- Receipts that payers showed.
CREATE TABLE receipts (
  notice_id      BYTEA NOT NULL PRIMARY KEY CHECK (length(notice_id) = 16),
  request_id     BYTEA NOT NULL CHECK (length(request_id) = 16),
  number         BIGINT NOT NULL CHECK (number > 0),
  kind           SMALLINT NOT NULL,
  size           BIGINT NOT NULL CHECK (size > 0),
  created_at     BIGINT NOT NULL,
  content_key_id BIGINT NOT NULL,
  content_hash   BYTEA NOT NULL,
  file           BYTEA NOT NULL CHECK (length(file) = 16)
);
CREATE UNIQUE INDEX receipts_of_payment ON receipts (request_id, number);
-- Unique: one file is one payment's receipt, whatever the program believes.
CREATE UNIQUE INDEX receipts_content ON receipts (content_hash, content_key_id);

-- Their files, sealed, in parts: written before the row that names them, by transactions of their
-- own. What is sealed can't be compressed.
CREATE TABLE receipt_chunks (
  file      BYTEA NOT NULL CHECK (length(file) = 16),
  number    BIGINT NOT NULL CHECK (number > 0),
  stored_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  bytes     BYTEA NOT NULL,
  PRIMARY KEY (file, number)
);
ALTER TABLE receipt_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- Who held a slot before its present holder: late money finds whose it was.
CREATE TABLE slot_holds (
  requisites_id BYTEA NOT NULL CHECK (length(requisites_id) = 16),
  amount        BIGINT NOT NULL CHECK (amount > 0),
  held_from     BIGINT NOT NULL,
  request_id    BYTEA NOT NULL CHECK (length(request_id) = 16),
  held_until    BIGINT NOT NULL,
  PRIMARY KEY (requisites_id, amount, held_from, request_id)
);

CREATE TABLE settlements (
  settlement_id BYTEA NOT NULL PRIMARY KEY CHECK (length(settlement_id) = 16),
  kind          SMALLINT NOT NULL,
  status        SMALLINT NOT NULL,
  project_id    BYTEA NOT NULL,
  trader_id     BYTEA NOT NULL,
  payout        BYTEA NOT NULL,
  amount        BIGINT NOT NULL CHECK (amount > 0),
  currency      TEXT COLLATE "C" NOT NULL CHECK (length(currency) = 3),
  number        BIGINT NOT NULL,
  made_by       TEXT NOT NULL CHECK (made_by <> ''),
  made_at       BIGINT NOT NULL,
  decided_by    TEXT NOT NULL,
  decided_at    BIGINT,
  reference     BYTEA NOT NULL,
  note          BYTEA NOT NULL,
  -- Approved (2) by somebody else, whatever the program believes.
  CHECK (status <> 2 OR (decided_by <> '' AND decided_by <> made_by))
);

-- Never detached: a maker's own name of a settlement makes one, for ever.
CREATE TABLE settlement_keys (
  id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  settlement_id  BYTEA NOT NULL CHECK (length(settlement_id) = 16),
  content_key_id BIGINT NOT NULL,
  content_hash   BYTEA NOT NULL
);

CREATE TABLE lane_heads (
  lane  BIGINT NOT NULL PRIMARY KEY,
  seq   BIGINT NOT NULL CHECK (seq > 0),
  chain BYTEA NOT NULL CHECK (length(chain) = 32)
) WITH (fillfactor = 70);
)sql";

/// What keys are asked: when key sets were used, and which events a ring's key seals.
constexpr std::string_view kKeyUses = R"sql(
CREATE TABLE key_uses (
  key_set_id BYTEA NOT NULL PRIMARY KEY CHECK (length(key_set_id) = 16),
  first_at   BIGINT NOT NULL,
  last_at    BIGINT NOT NULL CHECK (last_at >= first_at)
);
-- The few events that have a sealed note, for whoever seals them again.
CREATE INDEX payment_events_notes ON payment_events (request_id, seq) WHERE length(actor_note) > 0;
)sql";

/// Gateways that share the store: those that are here, until when if they don't come again, and
/// which of them tells a payment's callbacks. By the server's clock, as nobody else compares them.
constexpr std::string_view kGateways = R"sql(
CREATE TABLE gateways (
  gateway_id  BYTEA NOT NULL PRIMARY KEY CHECK (length(gateway_id) = 16),
  lease_until TIMESTAMPTZ NOT NULL,
  joined_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
  label       TEXT NOT NULL
) WITH (fillfactor = 50);
ALTER TABLE deliveries ADD COLUMN claimed_by BYTEA NOT NULL
  DEFAULT '\x00000000000000000000000000000000';
)sql";

constexpr std::array kMigrations{
    Migration{1, "first schema", kFirst},
    Migration{2, "uses of keys", kKeyUses},
    Migration{3, "gateways", kGateways},
};

std::int64_t first_integer(Connection& connection, const std::string& name,
                           const std::string& sql) {
  connection.send_once(name, sql, {});
  const auto answers = connection.finish();
  return answers.front().rows() == 0 ? 0 : answers.front().integer(0, 0);
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

std::int32_t newest_schema() {
  return kMigrations.back().version;
}

std::int32_t schema_of(Connection& connection) {
  const bool has_meta = first_integer(connection, "look for meta",
                                      "SELECT 1 WHERE to_regclass('meta') IS NOT NULL") == 1;
  if (has_meta) {
    return static_cast<std::int32_t>(first_integer(
        connection, "schema version", "SELECT value FROM meta WHERE name = 'schema_version'"));
  }
  const bool empty =
      first_integer(connection, "count tables",
                    "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()") == 0;
  if (empty) return 0;
  throw StoreError(StoreError::Kind::failed,
                   "the PostgreSQL database has tables, but is not a Kassa store; is its name in "
                   "the URL right?");
}

void apply_migrations(Connection& connection) {
  // Held until the session ends or lets it go.
  connection.execute("wait for other migrations", "SELECT pg_advisory_lock(1262572371, 0)");
  const std::int32_t from = schema_of(connection);
  for (const Migration& migration : kMigrations) {
    if (migration.version <= from) continue;
    connection.execute(
        fmt::format("migration {} ({})", migration.version, migration.name),
        fmt::format("BEGIN;{};UPDATE meta SET value = {} WHERE name = 'schema_version';COMMIT",
                    migration.sql, migration.version));
  }
  connection.execute("let other migrations go on", "SELECT pg_advisory_unlock(1262572371, 0)");
}

}  // namespace kassa::store::postgres

// What is SQLite's own: the schema, the file, its lock, its log, what happens when things fail.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "store/sealed_columns.hpp"
#include "store/sql_reader.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_writer.hpp"
#include "store/transfer_chain.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using sqlite::Database;
using testing::HasSubstr;
using Mode = sqlite::Database::Mode;

mode_t mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

struct SchemaColumn {
  std::string name;
  std::string type;
  std::int64_t key_place = 0;

  bool operator==(const SchemaColumn&) const = default;
};
void PrintTo(const SchemaColumn& column, std::ostream* out) {
  *out << column.name << " " << column.type << " " << column.key_place;
}

std::vector<SchemaColumn> stored_columns(Database& db, const std::string& table) {
  Statement statement(db, "columns", "SELECT name, type, pk FROM pragma_table_info(?1)");
  Execution rows(statement);
  rows.bind(table);
  std::vector<SchemaColumn> columns;
  while (rows.step()) {
    columns.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2)});
  }
  return columns;
}

template <class Row>
std::vector<SchemaColumn> declared_columns() {
  static constexpr std::array<const char*, 3> kTypes{"INTEGER", "TEXT", "BLOB"};
  std::vector<SchemaColumn> columns;
  std::int64_t keys = 0;
  for_each_column<Row>([&](const auto& column) {
    using C = typename std::remove_cvref_t<decltype(column)>::CodecType;
    columns.push_back({std::string(column.name), kTypes.at(static_cast<std::size_t>(C::type)),
                       column.role == Role::key ? ++keys : 0});
  });
  if constexpr (NumberedByStore<Row>) {
    // SQLite checks a table without rowids as if the key's columns always came first.
    columns.insert(columns.begin() + keys, {std::string(Table<Row>::ordinal), "INTEGER", keys + 1});
  }
  return columns;
}

TEST(SqliteSchema, IsWhatTheTablesDeclare) {
  SqlitePlace place;
  const OpenStore open(place);
  Database db = sqlite::open_connection(place.file(), Mode::read_only);
  const auto compare = [&db]<class Row>(const Row*) {
    const std::string table(Table<Row>::name);
    EXPECT_EQ(stored_columns(db, table), declared_columns<Row>()) << table;
  };
  std::apply([&compare](const auto&... row) { (compare(&row), ...); }, AllRows{});
}

TEST(SqliteSchema, HasNoTableThatIsNotDeclared) {
  SqlitePlace place;
  const OpenStore open(place);
  Database db = sqlite::open_connection(place.file(), Mode::read_only);
  Statement statement(db, "tables", "SELECT count(*) FROM sqlite_schema WHERE type = 'table'");
  Execution rows(statement);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), static_cast<std::int64_t>(std::tuple_size_v<AllRows>) + 1) << "+ meta";
}

// ---- plans -----------------------------------------------------------------------------------

std::string plan_of(Database& db, const PaymentFilter& filter) {
  Statement statement(db, "plan", "EXPLAIN QUERY PLAN " + payments_sql(filter));
  Execution rows(statement);
  std::string plan;
  while (rows.step()) plan.append(rows.text(3)).append("; ");
  return plan;
}

TEST(SqlitePlans, NotesAreFoundByAnIndexOfThem) {
  SqlitePlace place;
  const OpenStore open(place);
  Database db = sqlite::open_connection(place.file(), Mode::read_only);
  Statement statement(
      db, "plan", "EXPLAIN QUERY PLAN " + sealed_rows_sql(domain::SealedPlace::event_note, '?'));
  Execution rows(statement);
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(3),
            "SEARCH payment_events USING INDEX payment_events_notes ((request_id,seq)>(?,?))");
  EXPECT_FALSE(rows.step()) << "nothing is sorted";
}

TEST(SqlitePlans, AListOfPaymentsWalksAnIndexAndSortsNothing) {
  SqlitePlace place;
  const OpenStore open(place);
  Database db = sqlite::open_connection(place.file(), Mode::read_only);
  PaymentFilter filter;
  const std::string by_id = "SEARCH payments USING PRIMARY KEY (request_id<?); ";
  EXPECT_EQ(plan_of(db, filter), by_id);
  for (const auto status : {domain::Status::error, domain::Status::dispute}) {
    filter.status = status;
    EXPECT_EQ(plan_of(db, filter),
              "SEARCH payments USING INDEX payments_of_people (status=? AND request_id<?); ");
  }
  for (const auto status :
       {domain::Status::processing, domain::Status::success, domain::Status::decline}) {
    filter.status = status;
    EXPECT_EQ(plan_of(db, filter), by_id) << "they are most of all payments";
  }
  filter.project_id = id_of<domain::ProjectId>(1);
  EXPECT_EQ(plan_of(db, filter),
            "SEARCH payments USING INDEX payments_of_project (project_id=? AND request_id<?); ");
  filter.status = domain::Status::dispute;
  EXPECT_EQ(plan_of(db, filter),
            "SEARCH payments USING INDEX payments_of_people (status=? AND request_id<?); ");
}

// ---- opening ---------------------------------------------------------------------------------

TEST(SqliteStore, IsNotMadeUnasked) {
  SqlitePlace place;
  StoreOptions options = place.options();
  options.create = false;
  EXPECT_THAT(refusal(options), HasSubstr("there is no store at"));
  EXPECT_FALSE(std::filesystem::exists(place.file()));
}

TEST(SqliteStore, WantsAUrlItKnows) {
  StoreOptions options;
  for (const char* url : {"", "sqlite:", "kassa.db", "mysql://x", "sqlite:file:x?mode=memory"}) {
    options.url = url;
    EXPECT_THAT(refusal(options), HasSubstr("sqlite:PATH")) << url;
  }
}

TEST(SqliteStore, NamesAFolderThatIsMissing) {
  StoreOptions options;
  options.create = true;
  options.url = "sqlite:/nowhere/of/that/name/kassa.db";
  EXPECT_THAT(refusal(options), HasSubstr("the folder must exist"));
}

TEST(SqliteStore, RefusesADatabaseOfSomebodyElse) {
  SqlitePlace place;
  (void)sqlite::Database("file:" + place.file(), Mode::create_in_memory, "CREATE TABLE t (a)");
  EXPECT_THAT(refusal(place.options()), HasSubstr("not a Kassa store"));
}

TEST(SqliteStore, RefusesAFileThatIsNoDatabase) {
  SqlitePlace place;
  std::ofstream(place.file()) << std::string(4096, 'x');
  try {
    (void)open_store(place.options());
    FAIL() << "opened";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::fatal);
  }
}

TEST(SqliteStore, RefusesANewerSchemaAndAnOlderOneUnlessAsked) {
  SqlitePlace place;
  const auto set_schema = [&place](int version) {
    Database db = sqlite::open_connection(place.file(), Mode::read_write);
    db.execute("tamper", "UPDATE meta SET value = " + std::to_string(version) +
                             " WHERE name = 'schema_version'");
  };
  (void)place.open();
  set_schema(99);
  EXPECT_THAT(refusal(place.options()), HasSubstr("upgrade Kassa"));
  set_schema(0);
  StoreOptions options = place.options();
  options.create = false;
  EXPECT_THAT(refusal(options), HasSubstr("kassa migrate"));
}

TEST(SqliteStore, MigratingSaysBothVersions) {
  SqlitePlace place;
  const std::int32_t newest = sqlite::newest_schema();
  EXPECT_EQ(migrate_store(place.options()), std::pair(0, newest));
  EXPECT_EQ(migrate_store(place.options()), std::pair(newest, newest));
  EXPECT_EQ(place.open()->schema_version(), newest);
}

/// A store of the first schema, with the payments of another one.
void make_first_schema(const std::string& file, const std::string& other) {
  const auto& first = sqlite::migrations().front();
  Database db("file:" + file, Mode::create_in_memory,
              std::string(first.sql) +
                  "UPDATE meta SET value = 1 WHERE name = 'schema_version';"
                  "PRAGMA application_id = 0x4B415353;");
  db.execute("attach", "ATTACH '" + other + "' AS newest");
  std::string columns;
  for (const auto& column : stored_columns(db, "payments")) {
    columns += (columns.empty() ? "" : ", ") + column.name;
  }
  db.execute("copy", "INSERT INTO main.payments (" + columns + ") SELECT " + columns +
                         " FROM newest.payments");
}

TEST(SqliteStore, RowsOfTheFirstSchemaComeThroughEveryMigration) {
  SqlitePlace newest;
  domain::Payment before;
  {
    const OpenStore open(newest);
    open.batch([](domain::WorkingSet& ws) { create_payin(ws, payin_names(1)); });
    before = open.reader->payment(payin_names(1).request_id).value().payment;
  }
  SqlitePlace first;
  make_first_schema(first.file(), newest.file());
  EXPECT_EQ(migrate_store(first.options()), std::pair(1, sqlite::newest_schema()));
  const OpenStore open(first);
  const auto after = open.reader->payment(payin_names(1).request_id);
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(difference(after->payment, before), "");
}

TEST(SqliteStore, AnOlderStoreKeepsItsTries) {
  SqlitePlace place;
  {
    std::ofstream(place.file()).flush();
    Database db = sqlite::open_connection(place.file(), Mode::read_write);
    db.execute("first schema", std::string(sqlite::migrations().front().sql) +
                                   "UPDATE meta SET value = 1 WHERE name = 'schema_version';"
                                   "PRAGMA application_id = 0x4B415353;"
                                   "INSERT INTO delivery_attempts VALUES"
                                   "(zeroblob(16), 3, 1, 10, 1, 500, 7, 0, 'busy', 1),"
                                   "(zeroblob(16), 3, 0, 20, 0, 200, 7, 1, 'ok', 2)");
  }
  EXPECT_EQ(migrate_store(place.options()), std::pair(1, sqlite::newest_schema()));
  const auto tries = place.open()->open_reader()->attempts({});
  ASSERT_EQ(tries.size(), 2U);
  EXPECT_EQ(tries[0].attempt, 1);
  EXPECT_EQ(tries[1].attempt, 2);
  EXPECT_TRUE(tries[1].replay);
  EXPECT_EQ(tries[1].excerpt, "ok");
}

/// A store of the first schema, with transfers enough for several pages in lane 1, and a few in 2.
void make_first_schema_with_transfers(const std::string& file) {
  const sqlite::Migration& first = sqlite::migrations().front();
  Database db("file:" + file, Mode::create_in_memory, std::string(first.sql));
  db.execute("old transfers", R"sql(
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO transfers
      SELECT lane, i, zeroblob(16), 5, 0, 5, zeroblob(16), 'KZT', 1, zeroblob(16), 'KZT', i, i * 1000
      FROM n, (SELECT 1 AS lane UNION SELECT 2) WHERE lane = 1 OR i <= 3;
    INSERT INTO accounts SELECT 1, zeroblob(16), 'KZT', sum(amount_minor) FROM transfers;
    UPDATE meta SET value = 1 WHERE name = 'schema_version';
    PRAGMA application_id = 0x4B415353;)sql");
}

TEST(SqliteStore, TransfersFromBeforeTheChainAreChained) {
  SqlitePlace place;
  make_first_schema_with_transfers(place.file());
  EXPECT_THAT(refusal(place.options()), HasSubstr("kassa migrate"));
  EXPECT_EQ(migrate_store(place.options()).first, 1);

  ChainHasher hasher;
  std::array<LaneHead, 2> ends{LaneHead{1, 0, {}}, LaneHead{2, 0, {}}};
  for (LaneHead& end : ends) {
    const std::int64_t last = end.lane == 1 ? 2'500 : 3;
    while (end.seq < last) {
      domain::Transfer transfer;
      transfer.lane = end.lane;
      transfer.seq = ++end.seq;
      transfer.kind = domain::TransferKind::deposit;
      transfer.debit = {domain::AccountKind::clearing, {}, kKzt};
      transfer.credit = {domain::AccountKind::available, {}, kKzt};
      transfer.amount_minor = end.seq;
      transfer.at = at_ms(end.seq * 1'000);
      end.chain = hasher.link(end.chain, transfer);
    }
  }
  const OpenStore open(place);
  const LedgerReport report = open.reader->check_ledger();
  EXPECT_THAT(report.problems, testing::IsEmpty());
  ASSERT_EQ(report.heads.size(), 2U);
  EXPECT_EQ(difference(report.heads[0], ends[0]), "");
  EXPECT_EQ(difference(report.heads[1], ends[1]), "");

  const PayinNames names = payin_names(1);
  open.batch(keys_of(names), [&](domain::WorkingSet& ws) {
    create_payin(ws, names);
    assign_payin(ws, names);
    settle_payin(ws, names);
  });
  EXPECT_THAT(open.reader->check_ledger().problems, testing::IsEmpty()) << "the chain goes on";
}

TEST(SqliteStore, ItsFilesAreTheOwnersOnly) {
  SqlitePlace place;
  const mode_t before = ::umask(0);
  const OpenStore open(place);
  open.batch([](domain::WorkingSet& ws) { create_payin(ws, payin_names(1)); });
  ::umask(before);
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    EXPECT_EQ(mode_of(place.file() + suffix), 0600U) << suffix;
  }
}

TEST(SqliteStore, BelongsToOneOwner) {
  SqlitePlace place;
  const std::string url = place.options().url;
  EXPECT_FALSE(is_owned(url));
  auto store = place.open();
  EXPECT_TRUE(is_owned(url));
  EXPECT_THAT(refusal(place.options()),
              HasSubstr("in use by process " + std::to_string(::getpid())));
  EXPECT_TRUE(is_owned(url)) << "asking took the lock away";
  store.reset();
  EXPECT_FALSE(is_owned(url));
  EXPECT_EQ(refusal(place.options()), "");
}

TEST(SqliteStore, HasOneWriter) {
  SqlitePlace place;
  const OpenStore open(place);
  EXPECT_THROW((void)open.store->open_writer(), domain::CheckFailed);
}

// ---- durability ------------------------------------------------------------------------------

/// Runs `work` in a process of its own that dies at its end without any clean-up.
void in_killed_process(const std::function<void()>& work) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    work();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(SqliteStore, WhatWasCommittedSurvivesAKillAndWhatWasNotIsGone) {
  SqlitePlace place;
  in_killed_process([&place] {
    const OpenStore open(place);
    open.batch([](domain::WorkingSet& ws) { create_payin(ws, payin_names(1)); });
    domain::WorkingSet ws;
    create_payin(ws, payin_names(2));
    open.writer->begin();
    open.writer->apply(ws, 1, at_ms(0));
    ::kill(::getpid(), SIGKILL);
  });
  EXPECT_FALSE(is_owned(place.options().url)) << "the lock ends with its process";
  const OpenStore open(place);
  EXPECT_TRUE(open.reader->payment(payin_names(1).request_id).has_value());
  EXPECT_FALSE(open.reader->payment(payin_names(2).request_id).has_value());
  EXPECT_TRUE(open.reader->check_ledger().problems.empty());
}

TEST(SqliteStore, TheWriterSyncsEveryCommit) {
  SqlitePlace place;
  const OpenStore open(place);
  Database db = sqlite::open_connection(place.file(), Mode::read_write);
  const auto pragma = [&db](const std::string& name) {
    Statement statement(db, name, "PRAGMA " + name);
    Execution rows(statement);
    return rows.step() ? std::string(rows.text(0)) : "";
  };
  EXPECT_EQ(pragma("journal_mode"), "wal");
  EXPECT_EQ(pragma("synchronous"), "2") << "FULL";
  EXPECT_EQ(pragma("wal_autocheckpoint"), "0");
}

TEST(SqliteStore, ALogIsEmptiedAtTheEnd) {
  SqlitePlace place;
  {
    const OpenStore open(place);
    open.batch([](domain::WorkingSet& ws) { create_payin(ws, payin_names(1)); });
    EXPECT_GT(open.store->wal_bytes(), 0);
  }
  EXPECT_FALSE(std::filesystem::exists(place.file() + "-wal"));
}

TEST(SqliteCheckpointer, KeepsTheLogOfAWriterThatNeverPausesSmall) {
  SqlitePlace place;
  (void)place.open();
  constexpr std::int64_t kThresholdFrames = 16;
  sqlite::Checkpointer checkpointer(place.file(), kThresholdFrames);
  sqlite::SqliteWriter writer(place.file(), &checkpointer);
  const auto log_bytes = [&place] {
    return static_cast<std::int64_t>(std::filesystem::file_size(place.file() + "-wal"));
  };
  std::int64_t longest = 0;
  constexpr std::uint32_t kBatches = 2'000;  // about 20,000 frames if it were never emptied
  for (std::uint32_t n = 1; n <= kBatches; ++n) {
    domain::WorkingSet ws;
    create_payin(ws, payin_names(n));
    writer.begin();
    writer.apply(ws, 1, at_ms(0));
    writer.commit();
    longest = std::max(longest, log_bytes());
  }
  EXPECT_LT(longest, 4'000'000) << "the log never started again";
}

// ---- failures --------------------------------------------------------------------------------

TEST(SqliteErrors, SayWhatTheCallerMustDo) {
  using Kind = StoreError::Kind;
  EXPECT_EQ(sqlite::kind_of(SQLITE_FULL), Kind::full);
  EXPECT_EQ(sqlite::kind_of(SQLITE_IOERR_FSYNC), Kind::fatal);
  EXPECT_EQ(sqlite::kind_of(SQLITE_IOERR_WRITE), Kind::fatal);
  EXPECT_EQ(sqlite::kind_of(SQLITE_IOERR_NOMEM), Kind::failed);
  EXPECT_EQ(sqlite::kind_of(SQLITE_CORRUPT), Kind::fatal);
  EXPECT_EQ(sqlite::kind_of(SQLITE_BUSY_SNAPSHOT), Kind::busy);
  EXPECT_EQ(sqlite::kind_of(SQLITE_CONSTRAINT_PRIMARYKEY), Kind::constraint);
  EXPECT_EQ(sqlite::kind_of(SQLITE_ERROR), Kind::failed);
}

TEST(SqliteErrors, AFullStoreIsLeftUsable) {
  SqlitePlace place;
  (void)place.open();
  sqlite::SqliteWriter writer(place.file(), nullptr);
  Database limit = sqlite::open_connection(place.file(), Mode::read_write);
  const auto create = [&writer](std::uint32_t from, std::uint32_t to) {
    domain::WorkingSet ws;
    for (std::uint32_t n = from; n <= to; ++n) create_payin(ws, payin_names(n));
    writer.begin();
    try {
      writer.apply(ws, 1, at_ms(0));
      writer.commit();
      return std::optional<StoreError::Kind>();
    } catch (const StoreError& error) {
      writer.rollback();
      return std::optional(error.kind());
    }
  };
  writer.limit_pages(200);
  EXPECT_EQ(create(1, 5'000), StoreError::Kind::full);
  EXPECT_EQ(create(1, 5), std::nullopt);
  EXPECT_EQ(writer.due_payments({}, at_ms(9'000'000), 10).size(), 5U);
}

TEST(SqliteErrors, NameTheStatementButNoValue) {
  SqlitePlace place;
  const OpenStore open(place);
  const PayinNames names = payin_names(1);
  open.batch([&](domain::WorkingSet& ws) { create_payin(ws, names); });
  try {
    open.batch([&](domain::WorkingSet& ws) { create_payin(ws, names); });
    FAIL() << "stored twice";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("insert into payment_keys"));
    EXPECT_THAT(error.what(), Not(HasSubstr(names.request_id.text())));
    EXPECT_THAT(error.what(), Not(HasSubstr("order-")));
  }
}

TEST(SqliteErrors, AReadThatTakesTooLongIsCutOff) {
  SqlitePlace place;
  (void)place.open();
  Database db = sqlite::open_connection(place.file(), Mode::read_only);
  db.set_deadline(std::chrono::steady_clock::now());
  try {
    db.execute("endless",
               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
               "SELECT count(*) FROM n");
    FAIL() << "it ended";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::busy);
    EXPECT_THAT(error.what(), HasSubstr("took too long"));
  }
  db.set_deadline(std::nullopt);
  EXPECT_NO_THROW(db.execute("short", "SELECT count(*) FROM payments"));
}

TEST(SqliteReader, CannotWrite) {
  SqlitePlace place;
  (void)place.open();
  Database db = sqlite::open_connection(place.file(), Mode::read_only);
  EXPECT_THROW(db.execute("write", "DELETE FROM payments"), StoreError);
}

TEST(SqliteReader, APageOfTheLedgerLooksAtSoManyTransfersWhateverItFinds) {
  SqlitePlace place;
  const OpenStore open(place);
  Database db = sqlite::open_connection(place.file(), Mode::read_write);
  db.execute("many transfers", R"sql(
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50001)
    INSERT INTO transfers (lane, seq, request_id, kind, correction, debit_kind, debit_owner,
      debit_currency, credit_kind, credit_owner, credit_currency, amount_minor, at)
      SELECT 1, i, zeroblob(16), 5, 0, 5, zeroblob(16), 'KZT', 1, zeroblob(16), 'KZT', 1, i FROM n)sql");
  const TransferFilter filter{.from = at_ms(50'001), .to = {}};
  const auto first = open.reader->ledger(filter, {"", 10});
  EXPECT_THAT(first.rows, testing::IsEmpty());
  EXPECT_EQ(first.next_cursor, "1.50000");
  const auto second = open.reader->ledger(filter, {first.next_cursor, 10});
  EXPECT_EQ(second.rows.size(), 1U);
  EXPECT_EQ(second.next_cursor, "");
}

// ---- in memory -------------------------------------------------------------------------------

TEST(SqliteInMemory, WorksLikeAFileAndEachIsItsOwn) {
  StoreOptions options;
  options.url = "sqlite::memory:";
  const auto make = [&options] { return open_store(options); };
  const auto store = make();
  const auto other = make();
  const auto writer = store->open_writer();
  const auto reader = store->open_reader();
  domain::WorkingSet ws;
  create_payin(ws, payin_names(1));
  writer->begin();
  writer->apply(ws, 1, at_ms(0));
  writer->commit();
  EXPECT_TRUE(reader->payment(payin_names(1).request_id).has_value());
  EXPECT_TRUE(reader->check_ledger().problems.empty());
  EXPECT_FALSE(other->open_reader()->payment(payin_names(1).request_id).has_value());
  EXPECT_FALSE(is_owned(options.url));
}

}  // namespace
}  // namespace kassa::store

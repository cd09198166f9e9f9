#include "store/postgres/postgres_move.hpp"

#include <fmt/format.h>

#include <map>

#include "store/postgres/postgres_database.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres/row_queries.hpp"
#include "store/postgres/schema.hpp"

namespace kassa::store::postgres {
namespace {

/// A session that was closed a moment ago gives its lock back soon, so locks are waited for so
/// long. One end of a move is one session, which reads and writes for as long as it needs.
constexpr const char* kMoveSession =
    "SET lock_timeout = 2000; SET idle_in_transaction_session_timeout = 0;"
    "SET statement_timeout = 0; SET jit = off;";
constexpr std::chrono::hours kPatience{1};

/// Advisory locks of the class "KASS": writers' lanes from 1 on (PostgresWriter), and behind them
/// whoever fills a store.
constexpr std::int64_t kClass = 1262572371;
constexpr std::int64_t kImportLock = 10'001;

/// Lanes that any session has, in this database.
constexpr const char* kLanesInUse =
    "SELECT DISTINCT objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND classid = 1262572371 AND objsubid = 2 AND objid BETWEEN 1 AND 10000 ORDER BY 1";

/// Each batch of a gateway writes its row of `writers` and so waits for this lock, or is refused:
/// nothing is committed while it is held. It is taken before the snapshot is.
constexpr const char* kStandStill =
    "BEGIN ISOLATION LEVEL REPEATABLE READ; LOCK TABLE writers IN SHARE MODE";

constexpr const char* kCreateProgress =
    "CREATE TABLE unfinished_import "
    "(export_id BYTEA NOT NULL, page BIGINT NOT NULL, chain BYTEA NOT NULL)";

std::vector<std::int64_t> first_column(Connection& connection, const std::string& name,
                                       const std::string& sql) {
  connection.send_once(name, sql, {});
  const Answer answer = std::move(connection.finish().back());
  std::vector<std::int64_t> values;
  for (int i = 0; i < answer.rows(); ++i) values.push_back(answer.integer(i, 0));
  return values;
}

std::int64_t one_integer(Connection& connection, const std::string& name, const std::string& sql) {
  const auto values = first_column(connection, name, sql);
  return values.empty() ? 0 : values.front();
}

/// Waits for whoever has just gone, and refuses whoever stays.
void require_no_gateway(Connection& connection) {
  for (const std::int64_t lane : first_column(connection, "lanes in use", kLanesInUse)) {
    try {
      connection.execute("wait for a gateway's end",
                         fmt::format("SELECT pg_advisory_lock({0}, {1});"
                                     "SELECT pg_advisory_unlock({0}, {1})",
                                     kClass, lane));
    } catch (const StoreError& error) {
      if (error.kind() != StoreError::Kind::conflict) throw;
      throw StoreError(StoreError::Kind::failed,
                       "a gateway lives on the store in PostgreSQL (or a command is at work "
                       "there): stop all of them before it is moved");
    }
  }
}

std::unique_ptr<Connection> open_session(const std::string& url) {
  auto connection = connection_to(url, kMoveSession, std::make_shared<Outage>());
  connection->set_patience(kPatience);
  connection->open();
  return connection;
}

class PostgresSource final : public MoveSource {
 public:
  explicit PostgresSource(const std::string& url)
      : store_({.url = url}), db_(open_session(url)), connection_(db_.connection()) {
    require_no_gateway(connection_);
    connection_.execute("let the store stand still", kStandStill);
    // One that came meanwhile has written nothing since, and can't; but it would go on afterwards.
    require_no_gateway(connection_);
  }

  std::string_view engine() const override { return "postgresql"; }
  std::int32_t schema() override { return store_.schema_version(); }
  std::int64_t config_version() override {
    return one_integer(connection_, "read the version",
                       "SELECT value FROM meta WHERE name = 'config_version'");
  }
  std::int64_t live_clock_ms() override {
    return one_integer(connection_, "read the live clock",
                       "SELECT coalesce(max(live_clock_ms), 0) FROM writers");
  }
  StandingStore standing() override { return {db_, store_.receipt_files()}; }

 private:
  PostgresStore store_;
  PostgresDatabase db_;
  Connection& connection_;
};

std::string insert_arrays_sql(const TableShape& table) {
  std::string arrays;
  for (std::size_t i = 1; i <= table.columns.size(); ++i) {
    arrays += (i == 1 ? "$" : ", $") + std::to_string(i);
  }
  const std::string names = column_names(table);
  return fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM unnest({2}) AS given ({1})", table.name,
                     names, arrays);
}

/// What is sent together is one transaction.
class PostgresTarget final : public MoveTarget {
 public:
  explicit PostgresTarget(const std::string& url)
      : store_({.url = url, .create = true, .unfinished = true}),
        db_(open_session(url)),
        connection_(db_.connection()),
        move_progress_("move the import's progress",
                       "UPDATE unfinished_import SET page = $2, chain = $3 WHERE export_id = $1") {
    require_no_gateway(connection_);
    take_import_lock();
  }

  std::optional<ImportProgress> progress() override {
    if (!has_table(connection_, std::string(kUnfinishedImport))) return std::nullopt;
    return read_progress(db_);
  }

  void begin(const ImportProgress& progress) override {
    connection_.send_once("begin an import", kCreateProgress, {});
    Parameters parameters;
    write_progress(parameters, progress);
    connection_.send_once("begin an import", "INSERT INTO unfinished_import VALUES ($1, $2, $3)",
                          parameters);
    (void)connection_.finish();
  }

  void put_rows(const TableShape& table, ValuesReader rows,
                const ImportProgress& progress) override {
    Arrays arrays;
    for (const auto& column : table.columns) arrays.add_column(column.type);
    while (!rows.at_end()) {
      for (const auto& column : table.columns) rows.hand_over(column, arrays);
    }
    connection_.send(insert_into(table), arrays.parameters());
    put_progress(progress);
  }

  void put_progress(const ImportProgress& progress) override {
    Parameters parameters;
    write_progress(parameters, progress);
    connection_.send(move_progress_, parameters);
    KASSA_CHECK(connection_.finish().back().changed() == 1, "the import has no progress to move");
  }

  /// Plans for tables that were empty a moment ago read them from end to end.
  void settle() override { connection_.execute("look at what was put", "ANALYZE"); }

  void look(const std::function<void(StandingStore)>& look) override {
    db_.begin_snapshot(std::nullopt, {});
    look({db_, store_.receipt_files()});
    db_.end_snapshot();
  }

  void finish(std::int64_t config_version, std::int64_t live_clock_ms) override {
    Parameters version;
    version.put_integer(config_version);
    Parameters clock;
    clock.put_integer(live_clock_ms);
    connection_.send_once("put the version",
                          "UPDATE meta SET value = $1 WHERE name = 'config_version'", version);
    connection_.send_once("put the live clock",
                          "INSERT INTO writers (writer, live_clock_ms, batch) "
                          "VALUES (uuid_send(gen_random_uuid()), $1, '')",
                          clock);
    connection_.send_once("end the import", "DROP TABLE unfinished_import", {});
    (void)connection_.finish();
  }

  Store& store() override { return store_; }

 private:
  /// Two imports at once would mix their pages. It ends with the session.
  void take_import_lock() {
    try {
      connection_.execute("wait for another import",
                          fmt::format("SELECT pg_advisory_lock({}, {})", kClass, kImportLock));
    } catch (const StoreError& error) {
      if (error.kind() != StoreError::Kind::conflict) throw;
      throw StoreError(StoreError::Kind::busy, "another import into this store is running");
    }
  }

  const Query& insert_into(const TableShape& table) {
    const auto found = inserts_.find(table.name);
    if (found != inserts_.end()) return found->second;
    return inserts_
        .try_emplace(table.name, "import into " + std::string(table.name), insert_arrays_sql(table))
        .first->second;
  }

  PostgresStore store_;
  PostgresDatabase db_;
  Connection& connection_;
  Query move_progress_;
  std::map<std::string_view, Query> inserts_;  // by table
};

}  // namespace

std::unique_ptr<MoveSource> open_move_source(const std::string& url) {
  return std::make_unique<PostgresSource>(url);
}

std::unique_ptr<MoveTarget> open_move_target(const std::string& url) {
  return std::make_unique<PostgresTarget>(url);
}

}  // namespace kassa::store::postgres

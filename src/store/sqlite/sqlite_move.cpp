#include "store/sqlite/sqlite_move.hpp"

#include <map>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace kassa::store::sqlite {
namespace {

/// The log is emptied every 64 MB: no checkpointer runs here.
constexpr const char* kFilling = "PRAGMA wal_autocheckpoint = 16384";

constexpr const char* kCreateProgress = R"sql(
CREATE TABLE unfinished_import (
  export_id BLOB NOT NULL,
  page      INTEGER NOT NULL,
  chain     BLOB NOT NULL
) STRICT;
)sql";

std::int64_t meta(store::Database& db, const std::string& name) {
  Statement statement(db, "read meta", "SELECT value FROM meta WHERE name = ?1");
  Execution row(statement);
  row.put_text(name);
  KASSA_CHECK(row.step(), "meta has no " + name);
  return row.integer(0);
}

class SqliteSource final : public MoveSource {
 public:
  explicit SqliteSource(const std::filesystem::path& path)
      : store_(path.string(), {.url = {}}),
        db_(open_connection(path.string(), Database::Mode::read_only)) {
    db_.begin_snapshot(std::nullopt, {});
  }

  std::string_view engine() const override { return "sqlite"; }
  std::int32_t schema() override { return store_.schema_version(); }
  std::int64_t config_version() override { return meta(db_, "config_version"); }
  std::int64_t live_clock_ms() override { return meta(db_, "live_clock_ms"); }
  StandingStore standing() override { return {db_, store_.receipt_files()}; }

 private:
  SqliteStore store_;
  Database db_;
};

/// Commits when it is told to; else nothing of it stays.
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) { db_.execute("begin", "BEGIN IMMEDIATE"); }
  ~Transaction() { db_.rollback(); }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  void commit() { db_.execute("commit", "COMMIT"); }

 private:
  Database& db_;
};

std::string insert_values_sql(const TableShape& table) {
  std::string values;
  for (std::size_t i = 1; i <= table.columns.size(); ++i) {
    values += (i == 1 ? "?" : ", ?") + std::to_string(i);
  }
  return "INSERT INTO " + std::string(table.name) + " (" + column_names(table) + ") VALUES (" +
         values + ")";
}

class SqliteTarget final : public MoveTarget {
 public:
  explicit SqliteTarget(const std::filesystem::path& path)
      : path_(path.string()),
        store_(path_, {.url = {}, .create = true, .unfinished = true}),
        db_(open_connection(path_, Database::Mode::read_write)) {
    db_.execute("set up for filling", kFilling);
  }

  std::optional<ImportProgress> progress() override {
    return has_table(db_, kUnfinishedImport) ? read_progress(db_) : std::nullopt;
  }

  void begin(const ImportProgress& progress) override {
    Transaction transaction(db_);
    db_.execute("begin an import", kCreateProgress);
    Statement insert(db_, "begin an import", "INSERT INTO unfinished_import VALUES (?1, ?2, ?3)");
    run_with(insert, progress);
    transaction.commit();
  }

  void put_rows(const TableShape& table, ValuesReader rows,
                const ImportProgress& progress) override {
    Statement& insert = insert_into(table);
    Transaction transaction(db_);
    while (!rows.at_end()) {
      Execution row(insert);
      for (const auto& column : table.columns) rows.hand_over(column, row);
      row.run();
    }
    move_progress(progress);
    transaction.commit();
  }

  void put_progress(const ImportProgress& progress) override {
    Transaction transaction(db_);
    move_progress(progress);
    transaction.commit();
  }

  void settle() override { db_.execute("empty the log", "PRAGMA wal_checkpoint(TRUNCATE)"); }

  void look(const std::function<void(StandingStore)>& look) override {
    Database db = open_connection(path_, Database::Mode::read_only);
    db.begin_snapshot(std::nullopt, {});
    look({db, store_.receipt_files()});
    db.end_snapshot();
  }

  void finish(std::int64_t config_version, std::int64_t live_clock_ms) override {
    Transaction transaction(db_);
    put_meta("config_version", config_version);
    put_meta("live_clock_ms", live_clock_ms);
    db_.execute("end the import", "DROP TABLE unfinished_import");
    transaction.commit();
  }

  Store& store() override { return store_; }

 private:
  static void run_with(Statement& statement, const ImportProgress& progress) {
    Execution execution(statement);
    write_progress(execution, progress);
    KASSA_CHECK(execution.run() == 1, "the import has no progress to move");
  }

  void move_progress(const ImportProgress& progress) {
    if (!move_progress_) {
      move_progress_.emplace(db_, "move the import's progress",
                             "UPDATE unfinished_import SET page = ?2, chain = ?3 "
                             "WHERE export_id = ?1");
    }
    run_with(*move_progress_, progress);
  }

  void put_meta(const std::string& name, std::int64_t value) {
    Statement update(db_, "put meta", "UPDATE meta SET value = ?2 WHERE name = ?1");
    Execution execution(update);
    execution.put_text(std::string_view(name));
    execution.put_integer(value);
    KASSA_CHECK(execution.run() == 1, "meta has no " + name);
  }

  Statement& insert_into(const TableShape& table) {
    const auto found = inserts_.find(table.name);
    if (found != inserts_.end()) return found->second;
    return inserts_
        .try_emplace(table.name, db_, "import into " + std::string(table.name),
                     insert_values_sql(table))
        .first->second;
  }

  std::string path_;
  SqliteStore store_;
  Database db_;
  std::map<std::string_view, Statement> inserts_;  // by table
  std::optional<Statement> move_progress_;         // made when the table is there
};

}  // namespace

std::unique_ptr<MoveSource> open_move_source(const std::filesystem::path& path) {
  return std::make_unique<SqliteSource>(path);
}

std::unique_ptr<MoveTarget> open_move_target(const std::filesystem::path& path) {
  return std::make_unique<SqliteTarget>(path);
}

}  // namespace kassa::store::sqlite

#include "store/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <system_error>

#include "store/ledger_check.hpp"
#include "store/receipt_check.hpp"
#include "store/sql.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/file_copy.hpp"
#include "store/sqlite/open_file.hpp"
#include "store/sqlite/owner_lock.hpp"
#include "store/sqlite/receipt_folder.hpp"
#include "store/sqlite/schema.hpp"

namespace kassa::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDatabase = "kassa.db";
/// Folders beside a store: PATH.<name>, in a copy <name>.
constexpr std::array kSideFolders{sqlite::kReceiptsFolder};

constexpr int kPagesAtOnce = 1024;  // 4 MB between two looks at the stop

/// Nothing here has to survive a crash: the copy is synced when it is whole.
constexpr const char* kCopying = "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;";

/// A migration that fails is rolled back.
constexpr const char* kMigrating = "PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE;";

/// A check takes the time it needs.
constexpr std::chrono::hours kNoHurry{1};

[[noreturn]] void refuse(const std::string& sentence) {
  throw StoreError(StoreError::Kind::failed, sentence);
}

fs::path beside(const fs::path& path, std::string_view suffix) {
  return path.string() + std::string(suffix);
}

/// What SQLite and Kassa may have put beside a store of that path, except the lock.
std::vector<fs::path> files_of_store(const fs::path& path) {
  std::vector<fs::path> files{path};
  for (const std::string_view suffix : {"-wal", "-shm", "-journal"}) {
    files.push_back(beside(path, suffix));
  }
  for (const std::string_view folder : kSideFolders) {
    files.push_back(beside(path, fmt::format(".{}", folder)));
  }
  return files;
}

sqlite::Database open_copy(const fs::path& folder) {
  return sqlite::open_connection((folder / kDatabase).string(), sqlite::Database::Mode::read_only);
}

// ---- copying ---------------------------------------------------------------------------------

/// Pages of one moment: the read transaction stays open until the last is copied, so that the
/// writer's commits meanwhile neither show nor make SQLite begin again.
void copy_pages(sqlite::Database& from, sqlite::Database& to, const std::stop_token& stop) {
  from.execute("begin copying", "BEGIN; SELECT count(*) FROM sqlite_schema");
  sqlite3_backup* copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copying == nullptr) to.fail(sqlite3_errcode(to.handle()), "begin copying");
  int code = SQLITE_OK;
  while (code == SQLITE_OK && !stop.stop_requested()) {
    code = sqlite3_backup_step(copying, kPagesAtOnce);
  }
  const int finished = sqlite3_backup_finish(copying);
  if (code == SQLITE_OK) throw StoreError(StoreError::Kind::busy, "the copy was stopped");
  if (code != SQLITE_DONE) to.fail(code, "copy pages");
  if (finished != SQLITE_OK) to.fail(finished, "end copying");
}

void copy_database(const fs::path& path, const fs::path& to, const std::stop_token& stop) {
  sqlite::make_file(to);
  {
    sqlite::Database from =
        sqlite::open_connection(path.string(), sqlite::Database::Mode::read_only);
    if (sqlite::schema_of(from) == 0) refuse(fmt::format("the store {} is empty", path.string()));
    sqlite::Database copy(to.string(), sqlite::Database::Mode::read_write, kCopying);
    copy_pages(from, copy, stop);
    // The pages say that there is a write-ahead log; the copy has none, and reading it should make
    // none.
    copy.execute("end the log", "PRAGMA journal_mode = DELETE");
  }
  sqlite::sync(to);
}

void copy_side_folder(const fs::path& from, const fs::path& to, const std::stop_token& stop) {
  if (!fs::is_directory(from)) return;
  sqlite::make_folder(to);
  for (const auto& file : fs::directory_iterator(from)) {
    if (stop.stop_requested()) throw StoreError(StoreError::Kind::busy, "the copy was stopped");
    const std::string name = file.path().filename().string();
    if (!file.is_regular_file() || name.ends_with(sqlite::kUnfinishedSuffix)) continue;
    sqlite::copy_file(file.path(), to / name);
  }
  sqlite::sync(to);
}

// ---- looking at a copy -----------------------------------------------------------------------

std::vector<std::string> tables_of(sqlite::Database& db) {
  Statement statement(db, "tables",
                      "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  Execution rows(statement);
  std::vector<std::string> tables;
  while (rows.step()) tables.emplace_back(rows.text(0));
  return tables;
}

std::int64_t count_rows(sqlite::Database& db, const std::string& table) {
  Statement statement(db, "count " + table, "SELECT count(*) FROM \"" + table + "\"");
  Execution query(statement);
  return query.step() ? query.integer(0) : 0;
}

std::vector<LaneHead> heads_of(sqlite::Database& db) {
  Statement statement(db, "heads of lanes", select_sql<LaneHead>() + "ORDER BY lane");
  Execution rows(statement);
  std::vector<LaneHead> heads;
  while (rows.step()) heads.push_back(read_row<LaneHead>(rows));
  return heads;
}

/// What SQLite finds wrong with the pages and indexes themselves.
std::vector<std::string> page_problems(sqlite::Database& db) {
  Statement statement(db, "check pages", "PRAGMA integrity_check");
  Execution rows(statement);
  std::vector<std::string> problems;
  while (rows.step()) {
    if (rows.text(0) != "ok") problems.push_back("database: " + std::string(rows.text(0)));
  }
  return problems;
}

}  // namespace

void copy_store(const fs::path& path, const fs::path& folder, std::stop_token stop) {
  if (!fs::exists(path)) refuse(fmt::format("there is no store at {}", path.string()));
  copy_database(path, folder / kDatabase, stop);
  for (const std::string_view name : kSideFolders) {
    copy_side_folder(beside(path, fmt::format(".{}", name)), folder / name, stop);
  }
  sqlite::sync(folder);
}

void copy_files(const fs::path& from, const fs::path& to, const std::vector<std::string>& except) {
  for (const auto& entry : fs::directory_iterator(from)) {
    const fs::path name = entry.path().filename();
    if (std::ranges::find(except, name.string()) != except.end()) continue;
    if (entry.is_directory()) {
      sqlite::make_folder(to / name);
      copy_files(entry.path(), to / name, {});
    } else {
      sqlite::copy_file(entry.path(), to / name);
    }
  }
  sqlite::sync(to);
}

CopyContents contents_of_copy(const fs::path& folder) {
  sqlite::Database db = open_copy(folder);
  CopyContents contents;
  contents.schema = sqlite::schema_of(db);
  for (const auto& table : tables_of(db)) contents.rows[table] = count_rows(db, table);
  // Stores from before the chain have no heads.
  if (contents.rows.contains(std::string(Table<LaneHead>::name))) contents.heads = heads_of(db);
  return contents;
}

LedgerReport check_copy(const fs::path& folder, std::stop_token stop) {
  sqlite::Database db = open_copy(folder);
  const std::int32_t schema = sqlite::schema_of(db);
  if (schema != sqlite::newest_schema()) {
    refuse(
        fmt::format("the copy has schema {}, this Kassa knows {}: add --to PATH, and what is made "
                    "there is brought up to date and verified; or verify it with the Kassa that "
                    "made it",
                    schema, sqlite::newest_schema()));
  }
  db.set_stop(stop);
  LedgerReport report;
  report.problems = page_problems(db);
  if (!report.problems.empty()) return report;
  db.execute("begin checking", "BEGIN");
  report = check_ledger(db);
  const auto reader = sqlite::open_reader((folder / kDatabase).string(), kNoHurry);
  sqlite::ReceiptFolder files(folder / sqlite::kReceiptsFolder);
  std::ranges::move(missing_receipts(*reader, files, stop), std::back_inserter(report.problems));
  return report;
}

void migrate_copy(const fs::path& folder) {
  const fs::path file = folder / kDatabase;
  {
    sqlite::Database db(file.string(), sqlite::Database::Mode::read_write, kMigrating);
    const std::int32_t schema = sqlite::schema_of(db);
    if (schema > sqlite::newest_schema()) {
      refuse(fmt::format("the copy has schema {}, this Kassa knows {}: upgrade Kassa", schema,
                         sqlite::newest_schema()));
    }
    sqlite::apply_migrations(db, schema);
  }
  sqlite::sync(file);
}

// ---- putting it back -------------------------------------------------------------------------

struct NewPlace::Lock {
  sqlite::OwnerLock lock;
};

NewPlace::NewPlace(fs::path path)
    : path_(std::move(path)),
      folder_(beside(path_, ".restoring")),
      lock_(new Lock{sqlite::OwnerLock(path_.string())}) {
  for (const fs::path& file : files_of_store(path_)) {
    if (fs::exists(fs::symlink_status(file))) {
      refuse(
          fmt::format("{} is there already; restore to another path, or move it away with all "
                      "that lies beside it",
                      file.string()));
    }
  }
  fs::remove_all(folder_);
  sqlite::make_folder(folder_);
}

NewPlace::~NewPlace() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void NewPlace::put() {
  for (const std::string_view name : kSideFolders) {
    const fs::path to = beside(path_, fmt::format(".{}", name));
    if (fs::exists(folder_ / name)) fs::rename(folder_ / name, to);
  }
  // The database last, since it is what makes a store; a link takes no other file's place.
  const fs::path database = folder_ / kDatabase;
  if (::link(database.c_str(), path_.c_str()) != 0) {
    refuse(fmt::format("{}: {}", path_.string(), std::generic_category().message(errno)));
  }
  ::unlink(database.c_str());
  sqlite::sync(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
}

}  // namespace kassa::store

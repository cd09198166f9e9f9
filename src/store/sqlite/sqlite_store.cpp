#include "store/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/move/move_ends.hpp"
#include "store/sqlite/connection.hpp"
#include "store/sqlite/receipt_folder.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/sqlite_writer.hpp"

namespace kassa::store::sqlite {
namespace {

constexpr std::int64_t kCheckpointBytes = 16 << 20;
constexpr std::int64_t kPageBytes = 4096;  // SQLite's own default, which the schema keeps

/// Makes the file, readable by its owner only, before SQLite would make one by the umask; SQLite
/// gives its -wal and -shm the same mode. Whether it is new.
bool create_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
    return true;
  }
  if (errno == EEXIST) return false;
  throw StoreError(StoreError::Kind::failed, fmt::format("can't create the store {}: {}", path,
                                                         std::generic_category().message(errno)));
}

void require_file(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return;
  throw StoreError(StoreError::Kind::failed,
                   fmt::format("there is no store at {}; `kassa migrate` makes one", path));
}

}  // namespace

SqliteStore::SqliteStore(const std::string& place, const StoreOptions& options)
    : name_(place), read_timeout_(options.read_timeout_ms) {
  auto mode = Database::Mode::read_write;
  if (place == ":memory:") {
    name_ = fmt::format("file:/kassa-{}?vfs=memdb", fmt::ptr(this));
    created_ = true;
    mode = Database::Mode::create_in_memory;
  } else {
    if (!options.create) require_file(place);
    lock_.emplace(place);
    if (options.create) created_ = create_file(place);
  }
  schema_.emplace(name_, mode, pragmas_of(name_, mode));
  migrate(options);
  open_receipts(place);
  if (!is_in_memory(name_)) {
    checkpointer_ = std::make_unique<Checkpointer>(name_, kCheckpointBytes / kPageBytes);
  }
}

/// Files that no row names were left by a crash: nobody else owns the store, so none is on its way.
void SqliteStore::open_receipts(const std::string& place) {
  if (is_in_memory(name_)) {
    receipts_ = receipt_files_in_memory();
    return;
  }
  auto folder = std::make_unique<ReceiptFolder>(fmt::format("{}.{}", place, kReceiptsFolder));
  std::vector<domain::ReceiptFileId> kept;
  Statement named(*schema_, "files of receipts", "SELECT file FROM receipts ORDER BY file");
  for (Execution rows(named); rows.step();) kept.push_back(rows.get<domain::ReceiptFileId>(0));
  folder->keep_only(kept);
  receipts_ = std::move(folder);
}

void SqliteStore::migrate(const StoreOptions& options) {
  const std::int32_t before = schema_of(*schema_);
  const std::int32_t newest = newest_schema();
  if (!options.unfinished && has_table(*schema_, kUnfinishedImport)) refuse_unfinished_import();
  if (before > newest) {
    throw StoreError(
        StoreError::Kind::failed,
        fmt::format("the store has schema {}, this Kassa knows {}: upgrade Kassa", before, newest));
  }
  const bool allowed = options.migrate || created_ || (before == 0 && options.create);
  if (before < newest && !allowed) {
    throw StoreError(StoreError::Kind::failed,
                     fmt::format("the store has schema {}, this Kassa needs {}: make a backup and "
                                 "run `kassa migrate`",
                                 before, newest));
  }
  apply_migrations(*schema_, before);
  migrated_ = {before, newest};
}

std::unique_ptr<Writer> SqliteStore::open_writer() {
  KASSA_CHECK(!writer_opened_, "a second writer of one store");
  writer_opened_ = true;
  return std::make_unique<SqliteWriter>(name_, checkpointer_.get());
}

std::unique_ptr<Reader> SqliteStore::open_reader() {
  return sqlite::open_reader(name_, read_timeout_);
}

std::int32_t SqliteStore::schema_version() {
  return migrated_.second;
}

std::int64_t SqliteStore::wal_bytes() {
  struct stat status{};
  if (is_in_memory(name_) || ::stat((name_ + "-wal").c_str(), &status) != 0) return 0;
  return status.st_size;
}

}  // namespace kassa::store::sqlite

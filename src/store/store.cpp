#include "store/store.hpp"

#include <algorithm>
#include <filesystem>

#include "store/postgres/postgres_move.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres/url.hpp"
#include "store/sqlite/owner_lock.hpp"
#include "store/sqlite/sqlite_move.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "store/url.hpp"

namespace kassa::store {

std::optional<std::string> ReceiptFiles::head(domain::ReceiptFileId id) {
  auto whole = get(id);
  if (whole) whole->resize(std::min(whole->size(), kReceiptHeadBytes));
  return whole;
}

namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMemory = ":memory:";
constexpr std::string_view kPostgres[] = {"postgresql://", "postgres://"};  // as libpq knows them

bool is_postgres(const std::string& url) {
  return std::ranges::any_of(kPostgres,
                             [&url](std::string_view scheme) { return url.starts_with(scheme); });
}

/// What stands after the engine's name.
std::string sqlite_place(const std::string& url) {
  // SQLite would take "file:" for a URI with options of its own.
  const bool good = url.starts_with(kSqlite) && url.size() > kSqlite.size() &&
                    !url.substr(kSqlite.size()).starts_with("file:");
  if (good) return url.substr(kSqlite.size());
  throw StoreError(StoreError::Kind::failed,
                   "the store's URL must be sqlite:PATH, such as sqlite:var/kassa.db, or "
                   "postgresql://…");
}

}  // namespace

std::unique_ptr<Store> open_store(const StoreOptions& options) {
  if (is_postgres(options.url)) return std::make_unique<postgres::PostgresStore>(options);
  return std::make_unique<sqlite::SqliteStore>(sqlite_place(options.url), options);
}

std::unique_ptr<MoveSource> open_move_source(const std::string& url) {
  if (is_postgres(url)) return postgres::open_move_source(url);
  return sqlite::open_move_source(file_of(url));
}

std::unique_ptr<MoveTarget> open_move_target(const std::string& url) {
  if (is_postgres(url)) return postgres::open_move_target(url);
  return sqlite::open_move_target(file_of(url));
}

std::pair<std::int32_t, std::int32_t> migrate_store(const StoreOptions& options) {
  StoreOptions migrating = options;
  migrating.migrate = true;
  if (is_postgres(options.url)) return postgres::PostgresStore(migrating).migrated();
  return sqlite::SqliteStore(sqlite_place(options.url), migrating).migrated();
}

bool store_exists(const std::string& url) {
  if (is_postgres(url)) return postgres::PostgresStore::exists(url);
  const std::string place = sqlite_place(url);
  return place != kMemory && std::filesystem::exists(place);
}

void check_url(const std::string& url) {
  if (is_postgres(url)) {
    postgres::check_url(url);
  } else {
    (void)sqlite_place(url);
  }
}

bool is_shared(const std::string& url) {
  return is_postgres(url);
}

bool is_owned(const std::string& url) {
  if (is_shared(url)) return false;
  const std::string place = sqlite_place(url);
  return place != kMemory && sqlite::OwnerLock::is_held(place);
}

std::filesystem::path file_of(const std::string& url) {
  if (is_postgres(url)) {
    throw StoreError(StoreError::Kind::failed,
                     "a store in PostgreSQL has no file: it is copied and restored by PostgreSQL's "
                     "own tools, pg_basebackup or pg_dump");
  }
  std::string place = sqlite_place(url);
  if (place != kMemory) return place;
  throw StoreError(StoreError::Kind::failed, "a store in memory has no file");
}

}  // namespace kassa::store

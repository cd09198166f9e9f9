#include "store/store.hpp"

#include <algorithm>

#include "store/sqlite/owner_lock.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace kassa::store {

std::optional<std::string> ReceiptFiles::head(domain::ReceiptFileId id) {
  auto whole = get(id);
  if (whole) whole->resize(std::min(whole->size(), kReceiptHeadBytes));
  return whole;
}

namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMemory = ":memory:";

/// What stands after the engine's name.
std::string sqlite_place(const std::string& url) {
  // SQLite would take "file:" for a URI with options of its own.
  const bool good = url.starts_with(kSqlite) && url.size() > kSqlite.size() &&
                    !url.substr(kSqlite.size()).starts_with("file:");
  if (good) return url.substr(kSqlite.size());
  throw StoreError(StoreError::Kind::failed,
                   "the store's URL must be sqlite:PATH, such as sqlite:var/kassa.db");
}

}  // namespace

std::unique_ptr<Store> open_store(const StoreOptions& options) {
  return std::make_unique<sqlite::SqliteStore>(sqlite_place(options.url), options);
}

std::pair<std::int32_t, std::int32_t> migrate_store(const StoreOptions& options) {
  StoreOptions migrating = options;
  migrating.migrate = true;
  return sqlite::SqliteStore(sqlite_place(options.url), migrating).migrated();
}

bool is_owned(const std::string& url) {
  const std::string place = sqlite_place(url);
  return place != kMemory && sqlite::OwnerLock::is_held(place);
}

std::filesystem::path file_of(const std::string& url) {
  std::string place = sqlite_place(url);
  if (place != kMemory) return place;
  throw StoreError(StoreError::Kind::failed, "a store in memory has no file");
}

}  // namespace kassa::store

// The schema of the SQLite store: numbered migrations, applied in order, each in one transaction.
//
// The table `meta` says what the file holds: schema_version, config_version, live_clock_ms. A
// migration is never changed once released; the next change of a table is the next number.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "store/sqlite/database.hpp"

namespace kassa::store::sqlite {

struct Migration {
  std::int32_t version;
  std::string_view name;
  std::string_view sql;
  void (*then)(Database&) = nullptr;  // what SQL can't do, in the same transaction
};

[[nodiscard]] std::span<const Migration> migrations();

/// The version that this program reads and writes.
[[nodiscard]] std::int32_t newest_schema();

/// The version of this file; 0: an empty one. Throws for a database that isn't Kassa's.
[[nodiscard]] std::int32_t schema_of(Database& db);

[[nodiscard]] bool has_table(Database& db, std::string_view name);

/// Applies what is missing above `from`.
void apply_migrations(Database& db, std::int32_t from);

}  // namespace kassa::store::sqlite

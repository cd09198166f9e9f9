// The schema of the PostgreSQL store: numbered migrations, applied in order, each in one
// transaction. Its numbers are its own, not those of SQLite's.
//
// The table `meta` says what the database holds: schema_version, config_version. A migration is
// never changed once released; the next change of a table is the next number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "store/postgres/connection.hpp"

namespace kassa::store::postgres {

struct Migration {
  std::int32_t version;
  std::string_view name;
  std::string_view sql;
};

[[nodiscard]] std::span<const Migration> migrations();

/// The version that this program reads and writes.
[[nodiscard]] std::int32_t newest_schema();

/// The version of this database; 0: an empty one. Throws for a database that isn't Kassa's.
[[nodiscard]] std::int32_t schema_of(Connection& connection);

[[nodiscard]] bool has_table(Connection& connection, const std::string& name);

/// Applies what is missing; another gateway that does the same waits and finds it done.
void apply_migrations(Connection& connection);

}  // namespace kassa::store::postgres

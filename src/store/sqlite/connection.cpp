#include "store/sqlite/connection.hpp"

#include "store/sql_reader.hpp"

namespace kassa::store::sqlite {
namespace {

/// synchronous=FULL: an answered command survives a loss of power, not only of the process.
/// wal_autocheckpoint=0: the Checkpointer moves the log; journal_size_limit gives its space back.
/// busy_timeout: only a checkpoint's last step is ever in the way, for a moment.
constexpr const char* kWriter =
    "PRAGMA busy_timeout = 500; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
    "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -65536;";

/// mmap only where nothing is written: a failing disk then ends the process, with no harm done.
constexpr const char* kReader =
    "PRAGMA busy_timeout = 500; PRAGMA query_only = ON; PRAGMA cache_size = -8192;"
    "PRAGMA mmap_size = 268435456;";

constexpr const char* kMemory =
    "PRAGMA busy_timeout = 500; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;";

/// foreign_keys: see the schema. trusted_schema: a tampered file can't make its schema call
/// functions.
constexpr const char* kAll =
    "PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;";

}  // namespace

bool is_in_memory(const std::string& name) {
  return name.starts_with("file:/");
}

std::string pragmas_of(const std::string& name, Database::Mode mode) {
  const bool reads_only = mode == Database::Mode::read_only;
  const char* own = reads_only ? kReader : is_in_memory(name) ? kMemory : kWriter;
  return std::string(kAll) + own;
}

Database open_connection(const std::string& name, Database::Mode mode) {
  return {name, mode, pragmas_of(name, mode)};
}

std::unique_ptr<Reader> open_reader(const std::string& name, std::chrono::milliseconds timeout) {
  constexpr auto mode = Database::Mode::read_only;
  return std::make_unique<SqlReader>(
      std::make_unique<Database>(name, mode, pragmas_of(name, mode)),
      [](store::Database& db) -> std::unique_ptr<LineSource> {
        return std::make_unique<DirectLine>(db);
      },
      timeout);
}

}  // namespace kassa::store::sqlite

// A connection to a SQLite database: store/database.hpp over the SQLite C API. Connections are
// opened without SQLite's own mutexes.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "store/database.hpp"

namespace kassa::store::sqlite {

/// What a SQLite result code means for the caller.
[[nodiscard]] StoreError::Kind kind_of(int code);

class Database final : public store::Database {
 public:
  enum class Mode : std::uint8_t { read_write, read_only, create_in_memory };

  /// `name`: a path, or a "file:" URI for a database in memory. Never creates a file. `setup`: the
  /// pragmas of the connection.
  Database(const std::string& name, Mode mode, const std::string& setup);

  [[nodiscard]] std::unique_ptr<Prepared> prepare(const std::string& name, const std::string& sql,
                                                  Rows rows) override;
  void begin_snapshot(std::optional<std::chrono::milliseconds> timeout,
                      std::stop_token stop) override;
  void end_snapshot() noexcept override;

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

  /// A script without parameters; `doing` names it in errors.
  void execute(std::string_view doing, const std::string& sql);
  [[nodiscard]] bool in_transaction() const;
  void rollback() noexcept;

  /// Statements fail as `busy` once this moment has passed; nullopt: they may take for ever.
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline);
  /// Statements fail as `busy` once a stop is requested.
  void set_stop(std::stop_token stop);

  [[noreturn]] void fail(int code, std::string_view doing) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  static int on_progress(void* self);
  void watch_progress();

  std::unique_ptr<sqlite3, Close> handle_;
  std::optional<std::chrono::steady_clock::time_point> deadline_;
  std::stop_token stop_;
};

}  // namespace kassa::store::sqlite

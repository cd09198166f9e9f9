// A thin, owning layer over the SQLite C API: connections, prepared statements, their executions.
//
// A connection and its statements belong to one thread at a time (they are opened without SQLite's
// own mutexes). Every failure is a StoreError that names the statement; no error ever holds a bound
// value.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "store/codec.hpp"

namespace kassa::store::sqlite {

/// What a SQLite result code means for the caller.
[[nodiscard]] StoreError::Kind kind_of(int code);

class Database {
 public:
  enum class Mode : std::uint8_t { read_write, read_only, create_in_memory };

  /// `name`: a path, or a "file:" URI for a database in memory. Never creates a file. `setup`: the
  /// pragmas of the connection.
  Database(const std::string& name, Mode mode, const std::string& setup);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

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

/// A prepared statement with the name that errors call it by.
class Statement {
 public:
  Statement(Database& db, std::string name, const std::string& sql);

 private:
  friend class Execution;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database* db_;
  std::string name_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// One execution of a statement: binds parameters in order, steps through rows, and resets the
/// statement however it ends, so that none keeps a read transaction open. Bound text and bytes are
/// not copied: they must live until the last step.
class Execution {
 public:
  explicit Execution(Statement& statement) : statement_(statement) {}
  ~Execution() { sqlite3_reset(statement_.handle_.get()); }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  /// Binds the next parameter.
  template <class T>
  Execution& bind(const T& value) {
    write_value<Codec<T>>(*this, value);
    return *this;
  }

  // The sink of write_value.
  void put_integer(std::int64_t value);
  void put_text(std::string_view value);
  void put_text(const char*) = delete;
  void put_text(std::string&& value);
  void put_blob(std::string_view value);
  void put_null();

  /// Whether there is a (further) row.
  [[nodiscard]] bool step();
  /// For a statement that answers no rows; how many it changed.
  int run();

  // The source of read_value: columns of the current row. Views live until the next step.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;
  template <class T>
  [[nodiscard]] T get(int column) const {
    return read_value<T>(*this, column);
  }
  /// Hands the column to a sink of write_value as it is stored, decoded by nobody.
  template <class Sink>
  void hand_over(int column, Sink& sink) const {
    switch (sqlite3_column_type(statement_.handle_.get(), column)) {
      case SQLITE_NULL:
        return sink.put_null();
      case SQLITE_INTEGER:
        return sink.put_integer(integer(column));
      case SQLITE_TEXT:
        return sink.put_text(text(column));
      case SQLITE_BLOB:
        return sink.put_blob(blob(column));
      default:
        refuse_stored_value("a number that is no integer");
    }
  }

 private:
  void check(int code) const;

  Statement& statement_;
  int next_parameter_ = 1;
};

}  // namespace kassa::store::sqlite

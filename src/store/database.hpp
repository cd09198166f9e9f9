// One connection to a store that speaks SQL, whichever engine it is: prepared statements and their
// executions. What asks questions (readers, the ledger's check, the walk along a pool's line) is
// written once, over this; what writes is each engine's own.
//
// SQL is spelled as SQLite takes it, and within what both engines know; postgres/dialect.hpp says
// which few spellings PostgreSQL wants otherwise. A connection and its statements belong to one
// thread at a time. Every failure is a StoreError that names the statement; no error ever holds a
// bound value.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "store/codec.hpp"

namespace kassa::store {

/// What a column of a row holds.
enum class StoredForm : std::uint8_t { null, integer, text, blob, other };

/// How many rows a statement answers: `many` are fetched page by page while they are stepped
/// through, and only inside a snapshot or a transaction.
enum class Rows : std::uint8_t { few, many };

/// A prepared statement as its engine has it. Places and columns count as SQLite's do: parameters
/// from 1, columns from 0. Bound text and bytes are not copied unless they say so.
class Prepared {
 public:
  virtual ~Prepared() = default;

  virtual void bind_integer(int place, std::int64_t value) = 0;
  virtual void bind_text(int place, std::string_view value) = 0;
  virtual void bind_text_copy(int place, std::string&& value) = 0;
  virtual void bind_blob(int place, std::string_view value) = 0;
  virtual void bind_null(int place) = 0;

  [[nodiscard]] virtual bool step() = 0;
  /// How many rows the last execution changed.
  [[nodiscard]] virtual int changes() = 0;
  virtual void reset() noexcept = 0;

  [[nodiscard]] virtual StoredForm form(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual std::string_view blob(int column) const = 0;
};

class Database {
 public:
  virtual ~Database() = default;
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// `name` is what errors call the statement by.
  [[nodiscard]] virtual std::unique_ptr<Prepared> prepare(const std::string& name,
                                                          const std::string& sql, Rows rows) = 0;

  /// Every statement until end_snapshot() sees one moment of what is committed, and fails as `busy`
  /// once the time is up (nullopt: it may take for ever) or a stop is requested.
  virtual void begin_snapshot(std::optional<std::chrono::milliseconds> timeout,
                              std::stop_token stop) = 0;
  virtual void end_snapshot() noexcept = 0;
};

/// A prepared statement with the name that errors call it by.
class Statement {
 public:
  Statement(Database& db, const std::string& name, const std::string& sql, Rows rows = Rows::few)
      : prepared_(db.prepare(name, sql, rows)) {}

 private:
  friend class Execution;
  std::unique_ptr<Prepared> prepared_;
};

/// One execution of a statement: binds parameters in order, steps through rows, and resets the
/// statement however it ends, so that none keeps a read transaction open. Bound text and bytes are
/// not copied: they must live until the last step.
class Execution {
 public:
  explicit Execution(Statement& statement) : statement_(*statement.prepared_) {}
  ~Execution() { statement_.reset(); }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  /// Binds the next parameter.
  template <class T>
  Execution& bind(const T& value) {
    write_value<Codec<T>>(*this, value);
    return *this;
  }

  // The sink of write_value.
  void put_integer(std::int64_t value) { statement_.bind_integer(next_parameter_++, value); }
  void put_text(std::string_view value) { statement_.bind_text(next_parameter_++, value); }
  void put_text(const char*) = delete;
  void put_text(std::string&& value) {
    statement_.bind_text_copy(next_parameter_++, std::move(value));
  }
  void put_blob(std::string_view value) { statement_.bind_blob(next_parameter_++, value); }
  void put_null() { statement_.bind_null(next_parameter_++); }

  /// Whether there is a (further) row.
  [[nodiscard]] bool step() { return statement_.step(); }
  /// For a statement that answers no rows; how many it changed.
  int run() {
    while (step()) {
    }
    return statement_.changes();
  }

  // The source of read_value: columns of the current row. Views live until the next step.
  [[nodiscard]] bool is_null(int column) const {
    return statement_.form(column) == StoredForm::null;
  }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_.integer(column); }
  [[nodiscard]] std::string_view text(int column) const { return statement_.text(column); }
  [[nodiscard]] std::string_view blob(int column) const { return statement_.blob(column); }
  template <class T>
  [[nodiscard]] T get(int column) const {
    return read_value<T>(*this, column);
  }
  /// Hands the column to a sink of write_value as it is stored, decoded by nobody.
  template <class Sink>
  void hand_over(int column, Sink& sink) const {
    switch (statement_.form(column)) {
      case StoredForm::null:
        return sink.put_null();
      case StoredForm::integer:
        return sink.put_integer(integer(column));
      case StoredForm::text:
        return sink.put_text(text(column));
      case StoredForm::blob:
        return sink.put_blob(blob(column));
      case StoredForm::other:
        refuse_stored_value("a number that is no integer");
    }
  }

 private:
  Prepared& statement_;
  int next_parameter_ = 1;
};

}  // namespace kassa::store

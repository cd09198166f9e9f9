// Values on their way to PostgreSQL and back, in its binary form: parameters of a statement, whole
// columns as arrays, and the rows of an answer. Integers are bigint (the server narrows them to a
// smallint column by itself), texts text, bytes bytea.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.hpp"

namespace kassa::store::postgres {

// What PostgreSQL calls its types, the same in every server.
inline constexpr Oid kByteaOid = 17;
inline constexpr Oid kBigintOid = 20;
inline constexpr Oid kSmallintOid = 21;
inline constexpr Oid kIntegerOid = 23;
inline constexpr Oid kTextOid = 25;
inline constexpr Oid kByteaArrayOid = 1001;
inline constexpr Oid kTextArrayOid = 1009;
inline constexpr Oid kBigintArrayOid = 1016;

[[nodiscard]] Oid oid_of(ColumnType type);
[[nodiscard]] Oid array_oid_of(ColumnType type);

/// The parameters of one execution; a sink of write_value.
class Parameters {
 public:
  void put_integer(std::int64_t value);
  void put_text(std::string_view value) { add(kTextOid, std::string(value)); }
  void put_blob(std::string_view value) { add(kByteaOid, std::string(value)); }
  void put_null() { add(0, std::nullopt); }

  void add(Oid type, std::optional<std::string> value);
  void clear();

  [[nodiscard]] const std::vector<Oid>& types() const { return types_; }
  [[nodiscard]] const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  std::vector<Oid> types_;  // 0: as the statement has it
  std::vector<std::optional<std::string>> values_;
};

/// One column of many rows, as an array; a sink of write_value.
class ArrayOfColumn {
 public:
  explicit ArrayOfColumn(ColumnType type) : type_(type) {}

  void put_integer(std::int64_t value);
  void put_text(std::string_view value) { put_bytes(value); }
  void put_blob(std::string_view value) { put_bytes(value); }
  void put_null();

  /// As the next parameter.
  void move_to(Parameters& parameters);

 private:
  void put_bytes(std::string_view value);

  ColumnType type_;
  std::int32_t count_ = 0;
  bool has_null_ = false;
  std::string elements_;
};

/// The answer to one statement.
class Answer {
 public:
  Answer() = default;
  explicit Answer(PGresult* result) : result_(result) {}

  [[nodiscard]] int rows() const { return PQntuples(result_.get()); }
  /// How many rows the statement changed.
  [[nodiscard]] std::int64_t changed() const;
  /// What was done: "COMMIT", "INSERT 0 3".
  [[nodiscard]] std::string_view command() const { return PQcmdStatus(result_.get()); }
  [[nodiscard]] StoredForm form(int row, int column) const;
  [[nodiscard]] std::int64_t integer(int row, int column) const;
  [[nodiscard]] std::string_view bytes(int row, int column) const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

/// One row of an answer; a source of read_value.
class AnswerRow {
 public:
  AnswerRow(const Answer& answer, int row) : answer_(answer), row_(row) {}

  [[nodiscard]] bool is_null(int column) const {
    return answer_.form(row_, column) == StoredForm::null;
  }
  [[nodiscard]] std::int64_t integer(int column) const { return answer_.integer(row_, column); }
  [[nodiscard]] std::string_view text(int column) const { return answer_.bytes(row_, column); }
  [[nodiscard]] std::string_view blob(int column) const { return answer_.bytes(row_, column); }

 private:
  const Answer& answer_;
  int row_;
};

}  // namespace kassa::store::postgres

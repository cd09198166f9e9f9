// The statements that a batch sends for a table: one for all its rows, made from the table's
// declaration. Rows go as one array a column.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "store/postgres/connection.hpp"
#include "store/sql.hpp"

namespace kassa::store::postgres {

/// Whether rows that are found are locked until the transaction ends.
enum class Lock : std::uint8_t { none, wait, skip };

/// Columns as arrays: a sink of write_row or write_key, row after row.
class Arrays {
 public:
  void add_column(ColumnType type) { columns_.emplace_back(type); }

  void put_integer(std::int64_t value) { next().put_integer(value); }
  void put_text(std::string_view value) { next().put_text(value); }
  void put_blob(std::string_view value) { next().put_blob(value); }
  void put_null() { next().put_null(); }

  [[nodiscard]] Parameters parameters() {
    Parameters all;
    for (auto& column : columns_) column.move_to(all);
    return all;
  }

 private:
  ArrayOfColumn& next() {
    ArrayOfColumn& column = columns_[at_];
    at_ = (at_ + 1) % columns_.size();
    return column;
  }

  std::vector<ArrayOfColumn> columns_;
  std::size_t at_ = 0;
};

template <class Column>
inline constexpr bool kIsKey = std::remove_cvref_t<Column>::role == Role::key;
template <class Column>
inline constexpr bool kIsFixed = std::remove_cvref_t<Column>::role == Role::fixed;

/// Those of the row's columns that `wanted` names, as arrays for as many rows as are written.
template <class Row, class Wanted>
[[nodiscard]] Arrays arrays_of(Wanted wanted) {
  Arrays arrays;
  for_each_column<Row>([&](const auto& column) {
    using C = std::remove_cvref_t<decltype(column)>;
    if (wanted(column)) arrays.add_column(C::CodecType::type);
  });
  return arrays;
}

/// "unnest($1, $2) AS given (a, b)" over the columns that `wanted` names.
template <class Row, class Wanted>
[[nodiscard]] std::string given_sql(Wanted wanted, std::string_view more = {}) {
  std::string parameters;
  std::string names;
  int place = 0;
  for_each_column<Row>([&](const auto& column) {
    if (!wanted(column)) return;
    parameters += (place == 0 ? "$" : ", $") + std::to_string(place + 1);
    names += (place == 0 ? "" : ", ") + std::string(column.name);
    ++place;
  });
  if (more.empty()) return "unnest(" + parameters + ") AS given (" + names + ")";
  return "unnest(" + parameters + ") WITH ORDINALITY AS given (" + names + ", " +
         std::string(more) + ")";
}

/// "a, b" over the key's columns.
template <class Row>
[[nodiscard]] std::string key_list(std::string_view prefix = {}) {
  std::string list;
  for_each_column<Row>([&](const auto& column) {
    if (!kIsKey<decltype(column)>) return;
    if (!list.empty()) list += ", ";
    list.append(prefix).append(column.name);
  });
  return list;
}

constexpr auto kKeyOnly = [](const auto& column) { return kIsKey<decltype(column)>; };
constexpr auto kAllColumns = [](const auto&) { return true; };
constexpr auto kUpdated = [](const auto& column) { return !kIsFixed<decltype(column)>; };

/// Key by key, so that two batches that want the same rows wait for each other and don't deadlock.
template <class Row>
[[nodiscard]] std::string find_many_sql(Lock lock) {
  std::string sql = "SELECT " + column_list<Row>("t.") + " FROM " + given_sql<Row>(kKeyOnly) +
                    " JOIN " + std::string(Table<Row>::name) + " AS t USING (" + key_list<Row>() +
                    ") ORDER BY " + key_list<Row>("t.");
  if (lock != Lock::none) sql += " FOR UPDATE OF t";
  if (lock == Lock::skip) sql += " SKIP LOCKED";
  return sql;
}

/// A row whose key somebody else has stored meanwhile is left out, which its count tells.
template <class Row>
[[nodiscard]] std::string insert_many_sql() {
  const std::string table(Table<Row>::name);
  if constexpr (NumberedByStore<Row>) {
    const std::string ordinal(Table<Row>::ordinal);
    std::string same;
    for_each_column<Row>([&](const auto& column) {
      if (!kIsKey<decltype(column)>) return;
      if (!same.empty()) same += " AND ";
      same.append("t.").append(column.name).append(" = given.").append(column.name);
    });
    return "INSERT INTO " + table + " (" + column_list<Row>() + ", " + ordinal + ") SELECT " +
           column_list<Row>("given.") + ", coalesce((SELECT max(t." + ordinal + ") FROM " + table +
           " AS t WHERE " + same + "), 0) + row_number() OVER (PARTITION BY " +
           key_list<Row>("given.") + " ORDER BY given.place) FROM " +
           given_sql<Row>(kAllColumns, "place");
  } else {
    return "INSERT INTO " + table + " (" + column_list<Row>() + ") SELECT " +
           column_list<Row>("given.") + " FROM " + given_sql<Row>(kAllColumns) + " ORDER BY " +
           key_list<Row>("given.") + " ON CONFLICT (" + key_list<Row>() + ") DO NOTHING";
  }
}

template <class Row>
[[nodiscard]] std::string update_many_sql() {
  std::string set;
  std::string where;
  for_each_column<Row>([&](const auto& column) {
    const std::string name(column.name);
    if (kIsKey<decltype(column)>) {
      where += (where.empty() ? "" : " AND ") + ("t." + name) + " = given." + name;
    } else if (!kIsFixed<decltype(column)>) {
      set += (set.empty() ? "" : ", ") + name + " = given." + name;
    }
  });
  return "UPDATE " + std::string(Table<Row>::name) + " AS t SET " + set + " FROM " +
         given_sql<Row>(kUpdated) + " WHERE " + where;
}

template <class Row>
[[nodiscard]] std::string upsert_many_sql() {
  std::string set;
  for_each_column<Row>([&](const auto& column) {
    if (kIsKey<decltype(column)>) return;
    const std::string name(column.name);
    set += (set.empty() ? "" : ", ") + name + " = excluded." + name;
  });
  return "INSERT INTO " + std::string(Table<Row>::name) + " (" + column_list<Row>() + ") SELECT " +
         column_list<Row>("given.") + " FROM " + given_sql<Row>(kAllColumns) + " ON CONFLICT (" +
         key_list<Row>() + ") DO UPDATE SET " + set;
}

/// The keys' columns as parameters.
template <class Row, class Keys>
[[nodiscard]] Parameters key_parameters(const Keys& keys) {
  Arrays arrays = arrays_of<Row>(kKeyOnly);
  for (const auto& key : keys) write_key<Row>(arrays, key);
  return arrays.parameters();
}

/// The columns that `wanted` names as parameters; rows by pointer.
template <class Row, class Wanted>
[[nodiscard]] Parameters row_parameters(const std::vector<const Row*>& rows, Wanted wanted) {
  Arrays arrays = arrays_of<Row>(wanted);
  for (const Row* row : rows) {
    for_each_column<Row>([&](const auto& column) {
      if (!wanted(column)) return;
      write_value<typename std::remove_cvref_t<decltype(column)>::CodecType>(arrays,
                                                                             column.of(*row));
    });
  }
  return arrays.parameters();
}

template <class Row>
[[nodiscard]] std::vector<Row> rows_of(const Answer& answer) {
  std::vector<Row> rows;
  rows.reserve(static_cast<std::size_t>(answer.rows()));
  for (int i = 0; i < answer.rows(); ++i) {
    AnswerRow source(answer, i);
    rows.push_back(read_row<Row>(source));
  }
  return rows;
}

}  // namespace kassa::store::postgres

// The statements that every table has, made from its declaration. `mark` is how the engine writes a
// parameter: '?' for SQLite, '$' for PostgreSQL. Parameters are numbered as the columns are, so
// that insert and update bind a row alike, and a find binds its key (keys come first).
#pragma once

#include <string>

#include "store/database.hpp"
#include "store/tables.hpp"

namespace kassa::store {

/// "a, b, c", each with a prefix such as "p.".
template <class Row>
[[nodiscard]] std::string column_list(std::string_view prefix = {}) {
  std::string list;
  for_each_column<Row>([&](const auto& column) {
    if (!list.empty()) list += ", ";
    list.append(prefix).append(column.name);
  });
  return list;
}

/// "SELECT a, b, c FROM t ".
template <class Row>
[[nodiscard]] std::string select_sql() {
  return "SELECT " + column_list<Row>() + " FROM " + std::string(Table<Row>::name) + " ";
}

/// "a = ?1 AND b = ?2" over the columns of one role.
template <class Row>
[[nodiscard]] std::string equals_sql(Role role, std::string_view separator, char mark) {
  std::string out;
  int place = 0;
  for_each_column<Row>([&](const auto& column) {
    ++place;
    if (column.role != role) return;
    if (!out.empty()) out += separator;
    out.append(column.name).append(" = ").append(1, mark).append(std::to_string(place));
  });
  return out;
}

template <class Row>
[[nodiscard]] std::string find_sql(char mark) {
  return select_sql<Row>() + "WHERE " + equals_sql<Row>(Role::key, " AND ", mark);
}

/// The row of that key, by a statement of find_sql.
template <class Row>
[[nodiscard]] std::optional<Row> find_row(Statement& statement, const domain::KeyOf<Row>& key) {
  Execution found(statement);
  write_key<Row>(found, key);
  if (!found.step()) return std::nullopt;
  return read_row<Row>(found);
}

template <class Row>
[[nodiscard]] std::string insert_sql(char mark) {
  const std::string table(Table<Row>::name);
  std::string columns = column_list<Row>();
  std::string values;
  int place = 0;
  for_each_column<Row>([&](const auto&) {
    if (!values.empty()) values += ", ";
    values.append(1, mark).append(std::to_string(++place));
  });
  if constexpr (NumberedByStore<Row>) {
    const std::string ordinal(Table<Row>::ordinal);
    columns += ", " + ordinal;
    values += ", (SELECT coalesce(max(" + ordinal + "), 0) + 1 FROM " + table + " WHERE " +
              equals_sql<Row>(Role::key, " AND ", mark) + ")";
  }
  return "INSERT INTO " + table + " (" + columns + ") VALUES (" + values + ")";
}

template <class Row>
[[nodiscard]] std::string update_sql(char mark) {
  return "UPDATE " + std::string(Table<Row>::name) + " SET " +
         equals_sql<Row>(Role::value, ", ", mark) + " WHERE " +
         equals_sql<Row>(Role::key, " AND ", mark);
}

template <class Row>
[[nodiscard]] std::string delete_sql(char mark) {
  return "DELETE FROM " + std::string(Table<Row>::name) + " WHERE " +
         equals_sql<Row>(Role::key, " AND ", mark);
}

}  // namespace kassa::store

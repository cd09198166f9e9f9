// What a move knows of a table: its name and columns, taken from the declarations (tables.hpp), so
// that whatever is declared goes over and nothing is spelled a second time.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/codec.hpp"

namespace kassa::store {

struct ColumnShape {
  std::string_view name;
  ColumnType type = ColumnType::integer;
  bool nullable = false;
  bool key = false;
  /// What goes over where that isn't what is stored, in SQL; empty: what is stored.
  std::string_view instead = {};
};

struct TableShape {
  std::string_view name;
  std::vector<ColumnShape> columns;
};

/// Every declared table, in the order in which they go over.
[[nodiscard]] std::span<const TableShape> table_shapes();

[[nodiscard]] const TableShape* find_shape(std::string_view table);

/// "payments request_id:blob project_id:blob …", nullable columns with a "?": two stores whose
/// tables have the same texts hold the same rows.
[[nodiscard]] std::string text_of(const TableShape& table);

/// "a, b" over all columns, or over those of the key.
[[nodiscard]] std::string column_names(const TableShape& table);

/// All rows in the order of their keys, which is the same in every engine.
[[nodiscard]] std::string all_rows_sql(const TableShape& table);

}  // namespace kassa::store

#include "store/move/table_shape.hpp"

#include <algorithm>
#include <array>

#include "store/tables.hpp"

namespace kassa::store {
namespace {

/// Columns that say which running gateway has a row in hand. Where none runs that is nobody, which
/// is the nil id, whatever one that was killed has left there.
struct HandColumn {
  std::string_view table;
  std::string_view column;
};
constexpr std::array kHands{HandColumn{"deliveries", "claimed_by"}};
constexpr std::string_view kNobody = "x'00000000000000000000000000000000'";

std::string_view instead_of(std::string_view table, std::string_view column) {
  const bool is_hand = std::ranges::any_of(
      kHands, [&](const HandColumn& hand) { return hand.table == table && hand.column == column; });
  return is_hand ? kNobody : std::string_view();
}

template <class Row>
TableShape shape_of() {
  TableShape shape{Table<Row>::name, {}};
  for_each_column<Row>([&shape](const auto& column) {
    using C = typename std::remove_cvref_t<decltype(column)>::CodecType;
    shape.columns.push_back({column.name, C::type, NullableCodec<C>, column.role == Role::key,
                             instead_of(shape.name, column.name)});
  });
  // The store's own number goes over too: it is part of the key.
  if constexpr (NumberedByStore<Row>) {
    shape.columns.push_back({Table<Row>::ordinal, ColumnType::integer, false, true});
  }
  return shape;
}

std::vector<TableShape> shapes_of_all() {
  return std::apply(
      []<class... Row>(const Row&...) { return std::vector<TableShape>{shape_of<Row>()...}; },
      AllRows{});
}

std::string_view name_of(ColumnType type) {
  constexpr std::array<std::string_view, 3> kNames{"integer", "text", "blob"};
  return kNames.at(static_cast<std::size_t>(type));
}

}  // namespace

std::span<const TableShape> table_shapes() {
  static const std::vector<TableShape> shapes = shapes_of_all();
  return shapes;
}

const TableShape* find_shape(std::string_view table) {
  const auto shapes = table_shapes();
  const auto found = std::ranges::find(shapes, table, &TableShape::name);
  return found == shapes.end() ? nullptr : &*found;
}

std::string text_of(const TableShape& table) {
  std::string text(table.name);
  for (const auto& column : table.columns) {
    text.append(" ").append(column.name).append(":").append(name_of(column.type));
    if (column.nullable) text += '?';
  }
  return text;
}

std::string column_names(const TableShape& table) {
  std::string names;
  for (const auto& column : table.columns) {
    names.append(names.empty() ? "" : ", ").append(column.name);
  }
  return names;
}

std::string all_rows_sql(const TableShape& table) {
  std::string values;
  std::string keys;
  for (const auto& column : table.columns) {
    const auto value = column.instead.empty() ? column.name : column.instead;
    values.append(values.empty() ? "" : ", ").append(value);
    if (column.key) keys.append(keys.empty() ? "" : ", ").append(column.name);
  }
  return "SELECT " + values + " FROM " + std::string(table.name) + " ORDER BY " + keys;
}

}  // namespace kassa::store

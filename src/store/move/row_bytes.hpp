// Rows as bytes, the same in every engine: value after value, in the order of the columns.
//
//   00  null
//   01  integer: zigzag, then seven bits a byte, the lowest first
//   02  text: how many bytes (seven bits a byte), then these
//   03  bytes: likewise
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/move/table_shape.hpp"

namespace kassa::store {

/// Appends values to a text; a sink of write_value and of Execution::hand_over.
class ValuesWriter {
 public:
  explicit ValuesWriter(std::string& out) : out_(out) {}

  void put_null() { out_ += '\0'; }
  void put_integer(std::int64_t value);
  void put_text(std::string_view value) { put_sized('\2', value); }
  void put_blob(std::string_view value) { put_sized('\3', value); }

  /// Without a form: a count, a length.
  void put_count(std::uint64_t count);

 private:
  void put_sized(char form, std::string_view value);

  std::string& out_;
};

/// Reads what a ValuesWriter wrote. A StoreError for anything else: the text may come from
/// anywhere.
class ValuesReader {
 public:
  explicit ValuesReader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] std::uint64_t count();
  [[nodiscard]] std::string_view bytes(std::uint64_t size);

  /// The next value to a sink of write_value, if it is one that the column may hold. Texts and
  /// bytes are views of what is read.
  template <class Sink>
  void hand_over(const ColumnShape& column, Sink& sink) {
    switch (form_for(column)) {
      case '\0':
        return sink.put_null();
      case '\1':
        return sink.put_integer(integer());
      case '\2':
        return sink.put_text(bytes(count()));
      default:
        return sink.put_blob(bytes(count()));
    }
  }

 private:
  [[nodiscard]] char form_for(const ColumnShape& column);
  [[nodiscard]] std::int64_t integer();

  std::string_view rest_;
};

}  // namespace kassa::store

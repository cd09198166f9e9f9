#include "store/move/row_bytes.hpp"

#include <fmt/format.h>

namespace kassa::store {
namespace {

constexpr int kBitsMax = 63;  // of the last shift: ten bytes of seven bits

[[noreturn]] void refuse(const std::string& what) {
  throw StoreError(StoreError::Kind::failed, "a row of the export can't be read: " + what);
}

}  // namespace

void ValuesWriter::put_count(std::uint64_t count) {
  while (count >= 0x80) {
    out_ += static_cast<char>(count | 0x80U);
    count >>= 7U;
  }
  out_ += static_cast<char>(count);
}

void ValuesWriter::put_integer(std::int64_t value) {
  out_ += '\1';
  put_count(static_cast<std::uint64_t>(value) << 1U ^ static_cast<std::uint64_t>(value >> 63));
}

void ValuesWriter::put_sized(char form, std::string_view value) {
  out_ += form;
  put_count(value.size());
  out_ += value;
}

std::uint64_t ValuesReader::count() {
  std::uint64_t count = 0;
  for (int shift = 0; shift <= kBitsMax; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes(1).front());
    count |= std::uint64_t{byte & 0x7FU} << static_cast<unsigned>(shift);
    if (byte < 0x80) return count;
  }
  refuse("a number is too long");
}

std::string_view ValuesReader::bytes(std::uint64_t size) {
  if (size > rest_.size()) refuse("it ends too early");
  const std::string_view found = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return found;
}

char ValuesReader::form_for(const ColumnShape& column) {
  const char form = bytes(1).front();
  const bool fits = form == '\0' ? column.nullable : form == static_cast<char>(column.type) + '\1';
  if (!fits) refuse(fmt::format("{} holds something of another kind", column.name));
  return form;
}

std::int64_t ValuesReader::integer() {
  const std::uint64_t zigzag = count();
  return static_cast<std::int64_t>(zigzag >> 1U ^ (~(zigzag & 1U) + 1U));
}

}  // namespace kassa::store

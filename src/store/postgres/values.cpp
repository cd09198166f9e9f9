#include "store/postgres/values.hpp"

#include <charconv>

namespace kassa::store::postgres {
namespace {

template <class Number>
void append_big_endian(std::string& out, Number value) {
  using Unsigned = std::make_unsigned_t<Number>;
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<Unsigned>(value) >> shift);
  }
}

/// Two's complement of any length.
std::int64_t from_big_endian(std::string_view bytes) {
  std::uint64_t value = (static_cast<unsigned char>(bytes.front()) & 0x80U) != 0 ? ~0ULL : 0;
  for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

}  // namespace

Oid oid_of(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
      return kBigintOid;
    case ColumnType::text:
      return kTextOid;
    case ColumnType::blob:
      return kByteaOid;
  }
  return 0;
}

Oid array_oid_of(ColumnType type) {
  switch (type) {
    case ColumnType::integer:
      return kBigintArrayOid;
    case ColumnType::text:
      return kTextArrayOid;
    case ColumnType::blob:
      return kByteaArrayOid;
  }
  return 0;
}

void Parameters::put_integer(std::int64_t value) {
  std::string bytes;
  append_big_endian(bytes, value);
  add(kBigintOid, std::move(bytes));
}

void Parameters::add(Oid type, std::optional<std::string> value) {
  types_.push_back(type);
  values_.push_back(std::move(value));
}

void Parameters::clear() {
  types_.clear();
  values_.clear();
}

void ArrayOfColumn::put_integer(std::int64_t value) {
  append_big_endian(elements_, std::int32_t{8});
  append_big_endian(elements_, value);
  ++count_;
}

void ArrayOfColumn::put_bytes(std::string_view value) {
  append_big_endian(elements_, static_cast<std::int32_t>(value.size()));
  elements_ += value;
  ++count_;
}

void ArrayOfColumn::put_null() {
  append_big_endian(elements_, std::int32_t{-1});
  has_null_ = true;
  ++count_;
}

void ArrayOfColumn::move_to(Parameters& parameters) {
  std::string array;
  array.reserve(20 + elements_.size());
  append_big_endian(array, std::int32_t{count_ == 0 ? 0 : 1});  // dimensions
  append_big_endian(array, std::int32_t{has_null_ ? 1 : 0});
  append_big_endian(array, oid_of(type_));
  if (count_ > 0) {
    append_big_endian(array, count_);
    append_big_endian(array, std::int32_t{1});  // the first one's number
    array += elements_;
  }
  parameters.add(array_oid_of(type_), std::move(array));
  elements_.clear();
  count_ = 0;
  has_null_ = false;
}

std::int64_t Answer::changed() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

StoredForm Answer::form(int row, int column) const {
  if (PQgetisnull(result_.get(), row, column) != 0) return StoredForm::null;
  switch (PQftype(result_.get(), column)) {
    case kSmallintOid:
    case kIntegerOid:
    case kBigintOid:
      return StoredForm::integer;
    case kTextOid:
      return StoredForm::text;
    case kByteaOid:
      return StoredForm::blob;
    default:
      return StoredForm::other;
  }
}

std::int64_t Answer::integer(int row, int column) const {
  const std::string_view value = bytes(row, column);
  return value.empty() ? 0 : from_big_endian(value);
}

std::string_view Answer::bytes(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

}  // namespace kassa::store::postgres

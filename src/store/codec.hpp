// How one value of a column is stored, in every engine alike.
//
// A Codec<T> turns a T into one of three stored forms and back: a 64-bit integer, text, or bytes.
// An engine offers a sink (put_integer, put_text, put_blob, put_null) and a source (is_null,
// integer, text, blob), and `write_value` and `read_value` connect them. What can't be decoded (a
// blob of the wrong length, an integer too wide) is a StoreError: the store was tampered with or is
// newer than this program.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "domain/payment.hpp"
#include "store/store.hpp"

namespace kassa::store {

enum class ColumnType : std::uint8_t { integer, text, blob };

[[noreturn]] inline void refuse_stored_value(std::string_view what) {
  throw StoreError(StoreError::Kind::failed,
                   "a stored value can't be read: " + std::string(what) +
                       "; was the store written by a newer Kassa, or changed by hand?");
}

template <class T>
struct Codec;

template <std::integral T>
struct Codec<T> {
  static constexpr ColumnType type = ColumnType::integer;
  [[nodiscard]] static std::int64_t encode(T value) { return std::int64_t{value}; }
  [[nodiscard]] static T decode(std::int64_t stored) {
    if (!std::in_range<T>(stored)) refuse_stored_value("an integer out of its range");
    return static_cast<T>(stored);
  }
};

template <>
struct Codec<bool> {
  static constexpr ColumnType type = ColumnType::integer;
  [[nodiscard]] static std::int64_t encode(bool value) { return value ? 1 : 0; }
  [[nodiscard]] static bool decode(std::int64_t stored) { return stored != 0; }
};

template <class T>
  requires std::is_enum_v<T>
struct Codec<T> {
  using Number = std::underlying_type_t<T>;
  static constexpr ColumnType type = ColumnType::integer;
  [[nodiscard]] static std::int64_t encode(T value) {
    return Codec<Number>::encode(static_cast<Number>(value));
  }
  [[nodiscard]] static T decode(std::int64_t stored) {
    return static_cast<T>(Codec<Number>::decode(stored));
  }
};

/// Milliseconds since the epoch.
template <>
struct Codec<domain::Instant> {
  static constexpr ColumnType type = ColumnType::integer;
  [[nodiscard]] static std::int64_t encode(domain::Instant value) { return domain::unix_ms(value); }
  [[nodiscard]] static domain::Instant decode(std::int64_t stored) {
    return domain::instant_of_ms(stored);
  }
};

template <>
struct Codec<std::string> {
  static constexpr ColumnType type = ColumnType::text;
  [[nodiscard]] static std::string_view encode(const std::string& value) { return value; }
  [[nodiscard]] static std::string decode(std::string_view stored) { return std::string(stored); }
};

/// A string of bytes that are no text: sealed data, a keyed hash.
struct BytesCodec {
  static constexpr ColumnType type = ColumnType::blob;
  [[nodiscard]] static std::string_view encode(const std::string& value) { return value; }
  [[nodiscard]] static std::string decode(std::string_view stored) { return std::string(stored); }
};

template <std::size_t N>
struct Codec<std::array<std::uint8_t, N>> {
  using Bytes = std::array<std::uint8_t, N>;
  static constexpr ColumnType type = ColumnType::blob;
  [[nodiscard]] static std::string_view encode(const Bytes& value) {
    return {reinterpret_cast<const char*>(value.data()), N};
  }
  [[nodiscard]] static Bytes decode(std::string_view stored) {
    if (stored.size() != N) refuse_stored_value("bytes of another length");
    Bytes value;
    std::ranges::copy(stored, value.begin());
    return value;
  }
};

template <>
struct Codec<domain::Uuid> {
  using Bytes = Codec<decltype(domain::Uuid::bytes)>;
  static constexpr ColumnType type = ColumnType::blob;
  [[nodiscard]] static std::string_view encode(const domain::Uuid& value) {
    return Bytes::encode(value.bytes);
  }
  [[nodiscard]] static domain::Uuid decode(std::string_view stored) {
    return {Bytes::decode(stored)};
  }
};

template <class Tag>
struct Codec<domain::Id<Tag>> {
  static constexpr ColumnType type = ColumnType::blob;
  [[nodiscard]] static std::string_view encode(const domain::Id<Tag>& value) {
    return Codec<domain::Uuid>::encode(value.value);
  }
  [[nodiscard]] static domain::Id<Tag> decode(std::string_view stored) {
    return {Codec<domain::Uuid>::decode(stored)};
  }
};

template <>
struct Codec<domain::Currency> {
  static constexpr ColumnType type = ColumnType::text;
  [[nodiscard]] static std::string_view encode(const domain::Currency& value) {
    return {value.letters.data(), value.letters.size()};
  }
  [[nodiscard]] static domain::Currency decode(std::string_view stored) {
    const auto currency = domain::Currency::parse(stored);
    if (!currency) refuse_stored_value("a currency that is none");
    return *currency;
  }
};

template <>
struct Codec<std::vector<domain::QueuedCallback>> {
  static constexpr ColumnType type = ColumnType::text;
  [[nodiscard]] static std::string encode(const std::vector<domain::QueuedCallback>& value) {
    return domain::text(value);
  }
  [[nodiscard]] static std::vector<domain::QueuedCallback> decode(std::string_view stored) {
    return domain::parse_queue(stored);
  }
};

/// Null when it is empty.
template <class T>
struct Codec<std::optional<T>> {
  using Present = Codec<T>;
  static constexpr ColumnType type = Present::type;
};

template <class C>
concept NullableCodec = requires { typename C::Present; };

template <class C, class Sink, class T>
void write_value(Sink& sink, const T& value) {
  if constexpr (NullableCodec<C>) {
    if (value) {
      write_value<typename C::Present>(sink, *value);
    } else {
      sink.put_null();
    }
  } else if constexpr (C::type == ColumnType::integer) {
    sink.put_integer(C::encode(value));
  } else if constexpr (C::type == ColumnType::text) {
    sink.put_text(C::encode(value));
  } else {
    sink.put_blob(C::encode(value));
  }
}

template <class T, class C = Codec<T>, class Source>
[[nodiscard]] T read_value(Source& source, int column) {
  if constexpr (NullableCodec<C>) {
    if (source.is_null(column)) return std::nullopt;
    return read_value<typename T::value_type, typename C::Present>(source, column);
  } else if constexpr (C::type == ColumnType::integer) {
    return C::decode(source.integer(column));
  } else if constexpr (C::type == ColumnType::text) {
    return C::decode(source.text(column));
  } else {
    return C::decode(source.blob(column));
  }
}

}  // namespace kassa::store

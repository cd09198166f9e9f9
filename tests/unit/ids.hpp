// Ids for tests.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kassa::test {

/// An id of any kind whose last bytes are `n`: readable in a failure, and ordered as the numbers
/// are.
template <class AnyId>
[[nodiscard]] AnyId id_of(std::uint64_t n) {
  AnyId id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.value.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  }
  return id;
}

}  // namespace kassa::test

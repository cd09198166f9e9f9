// Counting and checking UTF-8. Limits of the wire count code points (wire §4).
#pragma once

#include <cstddef>
#include <string_view>

namespace kassa::encoding {

/// Code points of `text`, which must be valid UTF-8 (every string of a JsonDocument is).
[[nodiscard]] constexpr std::size_t count_code_points(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return count;
}

/// Bytes of the character that `text` begins with, 0 where that is none by RFC 3629, or the text is
/// empty.
[[nodiscard]] std::size_t character_bytes(std::string_view text);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace kassa::encoding

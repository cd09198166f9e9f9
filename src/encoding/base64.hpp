// Base64 in its four spellings, and hexadecimal. Decoding is strict: one text has one meaning, so a
// signature or a key can't be written in a second way that somebody else would read differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kassa::encoding {

enum class Base64 : std::uint8_t { kUrl, kUrlPadded, kStandardPadded, kStandard };

/// Appends the text of `bytes` to `out`.
void append_base64(std::string& out, std::string_view bytes, Base64 spelling = Base64::kUrl);
[[nodiscard]] std::string to_base64(std::string_view bytes, Base64 spelling = Base64::kUrl);

/// Reads any of the four spellings: one alphabet throughout, padding whole or absent, unused bits
/// zero, no white space. Anything else is nothing.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// Lower case.
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
/// Either case, an even number of digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

}  // namespace kassa::encoding

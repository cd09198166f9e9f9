#include "encoding/utf8.hpp"

#include <cstdint>

namespace kassa::encoding {
namespace {

struct Lead {
  std::size_t bytes = 0;  // of the whole sequence; 0: no sequence starts so
  std::uint8_t second_min = 0x80;
  std::uint8_t second_max = 0xBF;
};

constexpr Lead lead_of(std::uint8_t byte) {
  if (byte < 0x80) return {.bytes = 1};
  if (byte < 0xC2) return {};
  if (byte < 0xE0) return {.bytes = 2};
  if (byte == 0xE0) return {.bytes = 3, .second_min = 0xA0};  // else overlong
  if (byte == 0xED) return {.bytes = 3, .second_max = 0x9F};  // else a surrogate
  if (byte < 0xF0) return {.bytes = 3};
  if (byte == 0xF0) return {.bytes = 4, .second_min = 0x90};  // else overlong
  if (byte < 0xF4) return {.bytes = 4};
  if (byte == 0xF4) return {.bytes = 4, .second_max = 0x8F};  // else above U+10FFFF
  return {};
}

}  // namespace

std::size_t character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const Lead lead = lead_of(static_cast<std::uint8_t>(text.front()));
  if (lead.bytes > text.size()) return 0;
  for (std::size_t k = 1; k < lead.bytes; ++k) {
    const auto byte = static_cast<std::uint8_t>(text[k]);
    const bool second = k == 1;
    if (byte < (second ? lead.second_min : 0x80) || byte > (second ? lead.second_max : 0xBF))
      return 0;
  }
  return lead.bytes;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace kassa::encoding

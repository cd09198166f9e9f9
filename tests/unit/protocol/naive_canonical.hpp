// The canonical form once more, written the obvious way and sharing nothing with src/protocol but
// the parsed document: what the fast one and the signatures are compared with.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/canonical.hpp"

namespace kassa::protocol::test {

inline std::u16string utf16_of(std::string_view utf8) {
  std::u16string out;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    char32_t point = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
    for (std::size_t k = 1; k < bytes; ++k)
      point = point << 6U | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    if (point < 0x10000) {
      out += static_cast<char16_t>(point);
    } else {
      out += static_cast<char16_t>(0xD800 + ((point - 0x10000) >> 10U));
      out += static_cast<char16_t>(0xDC00 + ((point - 0x10000) & 0x3FFU));
    }
    i += bytes;
  }
  return out;
}

inline void naive_lines(const JsonValue& value, const std::string& path, bool words,
                        std::vector<std::string>& lines) {
  const auto leaf = [&](std::string_view text) { lines.push_back(path + std::string(text)); };
  std::size_t index = 0;
  switch (value.kind()) {
    case JsonKind::kNull:
      return leaf("None");
    case JsonKind::kTrue:
      return leaf(words ? "true" : "1");
    case JsonKind::kFalse:
      return leaf(words ? "false" : "0");
    case JsonKind::kNumber:
    case JsonKind::kString:
      return leaf(value.text());
    case JsonKind::kArray:
      for (const auto child : value.children())
        naive_lines(child, path + std::to_string(index++) + ":", words, lines);
      return;
    case JsonKind::kObject:
      for (const auto child : value.children())
        naive_lines(child, path + std::string(child.key()) + ":", words, lines);
      return;
  }
}

inline std::string naive_join(std::vector<std::string> lines, bool utf16) {
  std::sort(lines.begin(), lines.end(), [&](const std::string& a, const std::string& b) {
    return utf16 ? utf16_of(a) < utf16_of(b) : a < b;
  });
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "" : ";") + lines[i];
  return out;
}

inline std::string naive_canonical(const JsonDocument& document, CanonicalForm form) {
  std::vector<std::string> lines;
  naive_lines(document.root(), "", form.booleans_as_words, lines);
  return naive_join(std::move(lines), form.utf16_order);
}

}  // namespace kassa::protocol::test

#include "protocol/canonical.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace kassa::protocol {
namespace {

// UTF-16 order differs from code point order in one thing: characters above U+FFFF, whose UTF-8
// starts with F0…F4, are written with surrogates (D800…DFFF) and so come before U+E000…U+FFFF,
// whose UTF-8 starts with EE or EF. Two different characters differ first in such a lead byte.
constexpr unsigned utf16_rank(unsigned char byte) {
  if (byte < 0xEE) return byte;
  return byte < 0xF0 ? byte + 5U : byte - 2U;
}

bool less_utf16(std::string_view a, std::string_view b) {
  const auto [at, bt] = std::ranges::mismatch(a, b);
  if (at == a.end() || bt == b.end()) return a.size() < b.size();
  return utf16_rank(static_cast<unsigned char>(*at)) < utf16_rank(static_cast<unsigned char>(*bt));
}

}  // namespace

std::string_view Canonicalizer::canonical(const JsonDocument& document, CanonicalForm form) {
  words_ = form.booleans_as_words;
  saw_boolean_ = saw_late_characters_ = false;
  lines_.clear();
  lines_.reserve(document.node_count());
  if (text_.size() < document.canonical_bytes()) text_.resize(document.canonical_bytes());
  cursor_ = text_.data();
  write_lines(document.root(), 0);
  sort_lines(form.utf16_order);

  canonical_.clear();
  for (const Line& line : lines_) {
    if (!canonical_.empty()) canonical_ += ';';
    canonical_.append(line.begin, line.bytes);
  }
  return canonical_;
}

// Recursion is bounded by kJsonDepthMax.
void Canonicalizer::write_lines(const JsonValue& container, std::size_t path_bytes) {
  const bool is_array = container.kind() == JsonKind::kArray;
  std::size_t index = 0;
  char digits[20];
  for (const JsonValue child : container.children()) {
    std::string_view key = child.key();
    if (is_array) {
      const auto end = std::to_chars(digits, digits + sizeof digits, index++).ptr;
      key = {digits, static_cast<std::size_t>(end - digits)};
    }
    const std::size_t child_path = extend_path(path_bytes, key);
    switch (child.kind()) {
      case JsonKind::kObject:
      case JsonKind::kArray:
        write_lines(child, child_path);
        break;
      case JsonKind::kNull:
        write_line(child_path, "None");
        break;
      case JsonKind::kTrue:
        saw_boolean_ = true;
        write_line(child_path, words_ ? "true" : "1");
        break;
      case JsonKind::kFalse:
        saw_boolean_ = true;
        write_line(child_path, words_ ? "false" : "0");
        break;
      case JsonKind::kNumber:
      case JsonKind::kString:
        write_line(child_path, child.text());
        break;
    }
  }
}

std::size_t Canonicalizer::extend_path(std::size_t path_bytes, std::string_view key) {
  const std::size_t bytes = path_bytes + key.size() + 1;
  if (path_.size() < bytes) path_.resize(bytes * 2);
  if (!key.empty()) std::memcpy(path_.data() + path_bytes, key.data(), key.size());
  path_[bytes - 1] = ':';
  return bytes;
}

void Canonicalizer::write_line(std::size_t path_bytes, std::string_view value) {
  char* const begin = cursor_;
  std::memcpy(cursor_, path_.data(), path_bytes);
  cursor_ += path_bytes;
  if (!value.empty()) std::memcpy(cursor_, value.data(), value.size());
  cursor_ += value.size();
  lines_.push_back({begin, static_cast<std::uint32_t>(cursor_ - begin)});
}

void Canonicalizer::sort_lines(bool utf16_order) {
  const char* const text_begin = text_.data();
  const char* const text_end = cursor_;
  saw_late_characters_ = std::any_of(text_begin, text_end,
                                     [](char c) { return static_cast<unsigned char>(c) >= 0xEE; });
  const auto view = [](const Line& line) { return std::string_view(line.begin, line.bytes); };
  if (utf16_order && saw_late_characters_)
    std::ranges::sort(lines_, less_utf16, view);
  else
    std::ranges::sort(lines_, std::ranges::less{}, view);
}

}  // namespace kassa::protocol

#include "http/request_id.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace kassa::http {
namespace {

constexpr std::size_t kCharactersMax = 64;
constexpr std::size_t kTraceIdCharactersMin = 32;
constexpr std::size_t kDigitsInRowMax = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex_letter(char c) {
  return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
         c == '-';
}

bool is_trace_id(std::string_view text) {
  return text.size() >= kTraceIdCharactersMin && std::ranges::any_of(text, is_hex_letter) &&
         std::ranges::all_of(text,
                             [](char c) { return is_digit(c) || is_hex_letter(c) || c == '-'; });
}

/// Separators don't end a row: "4400-4301-4002" is written like a card.
bool has_many_digits_in_row(std::string_view text) {
  std::size_t in_row = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      if (++in_row > kDigitsInRowMax) return true;
    } else if (c != '-' && c != '.' && c != '_') {
      in_row = 0;
    }
  }
  return false;
}

}  // namespace

bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > kCharactersMax) return false;
  if (!std::ranges::all_of(text, is_word_character)) return false;
  return is_trace_id(text) || !has_many_digits_in_row(text);
}

void RequestIds::next(std::string& out) {
  std::array<char, 16> digits;  // enough for 2^64
  const auto end = std::to_chars(digits.begin(), digits.end(), ++made_, 16).ptr;
  out.assign(prefix_).append("-").append(digits.begin(), end);
}

}  // namespace kassa::http

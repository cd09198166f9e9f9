#include "http/request_id.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace kassa::http {
namespace {

constexpr std::size_t kCharactersMax = 64;
constexpr std::size_t kDigitsInRowMax = 9;
constexpr std::size_t kDigitsInRowOfTraceMax = 15;  // one random id in some hundred has more

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

/// Runs of hexadecimal digits with a hyphen between: a UUID, a bare trace id, a traceparent.
constexpr std::string_view kTraceShapes[] = {
    "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx",
};

bool has_shape(std::string_view text, std::string_view shape) {
  return std::ranges::equal(text, shape, [](char c, char place) {
    return place == 'x' ? is_digit(c) || is_hex_letter(c) : c == place;
  });
}

/// Separators don't end a row: "4400-4301-4002" is written like a card.
std::size_t digits_in_row(std::string_view text) {
  std::size_t longest = 0;
  std::size_t in_row = 0;
  for (const char c : text) {
    if (is_digit(c)) {
      longest = std::max(longest, ++in_row);
    } else if (c != '-' && c != '.' && c != '_') {
      in_row = 0;
    }
  }
  return longest;
}

}  // namespace

bool is_request_id(std::string_view text) {
  if (text.empty() || text.size() > kCharactersMax) return false;
  if (!std::ranges::all_of(text, is_word_character)) return false;
  const bool is_trace = std::ranges::any_of(
      kTraceShapes, [text](std::string_view shape) { return has_shape(text, shape); });
  return digits_in_row(text) <= (is_trace ? kDigitsInRowOfTraceMax : kDigitsInRowMax);
}

void RequestIds::next(std::string& out) {
  std::array<char, 16> digits;  // enough for 2^64
  const auto end = std::to_chars(digits.begin(), digits.end(), ++made_, 16).ptr;
  out.assign(prefix_).append("-").append(digits.begin(), end);
}

}  // namespace kassa::http

#include "callbacks/excerpt.hpp"

#include "encoding/utf8.hpp"

namespace kassa::callbacks {
namespace {

constexpr std::size_t kDigitsShown = 5;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_separator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')';
}

/// The digits from `begin` on, with a separator or two between them: where they end, how many.
struct DigitRun {
  std::size_t end = 0;
  std::size_t digits = 0;
};
DigitRun run_at(std::string_view text, std::size_t begin) {
  DigitRun run{begin, 0};
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (is_digit(text[i])) {
      ++run.digits;
      run.end = i + 1;
    } else if (!is_separator(text[i]) || i > run.end + 1) {
      break;
    }
  }
  return run;
}

std::string masked(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      out += text[i++];
      continue;
    }
    const DigitRun run = run_at(text, i);
    if (run.digits > kDigitsShown) {
      out += "****";
    } else {
      out += text.substr(i, run.end - i);
    }
    i = run.end;
  }
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = encoding::character_bytes(text);
    const auto c = static_cast<unsigned char>(text.front());
    if (bytes == 0) {
      out += '?';
    } else if (bytes == 1 && (c < 0x20 || c == 0x7F)) {
      out += ' ';
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return out;
}

}  // namespace

std::string excerpt_of(std::string_view answer) {
  // Printable first: a control character between digits must not split a run.
  std::string text = masked(printable(answer));
  if (text.size() <= kExcerptBytesMax) return text;
  std::size_t cut = kExcerptBytesMax;
  while ((static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80) --cut;
  text.resize(cut);
  return text;
}

}  // namespace kassa::callbacks

#include "domain/masks.hpp"

#include <vector>

namespace kassa::domain {
namespace {

constexpr std::string_view kStars = "****";

/// Where each code point starts, and the end.
std::vector<std::size_t> code_point_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) starts.push_back(i);
  }
  starts.push_back(text.size());
  return starts;
}

/// The first `head` and the last `tail` code points around the stars; only stars if `text` has
/// fewer than `at_least`.
std::string mask(std::string_view text, std::size_t head, std::size_t tail, std::size_t at_least) {
  const auto starts = code_point_starts(text);
  const std::size_t length = starts.size() - 1;
  if (length < at_least) return std::string(kStars);
  std::string out(text.substr(0, starts[head]));
  out += kStars;
  out += text.substr(starts[length - tail]);
  return out;
}

}  // namespace

std::string mask_card(std::string_view pan) {
  return mask(pan, 5, 4, 13);
}
std::string mask_card_for_widget(std::string_view pan) {
  return mask(pan, 4, 4, 13);
}
std::string mask_phone(std::string_view phone) {
  return mask(phone, 5, 2, 8);
}

std::string mask_holder(std::string_view name) {
  const std::size_t length = code_point_starts(name).size() - 1;
  if (length >= 12) return mask(name, 4, 4, 12);
  return mask(name, 1, 1, 6);
}

}  // namespace kassa::domain

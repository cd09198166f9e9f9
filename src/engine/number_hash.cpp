#include "engine/number_hash.hpp"

namespace kassa::engine {

std::string normalized_number(std::string_view written) {
  std::string number(written);
  std::erase_if(number, [](char c) { return c == ' ' || c == '-'; });
  return number;
}

std::string number_hash(const ops::KeyRing& ring, std::string_view number) {
  static constexpr char digits[] = "0123456789abcdef";
  const ops::KeyedHash hash = ring.search_hash("requisites", number);
  std::string out = std::to_string(hash.key_id) + ":";
  for (const std::uint8_t byte : hash.digest) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

}  // namespace kassa::engine

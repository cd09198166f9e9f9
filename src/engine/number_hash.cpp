#include "engine/number_hash.hpp"

#include "encoding/base64.hpp"

namespace kassa::engine {

std::string normalized_number(std::string_view written) {
  std::string number(written);
  std::erase_if(number, [](char c) { return c == ' ' || c == '-'; });
  return number;
}

std::string number_hash(const ops::KeyRing& ring, std::string_view number) {
  return number_hashes(ring, number).front();
}

std::vector<std::string> number_hashes(const ops::KeyRing& ring, std::string_view number) {
  std::vector<std::string> out;
  for (const auto& hash : ring.search_hashes("requisites", number)) {
    out.push_back(std::to_string(hash.key_id) + ":" + encoding::to_hex(hash.digest));
  }
  return out;
}

}  // namespace kassa::engine

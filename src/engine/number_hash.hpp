// What a card, phone or account is found by: a keyed hash with the id of its key, as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ops/key_ring.hpp"

namespace kassa::engine {

/// As it is kept and looked for: without the spaces and hyphens that people write.
[[nodiscard]] std::string normalized_number(std::string_view written);

/// "<key id>:<64 hex digits>".
[[nodiscard]] std::string number_hash(const ops::KeyRing& ring, std::string_view number);
/// One for each key of the ring, that of the active one first: requisites that are not hashed anew
/// yet are found by an older one.
[[nodiscard]] std::vector<std::string> number_hashes(const ops::KeyRing& ring,
                                                     std::string_view number);

}  // namespace kassa::engine

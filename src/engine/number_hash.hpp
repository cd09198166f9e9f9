// What a card, phone or account is found by: a keyed hash with the id of its key, as text.
#pragma once

#include <string>
#include <string_view>

#include "ops/key_ring.hpp"

namespace kassa::engine {

/// As it is kept and looked for: without the spaces and hyphens that people write.
[[nodiscard]] std::string normalized_number(std::string_view written);

/// "<key id>:<64 hex digits>".
[[nodiscard]] std::string number_hash(const ops::KeyRing& ring, std::string_view number);

}  // namespace kassa::engine

// What a card, phone or account is found by: a keyed hash with the id of its key, as text.
#pragma once

#include <string>
#include <string_view>

#include "ops/key_ring.hpp"

namespace kassa::engine {

/// "<key id>:<64 hex digits>".
[[nodiscard]] std::string number_hash(const ops::KeyRing& ring, std::string_view number);

}  // namespace kassa::engine

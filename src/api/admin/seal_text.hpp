// A secret as a setting keeps it: sealed, in Base64Url.
#pragma once

#include <string>
#include <string_view>

#include "encoding/base64.hpp"
#include "ops/key_ring.hpp"

namespace kassa::api {

[[nodiscard]] inline std::string seal_text(const ops::KeyRing& ring, std::string_view table,
                                           const domain::Uuid& row, const std::string& text) {
  return encoding::to_base64(ring.seal(table, row.bytes, text));
}

}  // namespace kassa::api

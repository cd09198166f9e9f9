// Payment methods by their codes (wire §4.1). Which are enabled is configuration; what kind of
// number requisites have follows from the code.
#pragma once

#include <string_view>

namespace kassa::domain {

/// Requisites of this method are a phone, not a card.
[[nodiscard]] constexpr bool is_phone_method(std::string_view method) {
  return method == "phone-p2p" || method == "sbp-p2p" || method == "mobile-p2p";
}

}  // namespace kassa::domain

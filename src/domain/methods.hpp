// Payment methods by their codes (wire §4.1, §7). Which are enabled is configuration; what kind of
// number requisites have, and which method a widget's method stands for, follows from the code.
#pragma once

#include <optional>
#include <string_view>

namespace kassa::domain {

/// Requisites of this method are a phone, not a card.
[[nodiscard]] constexpr bool is_phone_method(std::string_view method) {
  return method == "phone-p2p" || method == "sbp-p2p" || method == "mobile-p2p";
}

/// The payer scans what requisites of this method say, instead of typing it.
[[nodiscard]] constexpr bool is_qr_method(std::string_view method) {
  return method == "qr-sbp" || method == "qr-link-p2p";
}

struct WidgetMethod {
  std::string_view code;
  std::string_view method;
};
inline constexpr WidgetMethod kWidgetMethods[] = {
    {"payin-p2p-card", "card-p2p"},
    {"payin-p2p-phone", "phone-p2p"},
    {"payin-p2p-sbp", "sbp-p2p"},
    {"payin-p2p-mobile", "mobile-p2p"},
    {"payin-p2p-card-international", "international-card-p2p"},
    {"payin-p2p-international", "international-p2p"},
    {"payin-qr-sbp", "qr-sbp"},
    {"payin-qr-link-p2p", "qr-link-p2p"},
};

/// The method that a widget method stands for (wire §7), or nothing.
[[nodiscard]] constexpr std::optional<std::string_view> method_of_widget_method(
    std::string_view code) {
  for (const WidgetMethod& row : kWidgetMethods) {
    if (row.code == code) return row.method;
  }
  return std::nullopt;
}

}  // namespace kassa::domain

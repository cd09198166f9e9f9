// The settings of a project that payers see: checked when they are saved, so that no page is ever
// unreadable because of one.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace kassa::api {

/// They stand in a header of every page.
inline constexpr std::size_t kPageOriginsMax = 16;

/// Whether the setting is a file, which comes as base64.
[[nodiscard]] bool is_picture_setting(std::string_view name);

/// What is kept for a value of a project's setting, or why it can't be: that of a picture is
/// measured, any other is kept as it is. Settings that are none of the page's are not looked at.
[[nodiscard]] std::expected<std::string, std::string> checked_setting(std::string_view name,
                                                                      std::string_view value,
                                                                      bool test);

/// Where a payer finds help, as a link and in words.
struct Contact {
  std::string href;  // "mailto:help@shop.example"
  std::string text;  // "help@shop.example"
};
/// Nothing for an empty setting.
[[nodiscard]] std::optional<Contact> contact_of(std::string_view support);

}  // namespace kassa::api

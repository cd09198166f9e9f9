// A picture of somebody's for the payer's page: looked through and measured before it is kept.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "domain/config.hpp"

namespace kassa::api {

/// The picture in a file, or why it can't be one: an SVG or PNG of at most 16 KiB. An SVG draws and
/// does nothing else: no scripts, and nothing from elsewhere.
[[nodiscard]] std::expected<domain::Picture, std::string> measure_picture(std::string_view file);

/// As a setting keeps it (domain/config.cpp reads it).
[[nodiscard]] std::string setting_of(const domain::Picture& picture);
/// For people: "svg, 320 × 80, 1234 bytes".
[[nodiscard]] std::string words_for(const domain::Picture& picture);

/// "3fa9c1d2e4b5a697.svg"; empty where there is none.
[[nodiscard]] std::string file_name(const domain::Picture& picture);

}  // namespace kassa::api

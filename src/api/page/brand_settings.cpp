#include "api/page/brand_settings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "api/page/colours.hpp"
#include "api/page/picture.hpp"
#include "domain/config.hpp"
#include "encoding/base64.hpp"
#include "encoding/utf8.hpp"
#include "protocol/schema.hpp"

namespace kassa::api {
namespace {

constexpr std::size_t kNameCharactersMax = 60;
constexpr std::size_t kContactBytesMax = 200;
constexpr std::size_t kOriginBytesMax = 128;

using Problem = std::optional<std::string>;

/// Cut and not rounded, so that 4.499 is not called 4.5.
std::string two_decimals(double value) {
  char text[16];
  (void)std::snprintf(text, sizeof text, "%.2f", std::floor(value * 100) / 100);
  return text;
}

Problem colour_problem(std::string_view value, bool dark) {
  const auto colour = parse_colour(value);
  if (!colour) return "must be a colour as #1d4ed8";
  const double contrast = least_contrast(*colour, dark ? kDarkGrounds : kLightGrounds);
  if (contrast >= kContrastMin) return std::nullopt;
  const Colour near = made_readable(*colour, dark ? kDarkGrounds : kLightGrounds);
  return std::string(value) + " has a contrast of " + two_decimals(contrast) + " on the page's " +
         (dark ? "dark" : "light") + " grounds, and what is read needs " +
         two_decimals(kContrastMin) + ": " + hex(near) + " would do";
}

Problem name_problem(std::string_view value) {
  if (encoding::count_code_points(value) <= kNameCharactersMax) return std::nullopt;
  return "must be at most " + std::to_string(kNameCharactersMax) + " characters";
}

Problem support_problem(std::string_view value) {
  if (value.size() <= kContactBytesMax && contact_of(value)) return std::nullopt;
  return "must be an e-mail address, a phone number as +992900000000, or an https URL";
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.front() != '0' &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A name of letters, digits and hyphens between dots; an IPv4 address looks like one.
bool is_host(std::string_view text) {
  constexpr std::string_view kInside = "abcdefghijklmnopqrstuvwxyz0123456789-";
  while (true) {
    const auto dot = std::min(text.find('.'), text.size());
    const auto label = text.substr(0, dot);
    if (label.empty() || label.starts_with('-') || label.ends_with('-')) return false;
    if (label.find_first_not_of(kInside) != std::string_view::npos) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

/// As browsers write it, since they compare it letter by letter, and it goes into a header: lower
/// case, nothing behind the port, and no port that goes without saying.
bool is_origin(std::string_view text, bool test) {
  const bool https = text.starts_with("https://");
  if (text.size() > kOriginBytesMax || (!https && !(test && text.starts_with("http://")))) {
    return false;
  }
  text.remove_prefix(text.find("//") + 2);
  const auto colon = std::min(text.find(':'), text.size());
  if (!is_host(text.substr(0, colon))) return false;
  if (colon == text.size()) return true;
  const auto port = text.substr(colon + 1);
  return is_port(port) && port != (https ? "443" : "80");
}

Problem origins_problem(std::string_view value, bool test) {
  const auto origins = domain::words_of(value);
  if (origins.size() > kPageOriginsMax) {
    return "must be at most " + std::to_string(kPageOriginsMax) + " origins";
  }
  for (const auto& origin : origins) {
    if (is_origin(origin, test)) continue;
    return "must be origins as https://shop.example or https://shop.example:8443, in small "
           "letters, "
           "with spaces between (http in test mode only); " +
           origin + " is none";
  }
  return std::nullopt;
}

Problem problem_of(std::string_view name, std::string_view value, bool test) {
  if (name == "brand.colour") return colour_problem(value, /*dark=*/false);
  if (name == "brand.colour_dark") return colour_problem(value, /*dark=*/true);
  if (name == "brand.name") return name_problem(value);
  if (name == "brand.support") return support_problem(value);
  if (name == "page.origins") return origins_problem(value, test);
  return std::nullopt;
}

}  // namespace

bool is_picture_setting(std::string_view name) {
  return name == "brand.logo" || name == "brand.logo_dark";
}

std::expected<std::string, std::string> checked_setting(std::string_view name,
                                                        std::string_view value, bool test) {
  if (is_picture_setting(name)) {
    const auto file = encoding::from_base64(value);
    if (!file)
      return std::unexpected("must be an SVG or PNG file: " + std::string(name) + "=@FILE");
    const auto picture = measure_picture(*file);
    if (!picture) return std::unexpected(picture.error());
    return setting_of(*picture);
  }
  if (auto problem = problem_of(name, value, test)) return std::unexpected(std::move(*problem));
  return std::string(value);
}

std::optional<Contact> contact_of(std::string_view support) {
  using protocol::Format;
  constexpr std::string_view kHttps = "https://";
  if (protocol::has_format(Format::kEmail, support, false)) {
    return Contact{"mailto:" + std::string(support), std::string(support)};
  }
  if (protocol::has_format(Format::kUrl, support, false)) {
    std::string text(support.substr(kHttps.size()));
    if (text.ends_with('/')) text.pop_back();
    return Contact{std::string(support), std::move(text)};
  }
  const bool phone = support.starts_with('+') && support.size() >= 8 && support.size() <= 16 &&
                     support.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!phone) return std::nullopt;
  return Contact{"tel:" + std::string(support), std::string(support)};
}

}  // namespace kassa::api

#include "api/page/colours.hpp"

#include <algorithm>
#include <cmath>

#include "encoding/base64.hpp"

namespace kassa::api {
namespace {

constexpr int kTintPercent = 10;
constexpr std::string_view kStyleBegin = "colours-";
constexpr std::string_view kStyleEnd = ".css";

double linear(std::uint8_t channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(Colour colour) {
  return (0.2126 * linear(colour.red)) + (0.7152 * linear(colour.green)) +
         (0.0722 * linear(colour.blue));
}

/// `percent` of `a` on `b`.
Colour mix(Colour a, Colour b, int percent) {
  const auto channel = [percent](int x, int y) {
    return static_cast<std::uint8_t>(((x * percent) + (y * (100 - percent))) / 100);
  };
  return {channel(a.red, b.red), channel(a.green, b.green), channel(a.blue, b.blue)};
}

/// `percent` from 100 to where the brightest channel ends.
Colour brighter(Colour colour, int percent) {
  const auto channel = [percent](std::uint8_t value) {
    return static_cast<std::uint8_t>(std::min(value * percent / 100, 255));
  };
  return {channel(colour.red), channel(colour.green), channel(colour.blue)};
}

std::string digits_of(Colour colour) {
  return encoding::to_hex(std::array{colour.red, colour.green, colour.blue});
}

/// "1d4ed8", in lower case: one pair of colours has one name.
std::optional<Colour> parse_digits(std::string_view text) {
  if (text.size() != 6) return std::nullopt;
  const auto bytes = encoding::from_hex(text);
  if (!bytes) return std::nullopt;
  const auto channel = [&bytes](std::size_t i) { return static_cast<std::uint8_t>((*bytes)[i]); };
  return Colour{channel(0), channel(1), channel(2)};
}

std::string rule_of(Colour colour, const Grounds& grounds) {
  return ":root{--brand:" + hex(colour) + ";--tint:" + hex(tint_of(colour, grounds)) + "}";
}

}  // namespace

std::optional<Colour> parse_colour(std::string_view text) {
  return text.starts_with('#') ? parse_digits(text.substr(1)) : std::nullopt;
}

std::string hex(Colour colour) {
  return "#" + digits_of(colour);
}

double contrast_of(Colour a, Colour b) {
  const double one = luminance(a) + 0.05;
  const double other = luminance(b) + 0.05;
  return std::max(one, other) / std::min(one, other);
}

Colour tint_of(Colour colour, const Grounds& grounds) {
  return mix(colour, grounds.card, kTintPercent);
}

double least_contrast(Colour colour, const Grounds& grounds) {
  return std::min({contrast_of(colour, grounds.page), contrast_of(colour, grounds.card),
                   contrast_of(colour, tint_of(colour, grounds)),
                   contrast_of(colour, grounds.ink)});
}

Colour made_readable(Colour colour, const Grounds& grounds, double contrast) {
  if (grounds.beyond == kDarkGrounds.beyond) {
    // First brighter as it is: white at once would make a grey of it.
    const int most = 25'500 / std::max<int>({colour.red, colour.green, colour.blue, 1});
    for (int percent = 100; percent < most; ++percent) {
      if (least_contrast(brighter(colour, percent), grounds) >= contrast) {
        return brighter(colour, percent);
      }
    }
    colour = brighter(colour, std::max(most, 100));
  }
  for (int percent = 100; percent > 0; --percent) {
    const Colour moved = mix(colour, grounds.beyond, percent);
    if (least_contrast(moved, grounds) >= contrast) return moved;
  }
  return grounds.beyond;
}

std::optional<ColourPair> colours_of(const domain::Brand& brand) {
  const auto light = parse_colour(brand.colour);
  const auto dark = parse_colour(brand.colour_dark);
  if (!light && !dark) return std::nullopt;
  ColourPair pair;
  if (light) pair.light = *light;
  pair.dark = dark ? *dark : made_readable(pair.light, kDarkGrounds, kContrastGood);
  return pair;
}

std::string style_name(const ColourPair& colours) {
  return std::string(kStyleBegin) + digits_of(colours.light) + "-" + digits_of(colours.dark) +
         std::string(kStyleEnd);
}

std::optional<std::string> style_of(std::string_view name) {
  if (!name.starts_with(kStyleBegin) || !name.ends_with(kStyleEnd)) return std::nullopt;
  name.remove_prefix(kStyleBegin.size());
  name.remove_suffix(std::min(kStyleEnd.size(), name.size()));
  const auto light = parse_digits(name.substr(0, 6));
  const auto dark =
      name.size() == 13 && name[6] == '-' ? parse_digits(name.substr(7)) : std::nullopt;
  if (!light || !dark) return std::nullopt;
  return rule_of(*light, kLightGrounds) + "@media(prefers-color-scheme:dark){" +
         rule_of(*dark, kDarkGrounds) + "}";
}

}  // namespace kassa::api

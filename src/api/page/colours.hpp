// Colours of the payer's page, and whether they can be read: WCAG 2's contrast.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/config.hpp"

namespace kassa::api {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  bool operator==(const Colour&) const = default;
};

/// "#1d4ed8".
[[nodiscard]] std::optional<Colour> parse_colour(std::string_view text);
[[nodiscard]] std::string hex(Colour colour);

/// WCAG's ratio: 1 … 21.
[[nodiscard]] double contrast_of(Colour a, Colour b);

/// What a colour stands on in web/src/page.css; a test compares them.
struct Grounds {
  Colour page;    // --ground
  Colour card;    // --card
  Colour ink;     // --brand-ink: what is written on a button of the colour
  Colour brand;   // --brand, where a project has none
  Colour beyond;  // where a colour goes to be readable: black, or white
};
inline constexpr Grounds kLightGrounds = {
    {243, 244, 247}, {255, 255, 255}, {255, 255, 255}, {29, 78, 216}, {0, 0, 0}};
inline constexpr Grounds kDarkGrounds = {
    {13, 16, 21}, {23, 27, 34}, {11, 21, 48}, {143, 176, 255}, {255, 255, 255}};

/// WCAG AA for text.
inline constexpr double kContrastMin = 4.5;
/// What a colour that nobody chose is moved to: that of Kassa's own.
inline constexpr double kContrastGood = 6.5;

/// A tenth of the colour on the card: behind what it marks.
[[nodiscard]] Colour tint_of(Colour colour, const Grounds& grounds);
/// The least contrast of the colour with anything that it stands on or that stands on it.
[[nodiscard]] double least_contrast(Colour colour, const Grounds& grounds);
/// The colour itself where it has that contrast, else moved to white or black until it has.
[[nodiscard]] Colour made_readable(Colour colour, const Grounds& grounds,
                                   double contrast = kContrastMin);

/// The pair that a brand's page has, both readable.
struct ColourPair {
  Colour light = kLightGrounds.brand;
  Colour dark = kDarkGrounds.brand;
};
/// Nothing where the brand has no colour of its own.
[[nodiscard]] std::optional<ColourPair> colours_of(const domain::Brand& brand);

/// "colours-1d4ed8-8fb0ff.css": what it says is all in its name, so it never changes.
[[nodiscard]] std::string style_name(const ColourPair& colours);
/// The style of that name; nothing if it is none.
[[nodiscard]] std::optional<std::string> style_of(std::string_view name);

}  // namespace kassa::api

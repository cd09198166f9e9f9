// A project's look: what may be saved, what becomes of it on the page, and that whatever may be
// saved can be read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "api/page/brand.hpp"
#include "api/page/picture.hpp"
#include "encoding/base64.hpp"

namespace kassa::api {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Why the setting is refused; empty if it isn't.
std::string problem_of(std::string_view name, std::string_view value, bool test = false) {
  const auto kept = checked_setting(name, value, test);
  return kept ? std::string() : kept.error();
}

std::string base64(std::string_view bytes) {
  return encoding::to_base64(bytes, encoding::Base64::kStandardPadded);
}

std::string png(std::size_t bytes, std::string_view width = {"\0\0\1\100", 4}) {
  std::string file("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
  file += std::string(width) + std::string("\0\0\0\120", 4);
  file.resize(bytes, 'x');
  return file;
}

std::string svg(std::string_view inside = "",
                std::string_view attributes = R"(viewBox="0 0 320 80")") {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" " + std::string(attributes) + ">" +
         std::string(inside) + "</svg>";
}

// ---- colours
// -------------------------------------------------------------------------------------

TEST(Colours, ContrastIsThatOfWcag) {
  EXPECT_NEAR(contrast_of({0, 0, 0}, {255, 255, 255}), 21.0, 0.001);
  EXPECT_NEAR(contrast_of({255, 255, 255}, {255, 255, 255}), 1.0, 0.001);
  EXPECT_NEAR(contrast_of({0x76, 0x76, 0x76}, {255, 255, 255}), 4.54, 0.005);
  EXPECT_NEAR(contrast_of({0x77, 0x77, 0x77}, {255, 255, 255}), 4.48, 0.005);
}

TEST(Colours, OneThatCantBeReadIsRefusedWithItsContrastAndOneThatCan) {
  EXPECT_EQ(problem_of("brand.colour", "#1d4ed8"), "");
  EXPECT_EQ(problem_of("brand.colour_dark", "#8fb0ff"), "");
  EXPECT_EQ(problem_of("brand.colour", "#ffcc00"),
            "#ffcc00 has a contrast of 1.37 on the page's light grounds, and what is read needs "
            "4.50: #846a00 would do");
  EXPECT_EQ(problem_of("brand.colour", "#846a00"), "");
  EXPECT_THAT(problem_of("brand.colour_dark", "#1d4ed8"), HasSubstr("on the page's dark grounds"));
  for (const auto* wrong : {"1d4ed8", "#1d4ed", "#1d4ed8f", "#1d4eg8", "red", "#-1-1-1", "#", ""}) {
    EXPECT_EQ(problem_of("brand.colour", wrong), "must be a colour as #1d4ed8") << wrong;
  }
}

TEST(Colours, EveryColourHasReadableOnesNearby) {
  for (int red = 0; red < 256; red += 15) {
    for (int green = 0; green < 256; green += 15) {
      for (int blue = 0; blue < 256; blue += 15) {
        const Colour colour{static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                            static_cast<std::uint8_t>(blue)};
        for (const Grounds& grounds : {kLightGrounds, kDarkGrounds}) {
          const Colour readable = made_readable(colour, grounds);
          EXPECT_GE(least_contrast(readable, grounds), kContrastMin) << hex(colour);
          if (least_contrast(colour, grounds) >= kContrastMin) {
            EXPECT_EQ(readable, colour);
          }
        }
      }
    }
  }
}

TEST(Colours, AreThoseOfThePagesStyle) {
  std::ifstream file(KASSA_SOURCE_DIR "/web/src/page.css");
  const std::string css{std::istreambuf_iterator<char>(file), {}};
  const auto dark_at = css.find("prefers-color-scheme: dark");
  ASSERT_NE(dark_at, std::string::npos);
  const auto value_of = [](std::string_view part, std::string_view name) {
    const auto at = part.find("--" + std::string(name) + ": #");
    std::string digits(
        part.substr(at + name.size() + 5, part.find(';', at) - at - name.size() - 5));
    if (digits.size() == 3) {
      digits = {digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]};
    }
    return "#" + digits;
  };
  const std::string_view light = std::string_view(css).substr(0, dark_at);
  const std::string_view dark = std::string_view(css).substr(dark_at);
  for (const auto& [part, grounds] :
       {std::pair{light, kLightGrounds}, std::pair{dark, kDarkGrounds}}) {
    EXPECT_EQ(value_of(part, "ground"), hex(grounds.page));
    EXPECT_EQ(value_of(part, "card"), hex(grounds.card));
    EXPECT_EQ(value_of(part, "brand-ink"), hex(grounds.ink));
    EXPECT_EQ(value_of(part, "brand"), hex(grounds.brand));
    EXPECT_GE(least_contrast(grounds.brand, grounds), kContrastMin);
  }
}

TEST(Colours, AStyleSaysWhatItsNameSays) {
  const ColourPair pair{{0x0b, 0x6e, 0x4f}, {0x7b, 0xe0, 0xb5}};
  EXPECT_EQ(style_name(pair), "colours-0b6e4f-7be0b5.css");
  EXPECT_EQ(style_of("colours-0b6e4f-7be0b5.css"),
            ":root{--brand:#0b6e4f;--tint:#e6f0ed}@media(prefers-color-scheme:dark){:root{"
            "--brand:#7be0b5;--tint:#212e30}}");
  for (const auto* wrong :
       {"colours-0b6e4f.css", "colours-0b6e4f-7be0b.css", "colours-0b6e4f-red}}x.css",
        "colours-0b6e4f-7be0b5", "0b6e4f-7be0b5.css", "colours-.css", ""}) {
    EXPECT_EQ(style_of(wrong), std::nullopt) << wrong;
  }
}

TEST(Colours, OneIsEnough) {
  domain::Brand brand;
  EXPECT_FALSE(colours_of(brand).has_value());
  brand.colour = "#0b6e4f";
  const auto derived = colours_of(brand);
  ASSERT_TRUE(derived.has_value());
  EXPECT_EQ(hex(derived->light), "#0b6e4f");
  EXPECT_GE(least_contrast(derived->dark, kDarkGrounds), kContrastMin);
  brand.colour_dark = "#7be0b5";
  EXPECT_EQ(hex(colours_of(brand)->dark), "#7be0b5");
  brand.colour = "";
  EXPECT_EQ(colours_of(brand)->light, kLightGrounds.brand);
}

// ---- pictures
// ------------------------------------------------------------------------------------

TEST(Picture, IsMeasuredAndNamedByItsContent) {
  const auto picture = measure_picture(svg("<path d=\"M0 0h9\"/>"));
  ASSERT_TRUE(picture.has_value()) << picture.error();
  EXPECT_EQ(picture->width, 320);
  EXPECT_EQ(picture->height, 80);
  EXPECT_EQ(file_name(*picture), picture->digest + ".svg");
  EXPECT_NE(picture->digest, measure_picture(svg("<path d=\"M0 0h8\"/>"))->digest);
  const auto other = measure_picture(png(300));
  ASSERT_TRUE(other.has_value()) << other.error();
  EXPECT_EQ(words_for(*other), "png, 320 × 80, 300 bytes");
}

TEST(Picture, StaysTheSameThroughItsSetting) {
  const std::string file = svg();
  const auto kept = checked_setting("brand.logo", base64(file), false);
  ASSERT_TRUE(kept.has_value()) << kept.error();
  const domain::SettingId merchant{"merchant", "11111111-1111-4111-8111-111111111111", "name"};
  const std::string id = "22222222-2222-4222-8222-222222222222";
  const auto config = domain::build_config({{merchant, "Shop"},
                                            {{"project", id, "merchant"}, merchant.id},
                                            {{"project", id, "name"}, "Shop"},
                                            {{"project", id, "brand.logo"}, *kept}},
                                           1);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  const auto& logo = config->project(*domain::ProjectId::parse(id))->brand.logo;
  EXPECT_EQ(logo.type, "svg");
  EXPECT_EQ(logo.width, 320);
  EXPECT_EQ(encoding::from_base64(logo.content), file);
}

TEST(Picture, IsOfABoundedSize) {
  EXPECT_EQ(problem_of("brand.logo", base64(png(16 * 1024))), "");
  EXPECT_EQ(problem_of("brand.logo", base64(png(16 * 1024 + 1))),
            "must not be larger than 16 KiB; it has 16385 bytes");
  EXPECT_EQ(problem_of("brand.logo", base64(png(100, {"\0\0\4\1", 4}))),
            "must be 1 to 1024 pixels a side");
  for (const auto* box :
       {"", R"(viewBox="0 0 0 80")", R"(viewBox="0 0 nan 80")", R"(viewBox="0 0 320")",
        R"(viewBox="0 0 1e99 80")", R"(width="320" height="80")"}) {
    EXPECT_THAT(problem_of("brand.logo", base64(svg("", box))), HasSubstr("must have a viewBox"))
        << box;
  }
}

TEST(Picture, DrawsAndDoesNothingElse) {
  for (const auto* fine :
       {"<g fill=\"url(#a)\"/>", R"(<use href="#a"/>)", R"(<use xlink:href = '#a'/>)",
        R"(<text>once upon</text>)", R"(<path style="fill:#fff"/>)"}) {
    EXPECT_EQ(problem_of("brand.logo", base64(svg(fine))), "") << fine;
  }
  for (const auto* wrong :
       {"<script>alert(1)</script>", "<SCRIPT/>", "<foreignObject/>", "<image href='#a'/>",
        "<path onload=\"alert(1)\"/>", "<path\nonClick = 'alert(1)'/>", "<path/onload=alert(1)>",
        "<a href=\"https://a.example\"/>", "<use href=\"//a.example#b\"/>",
        "<a href=\"javascript:alert(1)\"/>", "<g fill=\"url(https://a.example/b)\"/>",
        "<style>@import 'a'</style>", "<style>a{fill:url( 'https://a.example' )}</style>",
        "<!ENTITY a>", "<!DOCTYPE svg>"}) {
    EXPECT_NE(problem_of("brand.logo", base64(svg(wrong))), "") << wrong;
  }
  for (const std::string& wrong : {std::string("<html></html>"), std::string("GIF89a"),
                                   std::string(), std::string("\x89PNG\r\n\x1a\n")}) {
    EXPECT_EQ(problem_of("brand.logo", base64(wrong)), "must be an SVG or PNG file");
  }
  EXPECT_EQ(problem_of("brand.logo", "logo.svg"), "must be an SVG or PNG file: brand.logo=@FILE");
}

// ---- origins, name, support
// ----------------------------------------------------------------------

TEST(PageOrigins, AreOriginsAsBrowsersWriteThem) {
  EXPECT_EQ(problem_of("page.origins", "https://shop.example https://a.example:8443"), "");
  EXPECT_EQ(problem_of("page.origins", "http://127.0.0.1:8081", /*test=*/true), "");
  for (const auto* wrong : {"http://shop.example", "https://shop.example/", "*", "https://",
                            "https://a.example;script-src", "https://*.example", "null",
                            "https://Shop.example", "https://a.example:443", "https://a.example:",
                            "https://a..example", "https://a.example:08", "https://-a.example",
                            "shop.example", "https://a.example\nx: y", "https://user@a.example"}) {
    EXPECT_THAT(problem_of("page.origins", wrong), HasSubstr("must be origins as https://"))
        << wrong;
  }
  std::string many;
  for (int i = 0; i < 17; ++i) many += "https://a" + std::to_string(i) + ".example ";
  EXPECT_EQ(problem_of("page.origins", many), "must be at most 16 origins");
}

TEST(BrandSupport, IsSomewhereAPayerCanGo) {
  EXPECT_EQ(contact_of("help@shop.example")->href, "mailto:help@shop.example");
  EXPECT_EQ(contact_of("+992900000000")->href, "tel:+992900000000");
  EXPECT_EQ(contact_of("https://shop.example/help/")->text, "shop.example/help");
  for (const auto* wrong :
       {"javascript:alert(1)", "http://a.example", "help", "+1", "+7900000000x", ""}) {
    EXPECT_NE(problem_of("brand.support", wrong), "") << wrong;
  }
}

TEST(BrandName, IsShort) {
  std::string name;
  for (int i = 0; i < 60; ++i) name += "Ш";
  EXPECT_EQ(problem_of("brand.name", name), "");
  EXPECT_EQ(problem_of("brand.name", name + "x"), "must be at most 60 characters");
}

// ---- the page's top
// ------------------------------------------------------------------------------

std::string top_of(const PageBrand& brand) {
  Html html;
  append_brand(html, "/pay", brand);
  return html.take();
}

TEST(BrandOnThePage, AWideLogoIsTheNameASmallOneStandsBeforeIt) {
  PageBrand brand;
  brand.name = "Tea & <b>";
  EXPECT_EQ(top_of(brand), "<div class=\"brand\"><span>Tea &amp; &lt;b&gt;</span></div>");
  brand.logo = {"brand/a.svg", 320, 80};
  EXPECT_EQ(top_of(brand),
            "<div class=\"brand\"><img src=\"/pay/brand/a.svg\" width=\"320\" height=\"80\" "
            "alt=\"Tea &amp; &lt;b&gt;\" class=\"day\"></div>");
  brand.logo = {"brand/a.svg", 64, 64};
  EXPECT_THAT(top_of(brand), HasSubstr("alt=\"\" class=\"day\"><span>Tea"));
  brand.logo_dark = {"brand/b.svg", 64, 64};
  EXPECT_THAT(top_of(brand), HasSubstr("srcset=\"/pay/brand/b.svg\""));
  EXPECT_THAT(top_of(brand), Not(HasSubstr("class=\"day\"")));
}

}  // namespace
}  // namespace kassa::api

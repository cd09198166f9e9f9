// How a project's page looks, and its files: a style of two colours, and pictures. All are served
// from the page's own address under names that are made of what is in them, so browsers keep them
// for ever, and a change is seen with the next page (docs/page.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/gateway.hpp"
#include "api/page/brand_settings.hpp"
#include "api/page/colours.hpp"
#include "api/page/html.hpp"
#include "domain/config.hpp"

namespace kassa::api {

struct PageBrand {
  struct Logo {
    std::string path;  // "brand/3fa9c1d2e4b5a697.svg", below the page's base; empty: none
    std::int32_t width = 0;
    std::int32_t height = 0;

    /// Wide enough to hold the name; else it stands before it.
    [[nodiscard]] bool is_wide() const { return width > 2 * height; }
  };
  std::string name;
  Logo logo;
  Logo logo_dark;
  std::optional<ColourPair> colours;
  std::optional<Contact> support;
  std::vector<std::string> origins;  // whose pages may frame this one
};

[[nodiscard]] PageBrand brand_of(const domain::Project& project);

/// The style of its colours, into the head, behind the page's own.
void append_brand_head(Html& html, const std::string& base, const PageBrand& brand);
/// Its logo or name, at the page's top.
void append_brand(Html& html, const std::string& base, const PageBrand& brand);

/// Serves the files.
void add_brand_routes(Gateway& gateway, const std::string& base, http::Router& router);

}  // namespace kassa::api

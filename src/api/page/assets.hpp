// The scripts, styles and pictures of the payer's page and of /docs, which are part of the program:
// whatever `web/dist` held when it was built. Where it held nothing, the page works without them.
#pragma once

#include <string>
#include <string_view>

#include "http/static_files.hpp"

namespace kassa::api {

[[nodiscard]] const http::StaticFiles& page_assets();

/// Where the present version of an asset is, below the page's base: "assets/page.js" →
/// "assets/page-3fa9c1d2.js". Empty where there is none.
[[nodiscard]] std::string asset_path(std::string_view name);

/// Adds the routes of the payer's page's files: `assets/` and those that stand in no folder.
void add_asset_routes(const std::string& base, http::Router& router);

}  // namespace kassa::api

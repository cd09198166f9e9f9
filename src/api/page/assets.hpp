// The files of web/dist, compiled in.
#pragma once

#include <string_view>

namespace kassa::api {

/// "assets/page.js" → "assets/page-3fa9c1d2.js", its present name below the page's base, or empty.
[[nodiscard]] std::string_view asset_path(std::string_view plain);

}  // namespace kassa::api

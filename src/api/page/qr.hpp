// A QR code as an SVG picture within the page: no request, no script, sharp at any size.
#pragma once

#include <string_view>

#include "api/page/html.hpp"

namespace kassa::api {

/// False, and nothing appended, if the text is longer than a QR code can hold.
bool append_qr_code(Html& html, std::string_view text, std::string_view label);

}  // namespace kassa::api

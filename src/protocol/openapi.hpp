// The OpenAPI 3.1 document of the merchants' API, generated from the same declarations that
// requests are checked by (schema.hpp) and errors are made of (errors.hpp).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace kassa::protocol {

/// The whole document as JSON, of the endpoints whose paths are `served`. `api_base` is the public
/// base URL without trailing slash. Made once at start: it takes about a millisecond.
[[nodiscard]] std::string openapi_document(std::string_view api_base, std::string_view version,
                                           std::span<const std::string_view> served);

}  // namespace kassa::protocol

// Catalog files: countries, currencies and banks (ops/catalog.hpp says what they look like).
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "ops/catalog.hpp"

namespace kassa::api {

/// The settings of a catalog that may be stored: its phone patterns are good too. An error is a
/// sentence.
[[nodiscard]] std::expected<ops::Catalog, std::string> read_catalog(std::string_view toml);

}  // namespace kassa::api

// Countries, currencies and banks as a TOML file: [kind.id] tables whose keys are settings.
//
// The catalog that ships with Kassa (data/catalog.toml) is compiled in and put into a new store;
// another country comes in with `kassa catalog import FILE`.
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "domain/config.hpp"

namespace kassa::ops {

using Catalog = std::map<domain::SettingId, std::string>;

/// Strings and integers as they are, arrays of strings joined by spaces; only the kinds currency,
/// country and bank. An error is a sentence with the line.
[[nodiscard]] std::expected<Catalog, std::string> parse_catalog(std::string_view toml);

/// data/catalog.toml of this build.
[[nodiscard]] std::string_view built_in_catalog();

}  // namespace kassa::ops

#include "ops/catalog.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>

namespace kassa::ops {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"currency", "country", "bank"};

std::string place(const toml::node& node) {
  return "line " + std::to_string(node.source().begin.line) + ": ";
}

std::expected<std::string, std::string> value_of(const toml::node& node) {
  if (const auto text = node.value<std::string>()) return *text;
  if (const auto number = node.value<std::int64_t>(); number && node.is_integer()) {
    return std::to_string(*number);
  }
  if (const toml::array* list = node.as_array()) {
    std::string joined;
    for (const toml::node& item : *list) {
      const auto word = item.value<std::string>();
      if (!word) return std::unexpected(place(item) + "a list may hold strings only");
      if (!joined.empty()) joined += ' ';
      joined += *word;
    }
    return joined;
  }
  return std::unexpected(place(node) + "a value must be a string, an integer or a list of strings");
}

}  // namespace

std::expected<Catalog, std::string> parse_catalog(std::string_view text) {
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return std::unexpected("line " + std::to_string(error.source().begin.line) + ": " +
                           std::string(error.description()));
  }
  Catalog catalog;
  for (const auto& [kind, objects] : root) {
    if (std::ranges::find(kKinds, kind.str()) == kKinds.end() || !objects.is_table()) {
      return std::unexpected(place(objects) + std::string(kind.str()) +
                             " is not a catalog kind: currency, country or bank");
    }
    for (const auto& [id, settings] : *objects.as_table()) {
      if (!settings.is_table()) {
        return std::unexpected(place(settings) + std::string(id.str()) + " must be a table");
      }
      for (const auto& [name, node] : *settings.as_table()) {
        const auto value = value_of(node);
        if (!value) return std::unexpected(value.error());
        catalog[{std::string(kind.str()), std::string(id.str()), std::string(name.str())}] = *value;
      }
    }
  }
  return catalog;
}

}  // namespace kassa::ops

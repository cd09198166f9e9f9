#include "api/admin/catalog.hpp"

#include "api/admin/desk.hpp"
#include "protocol/phone_pattern.hpp"

namespace kassa::api {

std::expected<ops::Catalog, std::string> read_catalog(std::string_view toml) {
  auto catalog = ops::parse_catalog(toml);
  if (!catalog) return catalog;
  for (const auto& [id, value] : *catalog) {
    if (id.kind != "currency" || id.name != "phone_pattern") continue;
    if (const auto wrong = protocol::pattern_error(value)) {
      return std::unexpected("the phone_pattern of " + id.id + " can't be read: " + *wrong);
    }
  }
  return catalog;
}

http::Response import_catalog(Gateway& gateway, Fields& fields) {
  const auto text = fields.find("toml");
  if (!text || text->kind() != protocol::JsonKind::kString) fields.required("toml");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto catalog = read_catalog(text->text());
  if (!catalog) {
    fields.bad_format("toml", catalog.error());
    return *wrong_fields(fields);
  }
  domain::ChangeConfig change;
  for (const auto& [id, value] : *catalog) change.settings.emplace_back(id, value);
  return carry_out(gateway, change, [&](const auto&) {
    return R"({"settings":)" + std::to_string(catalog->size()) + "}";
  });
}

}  // namespace kassa::api

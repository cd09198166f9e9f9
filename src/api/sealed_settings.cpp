#include "api/sealed_settings.hpp"

#include "api/key_table.hpp"
#include "callbacks/callback_keys.hpp"
#include "encoding/base64.hpp"

namespace kassa::api {
namespace {

/// What a setting's blob is bound to; empty where it holds none.
std::string_view table_of(const domain::SettingId& id) {
  if (id.kind == "keyset" && id.name == "hmac_secret") return kKeySetTable;
  const bool of_callbacks =
      id.kind == "project" &&
      (id.name == "callback.rsa_private" || id.name == "callback.hmac" ||
       id.name == "callback.next_rsa_private" || id.name == "callback.next_hmac");
  return of_callbacks ? callbacks::kCallbackKeysTable : std::string_view();
}

}  // namespace

std::string seal_text(const ops::KeyRing& ring, std::string_view table, const domain::Uuid& row,
                      const std::string& text) {
  return encoding::to_base64(ring.seal(table, row.bytes, text));
}

bool is_sealed(const domain::SettingId& id) {
  return !table_of(id).empty();
}

std::vector<SealedSetting> sealed_settings(const domain::Config& config) {
  std::vector<SealedSetting> sealed;
  for (const auto& [id, value] : config.settings) {
    const auto table = table_of(id);
    const auto row = domain::Uuid::parse(id.id);
    if (table.empty() || value.empty() || !row) continue;
    sealed.push_back({id, value, table, *row});
  }
  return sealed;
}

}  // namespace kassa::api

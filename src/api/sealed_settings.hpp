// Settings that hold a secret: request keys by HMAC, and what callbacks are signed with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/config.hpp"
#include "ops/key_ring.hpp"

namespace kassa::api {

struct SealedSetting {
  domain::SettingId id;
  std::string value;       // Base64Url of the blob
  std::string_view table;  // what the blob is bound to, with the row
  domain::Uuid row;
};

/// A secret as a setting keeps it: sealed, in Base64Url.
[[nodiscard]] std::string seal_text(const ops::KeyRing& ring, std::string_view table,
                                    const domain::Uuid& row, const std::string& text);
/// Whether the setting of that name is such a secret.
[[nodiscard]] bool is_sealed(const domain::SettingId& id);
[[nodiscard]] std::vector<SealedSetting> sealed_settings(const domain::Config& config);

}  // namespace kassa::api

// Settings that hold a secret: request keys by HMAC, and what callbacks are signed with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/config.hpp"

namespace kassa::api {

struct SealedSetting {
  domain::SettingId id;
  std::string value;       // Base64Url of the blob
  std::string_view table;  // what the blob is bound to, with the row
  domain::Uuid row;
};

[[nodiscard]] std::vector<SealedSetting> sealed_settings(const domain::Config& config);

}  // namespace kassa::api

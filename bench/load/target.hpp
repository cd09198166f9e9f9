// Whom the load goes to: a sandbox, as its ready line (`kassa sandbox --json`) or its folder says.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/keys.hpp"

namespace kassa::bench {

struct Target {
  std::string host;  // a numeric IPv4 address
  std::uint16_t port = 0;
  std::string project_id;
  std::filesystem::path private_key;
  std::filesystem::path hmac_key;
  std::filesystem::path callback_public_key;
  std::filesystem::path callback_hmac_key;
};

/// Throws Failure.
[[nodiscard]] Target target_of_ready_line(std::string_view line);
/// A sandbox that runs on `dir`: from its kassa.toml and sandbox.json. Throws Failure.
[[nodiscard]] Target target_of_folder(const std::filesystem::path& dir);
/// The process that owns the store of `dir`, by its lock file.
[[nodiscard]] std::optional<int> owner_of(const std::filesystem::path& dir);

/// The whole of a small file. Throws Failure.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace kassa::bench

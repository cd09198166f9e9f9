// SHA-256 of a file, as backups name it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace kassa::ops {

struct FileDigest {
  std::int64_t bytes = 0;
  std::string sha256;  // 64 lower-case hexadecimal digits

  bool operator==(const FileDigest&) const = default;
};

/// Reads the whole file, part by part; throws std::system_error with its path.
[[nodiscard]] FileDigest digest_of_file(const std::filesystem::path& path);

}  // namespace kassa::ops

// What this binary was built from, as `kassa version`, the log's first line and a metric say it.
#pragma once

#include <string>
#include <string_view>

namespace kassa::ops {

struct BuildInfo {
  std::string_view version;   // "0.1.0"
  std::string_view revision;  // short commit id, with "+" when the tree had changes; "unknown"
  std::string_view compiler;  // "g++ 12.2.0"
};

[[nodiscard]] BuildInfo build_info();

/// "kassa 0.1.0 (1a2b3c4d, g++ 12.2.0)"
[[nodiscard]] std::string build_line();

}  // namespace kassa::ops

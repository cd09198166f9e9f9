// What the configuration names, looked at without serving.
#pragma once

#include <string>
#include <vector>

#include "ops/config.hpp"

namespace kassa::cli {

/// Why `serve` could not start with it, one sentence each: the URL of the store, the key ring, the
/// certificate and its key, the limit of open files. Opens no store and changes nothing of it.
[[nodiscard]] std::vector<std::string> problems_of(const ops::Config& config);

}  // namespace kassa::cli

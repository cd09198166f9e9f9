// The command line of the load generator.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "protocol/signature.hpp"

namespace kassa::bench {

struct Options {
  std::string store;              // of the one that is started; empty: a file in its folder
  std::filesystem::path spawn;    // a kassa binary; the default where no target is named
  std::filesystem::path sandbox;  // the folder of one that runs
  std::filesystem::path target;   // a file with its ready line
  bool open_loop = false;
  std::size_t connections = 64;
  std::uint32_t rate_per_second = 1'000;
  std::size_t requests = 20'000;
  std::chrono::seconds duration{60};
  std::chrono::seconds drain{180};
  protocol::SignatureAlgorithm algorithm = protocol::SignatureAlgorithm::kRsaSha256;
  bool life = false;
  std::uint32_t crash_rounds = 0;
  std::uint64_t seed = 0;
  bool json = false;
};

/// Nothing when the program is to end with `exit_code` (help, a wrong option).
[[nodiscard]] std::optional<Options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace kassa::bench

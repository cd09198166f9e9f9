// The sandbox's demonstration: one payin from a signed request to success, told step by step on the
// terminal, with its callbacks received and verified.
#pragma once

#include <string>

namespace kassa::cli {

struct DemoOptions {
  std::string base_url;
  std::string project_id;
  std::string private_key;  // file paths
  std::string callback_public_key;
};

/// Throws Refused when a step does not come to what it should.
void run_demo(const DemoOptions& options);

}  // namespace kassa::cli

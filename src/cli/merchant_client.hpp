// A merchant's client of the signed API, as an integrator would write it: what the sandbox's
// demonstration uses. It speaks real HTTP to the server.
#pragma once

#include <string>

#include "protocol/keys.hpp"

namespace kassa::cli {

struct MerchantAnswer {
  long status = 0;
  std::string body;
};

class MerchantClient {
 public:
  /// `base_url` without a trailing slash.
  MerchantClient(std::string base_url, std::string project_id, const std::string& private_pem);

  /// Signs the body (RSA) and posts it. Throws Refused when nobody answers.
  [[nodiscard]] MerchantAnswer post(const std::string& path, const std::string& body) const;

 private:
  std::string base_url_;
  std::string project_id_;
  protocol::PrivateKey key_;
};

}  // namespace kassa::cli

// A callback as a merchant's endpoint takes it: read, and its signature verified.
#pragma once

#include <optional>
#include <string>

#include "http/http.hpp"
#include "protocol/keys.hpp"

namespace kassa::cli {

struct HeardCallback {
  std::string payment_id;
  std::string state;  // "processing:paid", "success"
  bool genuine = false;
};

class CallbackReader {
 public:
  /// Throws Refused for what is no RSA public key.
  explicit CallbackReader(const std::string& callback_public_pem);

  /// Nothing for what is no callback at all.
  [[nodiscard]] std::optional<HeardCallback> read(const http::Request& request) const;

 private:
  protocol::PublicKey key_;
};

}  // namespace kassa::cli

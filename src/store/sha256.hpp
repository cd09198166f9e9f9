// SHA-256 of bytes that come part by part. Not for two threads at once.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kassa::store {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();

  void add(std::string_view bytes);
  /// Of all that was added since the last `end`; the next `add` begins another one.
  [[nodiscard]] Digest end();

 private:
  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  void begin();

  std::unique_ptr<EVP_MD, Free> algorithm_;
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

/// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string hex_of(const Digest& digest);

}  // namespace kassa::store

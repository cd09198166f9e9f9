#include "store/sha256.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "domain/check.hpp"

namespace kassa::store {

Sha256::Sha256()
    : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  KASSA_CHECK(algorithm_ && context_, "OpenSSL has no SHA-256");
  begin();
}

void Sha256::begin() {
  KASSA_CHECK(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1, "SHA-256 failed");
}

void Sha256::add(std::string_view bytes) {
  KASSA_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1, "SHA-256 failed");
}

Digest Sha256::end() {
  Digest digest{};
  KASSA_CHECK(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1, "SHA-256 failed");
  begin();
  return digest;
}

std::string hex_of(const Digest& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace kassa::store

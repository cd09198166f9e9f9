#include "ops/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>

#include "domain/check.hpp"

namespace kassa::ops {
namespace {

struct Free {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
  void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

Owned<EVP_MAC_CTX> new_hmac_sha256_context() {
  static const Owned<EVP_MAC> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  KASSA_CHECK(mac != nullptr, "OpenSSL has no HMAC");
  Owned<EVP_MAC_CTX> context{EVP_MAC_CTX_new(mac.get())};
  KASSA_CHECK(context != nullptr, "OpenSSL made no HMAC context");
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end(),
  };
  KASSA_CHECK(EVP_MAC_CTX_set_params(context.get(), params) == 1, "OpenSSL has no SHA-256");
  return context;
}

// The cipher is bound to its context once: naming it again at each key would free and allocate the
// context's inner half every time.
Owned<EVP_CIPHER_CTX> new_cipher_context(const EVP_CIPHER* cipher) {
  Owned<EVP_CIPHER_CTX> context{EVP_CIPHER_CTX_new()};
  KASSA_CHECK(context != nullptr && cipher != nullptr, "OpenSSL made no cipher context");
  KASSA_CHECK(EVP_CipherInit_ex2(context.get(), cipher, nullptr, nullptr, 1, nullptr) == 1,
              "OpenSSL refused a cipher");
  return context;
}

EVP_CIPHER_CTX* gcm_context() {
  static const Owned<EVP_CIPHER> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
  thread_local const Owned<EVP_CIPHER_CTX> context = new_cipher_context(cipher.get());
  return context.get();
}

EVP_CIPHER_CTX* block_context() {
  static const Owned<EVP_CIPHER> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr)};
  thread_local const Owned<EVP_CIPHER_CTX> context = new_cipher_context(cipher.get());
  return context.get();
}

int int_size(Bytes bytes) {
  KASSA_CHECK(bytes.size() < (1U << 30), "too long to encrypt in one piece");
  return static_cast<int>(bytes.size());
}

Block128 one_block(const Key256& key, const Block128& block, int encrypt) {
  EVP_CIPHER_CTX* context = block_context();
  Block128 out{};
  int written = 0;
  const bool done =
      EVP_CipherInit_ex2(context, nullptr, key.data(), nullptr, encrypt, nullptr) == 1 &&
      EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
      EVP_CipherUpdate(context, out.data(), &written, block.data(), 16) == 1 && written == 16;
  KASSA_CHECK(done, "AES-256 of one block failed");
  return out;
}

}  // namespace

Digest256 hmac_sha256(Bytes key, std::initializer_list<Bytes> parts) {
  thread_local const Owned<EVP_MAC_CTX> context = new_hmac_sha256_context();
  bool done = EVP_MAC_init(context.get(), key.data(), key.size(), nullptr) == 1;
  for (const Bytes part : parts) {
    done = done && EVP_MAC_update(context.get(), part.data(), part.size()) == 1;
  }
  Digest256 out{};
  std::size_t written = 0;
  done = done && EVP_MAC_final(context.get(), out.data(), &written, out.size()) == 1;
  KASSA_CHECK(done && written == out.size(), "HMAC-SHA256 failed");
  return out;
}

void gcm_seal(const Key256& key, Bytes nonce, Bytes aad, Bytes plain, std::uint8_t* out) {
  KASSA_CHECK(nonce.size() == kGcmNonceBytes, "a GCM nonce is 96 bits");
  EVP_CIPHER_CTX* context = gcm_context();
  int written = 0;
  std::uint8_t* tag = out + plain.size();
  const bool done =
      EVP_EncryptInit_ex2(context, nullptr, key.data(), nonce.data(), nullptr) == 1 &&
      EVP_EncryptUpdate(context, nullptr, &written, aad.data(), int_size(aad)) == 1 &&
      EVP_EncryptUpdate(context, out, &written, plain.data(), int_size(plain)) == 1 &&
      EVP_EncryptFinal_ex(context, tag, &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, int{kGcmTagBytes}, tag) == 1;
  KASSA_CHECK(done, "AES-256-GCM failed to seal");
}

std::optional<std::string> gcm_open(const Key256& key, Bytes nonce, Bytes aad, Bytes ciphertext,
                                    Bytes tag) {
  if (nonce.size() != kGcmNonceBytes || tag.size() != kGcmTagBytes) return std::nullopt;
  EVP_CIPHER_CTX* context = gcm_context();
  std::string plain(ciphertext.size(), '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(plain.data());
  std::array<std::uint8_t, kGcmTagBytes> expected{};
  std::copy(tag.begin(), tag.end(), expected.begin());
  int written = 0;
  const bool ready =
      EVP_DecryptInit_ex2(context, nullptr, key.data(), nonce.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(context, nullptr, &written, aad.data(), int_size(aad)) == 1 &&
      EVP_DecryptUpdate(context, out, &written, ciphertext.data(), int_size(ciphertext)) == 1 &&
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, int{kGcmTagBytes}, expected.data()) == 1;
  KASSA_CHECK(ready, "AES-256-GCM failed to open");
  if (EVP_DecryptFinal_ex(context, out + plain.size(), &written) != 1) return std::nullopt;
  return plain;
}

Block128 aes_encrypt_block(const Key256& key, const Block128& block) {
  return one_block(key, block, /*encrypt=*/1);
}

Block128 aes_decrypt_block(const Key256& key, const Block128& block) {
  return one_block(key, block, /*encrypt=*/0);
}

bool equal_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::uint8_t> secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

}  // namespace kassa::ops

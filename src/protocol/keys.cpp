#include "protocol/keys.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <mutex>
#include <utility>
#include <vector>

#include "domain/check.hpp"
#include "encoding/base64.hpp"

namespace kassa::protocol {
namespace {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC, FreeWith<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeWith<EVP_MAC_CTX_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

// Contexts that nobody uses just now. Locked for a push or a pop, never during an operation.
template <class Context>
class IdleContexts {
 public:
  Context take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return nullptr;
    Context context = std::move(idle_.back());
    idle_.pop_back();
    return context;
  }
  void give_back(Context context) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

 private:
  std::mutex mutex_;
  std::vector<Context> idle_;
};

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

Bio reading_bio(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio, &data);
  KASSA_CHECK(bytes > 0, "OpenSSL wrote an empty PEM");
  return {data, static_cast<std::size_t>(bytes)};
}

// An encrypted key must be an error; OpenSSL's default would ask on the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::expected<void, KeyError> check_rsa(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA") != 1)
    return std::unexpected("The key is not an RSA key; make one of RSA with 2048 bits or more.");
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax)
    return std::unexpected("The RSA key has " + std::to_string(bits) +
                           " bits; 2048 to 8192 are accepted.");
  // An exponent of 1 would let anybody sign.
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (context == nullptr || EVP_PKEY_public_check(context.get()) != 1) {
    ERR_clear_error();
    return std::unexpected("The RSA key's modulus or exponent is not valid.");
  }
  return {};
}

KeyContext pkcs1_sha256_context(EVP_PKEY* key, int (*init)(EVP_PKEY_CTX*)) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const bool ready = context != nullptr && init(context.get()) == 1 &&
                     EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                     EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1;
  KASSA_CHECK(ready, "OpenSSL cannot set up RSA with PKCS#1 v1.5 and SHA-256");
  return context;
}

}  // namespace

Sha256Digest sha256(std::string_view bytes) {
  Sha256Digest digest;
  SHA256(octets(bytes), bytes.size(), digest.data());
  return digest;
}

struct PublicKey::State {
  Key key;
  std::string token;
  IdleContexts<KeyContext> idle;
};

std::expected<PublicKey, KeyError> PublicKey::adopt(std::shared_ptr<State> state) {
  if (auto checked = check_rsa(state->key.get()); !checked) return std::unexpected(checked.error());
  unsigned char* der = nullptr;
  const int bytes = i2d_PUBKEY(state->key.get(), &der);
  KASSA_CHECK(bytes > 0, "OpenSSL cannot encode a public key that it has just decoded");
  state->token =
      encoding::to_base64({reinterpret_cast<const char*>(der), static_cast<std::size_t>(bytes)});
  OPENSSL_free(der);
  return PublicKey(std::move(state));
}

std::expected<PublicKey, KeyError> PublicKey::from_pem(std::string_view pem) {
  auto state = std::make_shared<State>();
  const Bio bio = reading_bio(pem);
  state->key.reset(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (state->key == nullptr)
    return std::unexpected("The text is not a public key in PEM (-----BEGIN PUBLIC KEY-----).");
  return adopt(std::move(state));
}

std::expected<PublicKey, KeyError> PublicKey::from_spki(std::string_view der) {
  auto state = std::make_shared<State>();
  const unsigned char* cursor = octets(der);
  state->key.reset(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
  ERR_clear_error();
  if (state->key == nullptr || cursor != octets(der) + der.size())
    return std::unexpected("The bytes are not a public key's SPKI in DER.");
  return adopt(std::move(state));
}

const std::string& PublicKey::token() const {
  return state_->token;
}

std::string PublicKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  KASSA_CHECK(PEM_write_bio_PUBKEY(bio.get(), state_->key.get()) == 1,
              "OpenSSL cannot write a public key as PEM");
  return text_of(bio.get());
}

int PublicKey::bits() const {
  return EVP_PKEY_get_bits(state_->key.get());
}

std::optional<Sha256Digest> PublicKey::recover_digest(std::string_view signature) const {
  KeyContext context = state_->idle.take();
  if (context == nullptr)
    context = pkcs1_sha256_context(state_->key.get(), EVP_PKEY_verify_recover_init);
  Sha256Digest digest;
  std::size_t bytes = digest.size();
  const int recovered = EVP_PKEY_verify_recover(context.get(), digest.data(), &bytes,
                                                octets(signature), signature.size());
  state_->idle.give_back(std::move(context));
  if (recovered == 1 && bytes == digest.size()) return digest;
  ERR_clear_error();
  return std::nullopt;
}

struct PrivateKey::State {
  Key key;
  std::optional<PublicKey> public_key;
  IdleContexts<KeyContext> idle;
};

std::expected<PrivateKey, KeyError> PrivateKey::adopt(std::shared_ptr<State> state) {
  auto public_state = std::make_shared<PublicKey::State>();
  EVP_PKEY_up_ref(state->key.get());
  public_state->key.reset(state->key.get());
  auto public_key = PublicKey::adopt(std::move(public_state));
  if (!public_key) return std::unexpected(public_key.error());
  state->public_key = *std::move(public_key);
  return PrivateKey(std::move(state));
}

std::expected<PrivateKey, KeyError> PrivateKey::from_pem(std::string_view pem) {
  auto state = std::make_shared<State>();
  const Bio bio = reading_bio(pem);
  state->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (state->key == nullptr)
    return std::unexpected("The text is not an unencrypted private key in PEM.");
  return adopt(std::move(state));
}

PrivateKey PrivateKey::generate(int bits) {
  auto state = std::make_shared<State>();
  state->key.reset(EVP_RSA_gen(static_cast<unsigned>(bits)));
  KASSA_CHECK(state->key != nullptr, "OpenSSL cannot generate an RSA key");
  auto key = adopt(std::move(state));
  KASSA_CHECK(key.has_value(), "a generated RSA key was refused");
  return *std::move(key);
}

PublicKey PrivateKey::public_key() const {
  return *state_->public_key;
}

domain::Secret<std::string> PrivateKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  KASSA_CHECK(PEM_write_bio_PKCS8PrivateKey(bio.get(), state_->key.get(), nullptr, nullptr, 0,
                                            nullptr, nullptr) == 1,
              "OpenSSL cannot write a private key as PEM");
  return domain::Secret(text_of(bio.get()));
}

std::string PrivateKey::sign_digest(const Sha256Digest& digest) const {
  KeyContext context = state_->idle.take();
  if (context == nullptr) context = pkcs1_sha256_context(state_->key.get(), EVP_PKEY_sign_init);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(state_->key.get())), '\0');
  std::size_t bytes = signature.size();
  const int done = EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                 &bytes, digest.data(), digest.size());
  KASSA_CHECK(done == 1 && bytes == signature.size(), "OpenSSL cannot sign with an RSA key");
  state_->idle.give_back(std::move(context));
  return signature;
}

struct HmacKey::State {
  MacContext keyed;  // never used itself: each worker starts from a copy
  IdleContexts<MacContext> idle;
};

std::expected<HmacKey, KeyError> HmacKey::from_text(std::string_view text) {
  constexpr std::size_t kBytesMin = 32;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.size() < kBytesMin)
    return std::unexpected("The HMAC key is shorter than 32 characters.");

  const Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  auto state = std::make_shared<State>();
  state->keyed.reset(EVP_MAC_CTX_new(mac.get()));
  char digest_name[] = "SHA512";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
      OSSL_PARAM_construct_end()};
  KASSA_CHECK(EVP_MAC_init(state->keyed.get(), octets(text), text.size(), parameters) == 1,
              "OpenSSL cannot set up HMAC-SHA512");
  return HmacKey(std::move(state));
}

HmacSha512Tag HmacKey::tag(std::string_view bytes) const {
  MacContext context = state_->idle.take();
  if (context == nullptr) context.reset(EVP_MAC_CTX_dup(state_->keyed.get()));
  HmacSha512Tag tag;
  std::size_t tag_bytes = 0;
  // Starting again without a key keeps the one that the context has.
  const bool done = context != nullptr && EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1 &&
                    EVP_MAC_update(context.get(), octets(bytes), bytes.size()) == 1 &&
                    EVP_MAC_final(context.get(), tag.data(), &tag_bytes, tag.size()) == 1;
  KASSA_CHECK(done && tag_bytes == tag.size(), "OpenSSL cannot compute HMAC-SHA512");
  state_->idle.give_back(std::move(context));
  return tag;
}

domain::Secret<std::string> generate_hmac_key_text() {
  std::array<unsigned char, 48> random;
  KASSA_CHECK(RAND_bytes(random.data(), static_cast<int>(random.size())) == 1,
              "the operating system gives no randomness");
  return domain::Secret(
      encoding::to_base64({reinterpret_cast<const char*>(random.data()), random.size()}));
}

RsaKeyPairPem generate_rsa_key_pair() {
  const PrivateKey key = PrivateKey::generate();
  return {key.pem(), key.public_key().pem()};
}

}  // namespace kassa::protocol

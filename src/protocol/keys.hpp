// Keys of the wire (wire §3, §3.4): RSA of 2048 bits and more, and HMAC-SHA512 texts.
//
// A key is parsed once (which costs six times a verification) and then shared: copies are cheap,
// every const member may be called from any thread. OpenSSL's contexts are not thread-safe, so each
// key keeps a stack of idle ones, as many as ever worked at once.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/secret.hpp"

namespace kassa::protocol {

using Sha256Digest = std::array<std::uint8_t, 32>;
using HmacSha512Tag = std::array<std::uint8_t, 64>;

/// Smaller ones can be broken; larger ones make every verification of the gateway slow.
inline constexpr int kRsaBitsMin = 2048;
inline constexpr int kRsaBitsMax = 8192;

[[nodiscard]] Sha256Digest sha256(std::string_view bytes);

/// An error is one sentence about the key, fit for the person who handed it in.
using KeyError = std::string;

class PublicKey {
 public:
  /// `-----BEGIN PUBLIC KEY-----`, with any text around it.
  [[nodiscard]] static std::expected<PublicKey, KeyError> from_pem(std::string_view pem);
  /// The DER of a SubjectPublicKeyInfo and nothing after it.
  [[nodiscard]] static std::expected<PublicKey, KeyError> from_spki(std::string_view der);

  /// The access token of this key: Base64Url of the SPKI, unpadded (wire §3).
  [[nodiscard]] const std::string& token() const;
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] int bits() const;

  /// The digest that an RSASSA-PKCS1-v1_5 / SHA-256 signature was made over: the one RSA operation
  /// of a verification. Nothing if the signature is of another key, scheme or hash.
  [[nodiscard]] std::optional<Sha256Digest> recover_digest(std::string_view signature) const;

 private:
  struct State;
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<State> state) : state_(std::move(state)) {}
  static std::expected<PublicKey, KeyError> adopt(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

class PrivateKey {
 public:
  /// PKCS#8 or PKCS#1, not encrypted.
  [[nodiscard]] static std::expected<PrivateKey, KeyError> from_pem(std::string_view pem);
  /// A fresh RSA key from the operating system's randomness. Takes some 100 ms.
  [[nodiscard]] static PrivateKey generate(int bits = kRsaBitsMin);

  [[nodiscard]] PublicKey public_key() const;
  /// PKCS#8, for the file of wire §3.4.
  [[nodiscard]] domain::Secret<std::string> pem() const;
  /// RSASSA-PKCS1-v1_5 over a SHA-256 digest that the caller has already taken.
  [[nodiscard]] std::string sign_digest(const Sha256Digest& digest) const;

 private:
  struct State;
  explicit PrivateKey(std::shared_ptr<State> state) : state_(std::move(state)) {}
  static std::expected<PrivateKey, KeyError> adopt(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

class HmacKey {
 public:
  /// The text of a key file; one trailing newline is not part of the key. At least 32 bytes.
  [[nodiscard]] static std::expected<HmacKey, KeyError> from_text(std::string_view text);

  [[nodiscard]] HmacSha512Tag tag(std::string_view bytes) const;

 private:
  struct State;
  explicit HmacKey(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

/// A new HMAC key file's text: Base64Url of 48 random bytes, 64 characters, no newline.
[[nodiscard]] domain::Secret<std::string> generate_hmac_key_text();

struct RsaKeyPairPem {
  domain::Secret<std::string> private_pem;  // PKCS#8
  std::string public_pem;                   // SPKI
};
[[nodiscard]] RsaKeyPairPem generate_rsa_key_pair();

}  // namespace kassa::protocol

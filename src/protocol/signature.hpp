// Signatures of requests and callbacks (wire §3.2, §3.3).
//
//   N   canonical form of the body                     canonical.hpp
//   M   base64url(N) + timestamp, no separator
//   H   SHA256(M)
//   RSA   base64url(RSASSA-PKCS1-v1_5 / SHA-256 over the bytes H): SHA-256 is applied twice
//   HMAC  base64url(HMAC-SHA512(key text, M))
//
// What we send is always this strict form. What we accept is also every combination of the
// spellings in `SignatureForm`: each is the same key over the same content, so nothing is weakened.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "domain/uuid.hpp"
#include "encoding/base64.hpp"
#include "protocol/canonical.hpp"
#include "protocol/json_document.hpp"
#include "protocol/keys.hpp"

namespace kassa::protocol {

using encoding::Base64;

enum class SignatureAlgorithm : std::uint8_t { kRsaSha256, kHmacSha512 };

/// The value of `x-access-merchant-algorithm`, in any letter case; nothing for an unknown one.
/// An absent header means RSA: that is the caller's to know.
[[nodiscard]] std::optional<SignatureAlgorithm> parse_algorithm(std::string_view header);
/// As our callbacks name it: `RSA-SHA256`, `HMAC-SHA512`.
[[nodiscard]] std::string_view algorithm_name(SignatureAlgorithm algorithm);

/// Unix seconds of `^[1-9][0-9]{9}$`. Other spellings would be ambiguous, since M has no separator
/// between N and the timestamp.
[[nodiscard]] std::optional<std::int64_t> parse_timestamp(std::string_view header);

/// What `x-access-token` names: a key by its SPKI or a key set by its id (wire §3).
struct AccessToken {
  std::optional<domain::KeySetId> key_set;
  std::string spki;  // as PublicKey::token() writes it; empty where `key_set` is set
};
/// Takes the Base64 (either alphabet, padded or not) of an SPKI DER or of a PEM text, or the text
/// of a UUID. Whether such a key exists is not looked at. Nothing for anything else.
[[nodiscard]] std::optional<AccessToken> parse_access_token(std::string_view header);

/// How a signer spelled what it signed; the default is the strict form.
struct SignatureForm {
  CanonicalForm canonical;
  Base64 message = Base64::kUrl;
  bool other_digest = false;  // RSA: over M, hashed once; HMAC: over H

  bool operator==(const SignatureForm&) const = default;
  [[nodiscard]] std::uint8_t packed() const;
  [[nodiscard]] static SignatureForm unpacked(std::uint8_t bits);
};

/// The form that a key's owner used last, which is tried first. Only a hint: it may be lost or
/// overwritten by a race at will.
class SignatureFormHint {
 public:
  [[nodiscard]] SignatureForm load() const {
    return SignatureForm::unpacked(bits_.load(std::memory_order_relaxed));
  }
  void store(SignatureForm form) {
    const auto bits = form.packed();
    // A line that all I/O threads read must not be written by each request.
    if (bits_.load(std::memory_order_relaxed) != bits) bits_.store(bits, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint8_t> bits_{0};
};

/// N, M and H of the strict form: what test mode's 401 and `kassa sign` show (wire §10).
struct SignedText {
  std::string canonical;
  std::string message;
  Sha256Digest sha256;

  [[nodiscard]] std::string sha256_hex() const;
};

/// Signs and verifies in buffers that it keeps: one per thread, or per request in hand.
class SignatureCodec {
 public:
  SignatureCodec();
  SignatureCodec(SignatureCodec&&) noexcept;
  SignatureCodec& operator=(SignatureCodec&&) noexcept;
  ~SignatureCodec();

  /// The form in which `signature` (the header's text) is right for `body` and `timestamp`, or
  /// nothing. One RSA operation, whatever the form; `first` is tried before all others.
  [[nodiscard]] std::optional<SignatureForm> verify(const PublicKey& key, const JsonDocument& body,
                                                    std::string_view timestamp,
                                                    std::string_view signature,
                                                    SignatureForm first = {});
  [[nodiscard]] std::optional<SignatureForm> verify(const HmacKey& key, const JsonDocument& body,
                                                    std::string_view timestamp,
                                                    std::string_view signature,
                                                    SignatureForm first = {});

  /// The strict N, M and H.
  [[nodiscard]] SignedText text(const JsonDocument& body, std::string_view timestamp);
  /// The header's text of a strict signature.
  [[nodiscard]] std::string sign(const PrivateKey& key, const JsonDocument& body,
                                 std::string_view timestamp);
  [[nodiscard]] std::string sign(const HmacKey& key, const JsonDocument& body,
                                 std::string_view timestamp);

 private:
  struct Hasher;

  void build_message(const JsonDocument& body, std::string_view timestamp, SignatureForm form);
  void spell_message(std::string_view timestamp, Base64 spelling);
  template <class Matches>
  std::optional<SignatureForm> first_match(const JsonDocument& body, std::string_view timestamp,
                                           SignatureForm first, const Matches& matches);

  Canonicalizer canonicalizer_;
  std::string_view canonical_;
  std::string message_;
  std::unique_ptr<Hasher> hasher_;
};

}  // namespace kassa::protocol

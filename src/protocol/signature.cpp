#include "protocol/signature.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "domain/check.hpp"

namespace kassa::protocol {
namespace {

constexpr std::array kMessageSpellings{Base64::kUrl, Base64::kUrlPadded, Base64::kStandardPadded,
                                       Base64::kStandard};

std::string_view bytes_of(const auto& array) {
  return {reinterpret_cast<const char*>(array.data()), array.size()};
}

template <class Array>
bool same_secret(const Array& a, const Array& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool equal_ignoring_case(std::string_view lower_case, std::string_view text) {
  return std::ranges::equal(lower_case, text, {}, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

// Whether this spelling of the canonical form equals one that comes before it in
// kMessageSpellings: without a rest there is no padding, without '-' and '_' no other alphabet.
bool repeats_earlier_spelling(Base64 spelling, std::size_t canonical_bytes,
                              std::string_view url_message) {
  const bool padding_matters = canonical_bytes % 3 != 0;
  const bool alphabet_matters = url_message.find_first_of("-_") != std::string_view::npos;
  switch (spelling) {
    case Base64::kUrl:
      return false;
    case Base64::kUrlPadded:
      return !padding_matters;
    case Base64::kStandardPadded:
      return !alphabet_matters;
    case Base64::kStandard:
      return !alphabet_matters || !padding_matters;
  }
  return false;
}

// The tag that an HMAC signature's text spells: 128 hexadecimal digits or Base64.
std::optional<HmacSha512Tag> parse_tag(std::string_view text) {
  HmacSha512Tag tag;
  const auto bytes =
      text.size() == 2 * tag.size() ? encoding::from_hex(text) : encoding::from_base64(text);
  if (!bytes || bytes->size() != tag.size()) return std::nullopt;
  std::ranges::transform(*bytes, tag.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return tag;
}

// The DER inside a PEM text, white space and line ends removed.
std::optional<std::string> der_of_pem(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
  const auto end = pem.find(kEnd);
  if (!pem.starts_with(kBegin) || end == std::string_view::npos) return std::nullopt;
  std::string base64(pem.substr(kBegin.size(), end - kBegin.size()));
  std::erase_if(base64, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return encoding::from_base64(base64);
}

}  // namespace

std::optional<SignatureAlgorithm> parse_algorithm(std::string_view header) {
  if (equal_ignoring_case("rsa", header) || equal_ignoring_case("rsa-sha256", header))
    return SignatureAlgorithm::kRsaSha256;
  if (equal_ignoring_case("hmac", header) || equal_ignoring_case("hmac-sha512", header))
    return SignatureAlgorithm::kHmacSha512;
  return std::nullopt;
}

std::string_view algorithm_name(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kRsaSha256 ? "RSA-SHA256" : "HMAC-SHA512";
}

std::optional<std::int64_t> parse_timestamp(std::string_view header) {
  constexpr std::size_t kDigits = 10;
  const bool digits = std::ranges::all_of(header, [](char c) { return c >= '0' && c <= '9'; });
  if (header.size() != kDigits || !digits || header.front() == '0') return std::nullopt;
  std::int64_t seconds = 0;
  std::from_chars(header.data(), header.data() + header.size(), seconds);
  return seconds;
}

std::optional<AccessToken> parse_access_token(std::string_view header) {
  constexpr char kDerSequence = '\x30';
  if (const auto id = domain::KeySetId::parse(header)) return AccessToken{id, {}};
  auto bytes = encoding::from_base64(header);
  if (bytes && bytes->starts_with('-')) bytes = der_of_pem(*bytes);
  if (!bytes || !bytes->starts_with(kDerSequence)) return std::nullopt;
  return AccessToken{std::nullopt, encoding::to_base64(*bytes)};
}

std::uint8_t SignatureForm::packed() const {
  return static_cast<std::uint8_t>(
      (canonical.booleans_as_words ? 1U : 0U) | (canonical.utf16_order ? 2U : 0U) |
      static_cast<unsigned>(message) << 2U | (other_digest ? 16U : 0U));
}

SignatureForm SignatureForm::unpacked(std::uint8_t bits) {
  return {.canonical = {.booleans_as_words = (bits & 1U) != 0, .utf16_order = (bits & 2U) != 0},
          .message = static_cast<Base64>(bits >> 2U & 3U),
          .other_digest = (bits & 16U) != 0};
}

std::string SignedText::sha256_hex() const {
  return encoding::to_hex(bytes_of(sha256));
}

// Keeps the fetched algorithm and its context: looking SHA-256 up costs more than a short hash.
struct SignatureCodec::Hasher {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  Hasher() = default;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(algorithm);
  }

  Sha256Digest operator()(std::string_view bytes) {
    Sha256Digest digest;
    const bool done = EVP_DigestInit_ex2(context, algorithm, nullptr) == 1 &&
                      EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1;
    KASSA_CHECK(done, "OpenSSL cannot compute SHA-256");
    return digest;
  }
};

SignatureCodec::SignatureCodec() : hasher_(std::make_unique<Hasher>()) {}
SignatureCodec::SignatureCodec(SignatureCodec&&) noexcept = default;
SignatureCodec& SignatureCodec::operator=(SignatureCodec&&) noexcept = default;
SignatureCodec::~SignatureCodec() = default;

void SignatureCodec::build_message(const JsonDocument& body, std::string_view timestamp,
                                   SignatureForm form) {
  canonical_ = canonicalizer_.canonical(body, form.canonical);
  spell_message(timestamp, form.message);
}

void SignatureCodec::spell_message(std::string_view timestamp, Base64 spelling) {
  message_.clear();
  encoding::append_base64(message_, canonical_, spelling);
  message_ += timestamp;
}

// Calls `matches(first)` until it says yes: with `first`, then with every form whose message is
// another text than the ones tried.
template <class Matches>
std::optional<SignatureForm> SignatureCodec::first_match(const JsonDocument& body,
                                                         std::string_view timestamp,
                                                         SignatureForm first,
                                                         const Matches& matches) {
  build_message(body, timestamp, first);
  if (auto form = matches(first)) return form;
  const bool words_matter = canonicalizer_.saw_boolean();
  const bool order_matters = canonicalizer_.saw_late_characters();
  for (const bool words : {false, true}) {
    for (const bool utf16 : {false, true}) {
      if ((words && !words_matter) || (utf16 && !order_matters)) continue;
      SignatureForm form{.canonical = {words, utf16}};
      build_message(body, timestamp, form);
      const std::string url_message = message_;
      for (const Base64 spelling : kMessageSpellings) {
        if (repeats_earlier_spelling(spelling, canonical_.size(), url_message)) continue;
        form.message = spelling;
        spell_message(timestamp, spelling);
        if (auto found = matches(form)) return found;
      }
    }
  }
  return std::nullopt;
}

std::optional<SignatureForm> SignatureCodec::verify(const PublicKey& key, const JsonDocument& body,
                                                    std::string_view timestamp,
                                                    std::string_view signature,
                                                    SignatureForm first) {
  const auto bytes = encoding::from_base64(signature);
  if (!bytes) return std::nullopt;
  const auto signed_digest = key.recover_digest(*bytes);
  if (!signed_digest) return std::nullopt;
  const auto matches = [&](SignatureForm form) -> std::optional<SignatureForm> {
    const Sha256Digest once = (*hasher_)(message_);
    form.other_digest = same_secret(once, *signed_digest);
    if (form.other_digest || same_secret((*hasher_)(bytes_of(once)), *signed_digest)) return form;
    return std::nullopt;
  };
  return first_match(body, timestamp, first, matches);
}

std::optional<SignatureForm> SignatureCodec::verify(const HmacKey& key, const JsonDocument& body,
                                                    std::string_view timestamp,
                                                    std::string_view signature,
                                                    SignatureForm first) {
  const auto tag = parse_tag(signature);
  if (!tag) return std::nullopt;
  const auto matches = [&](SignatureForm form) -> std::optional<SignatureForm> {
    for (const bool over_digest : {first.other_digest, !first.other_digest}) {
      form.other_digest = over_digest;
      const HmacSha512Tag expected =
          over_digest ? key.tag(bytes_of((*hasher_)(message_))) : key.tag(message_);
      if (same_secret(expected, *tag)) return form;
    }
    return std::nullopt;
  };
  return first_match(body, timestamp, first, matches);
}

SignedText SignatureCodec::text(const JsonDocument& body, std::string_view timestamp) {
  build_message(body, timestamp, {});
  return {std::string(canonical_), message_, (*hasher_)(message_)};
}

std::string SignatureCodec::sign(const PrivateKey& key, const JsonDocument& body,
                                 std::string_view timestamp) {
  build_message(body, timestamp, {});
  const Sha256Digest digest = (*hasher_)(message_);
  return encoding::to_base64(key.sign_digest((*hasher_)(bytes_of(digest))));
}

std::string SignatureCodec::sign(const HmacKey& key, const JsonDocument& body,
                                 std::string_view timestamp) {
  build_message(body, timestamp, {});
  return encoding::to_base64(bytes_of(key.tag(message_)));
}

}  // namespace kassa::protocol

// What `kassa sign` and `kassa verify` share: key files, requests as they were sent, and where two
// texts part. Nothing here knows a store, a configuration or a network.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/keys.hpp"
#include "protocol/signature.hpp"

namespace kassa::cli {

/// What a key file holds (wire §3.4): an RSA key as PEM, private or public, or an HMAC key's text.
using FileKey = std::variant<protocol::PrivateKey, protocol::PublicKey, protocol::HmacKey>;

/// Throws Refused with a sentence that names the file and never quotes it.
[[nodiscard]] FileKey read_key_file(const std::string& path);

/// The whole file; "-" is the standard input.
[[nodiscard]] std::string read_file_or_input(const std::string& path);

/// A request as it went over the wire: perhaps its first line, headers, an empty line, the body.
struct SentRequest {
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  /// Nothing where the header is missing.
  [[nodiscard]] std::optional<std::string> header(const std::string& name) const;
};

/// Throws Refused for what has no empty line behind its headers, or a header twice.
[[nodiscard]] SentRequest parse_request(std::string_view text);
/// "name: value".
void add_header(SentRequest& request, std::string_view line);

/// The first place at which two texts part, with some of what stands around it.
struct Difference {
  std::size_t at = 0;  // bytes before it
  std::string one;
  std::string other;
};
[[nodiscard]] std::optional<Difference> first_difference(std::string_view one,
                                                         std::string_view other);

/// "over padded Base64; booleans as words"; empty for the strict form.
[[nodiscard]] std::string liberties_of(protocol::SignatureForm form, bool hmac);

/// Why a signature is not the one over this N, M and H: a sentence about "it".
[[nodiscard]] std::string fault_of(const protocol::PublicKey& key, const protocol::SignedText& text,
                                   std::string_view body, std::string_view signature);
[[nodiscard]] std::string fault_of(const protocol::HmacKey& key, const protocol::SignedText& text,
                                   std::string_view body, std::string_view signature);

}  // namespace kassa::cli

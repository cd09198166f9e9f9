#include "cli/signing.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>
#include <sstream>

#include "cli/files.hpp"
#include "cli/session.hpp"
#include "encoding/base64.hpp"

namespace kassa::cli {
namespace {

using protocol::HmacKey;
using protocol::PrivateKey;
using protocol::PublicKey;

/// Bytes shown on either side of where two texts part.
constexpr std::size_t kContextBytes = 24;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// What stands around `at`, cut between characters.
std::string context(std::string_view text, std::size_t at) {
  std::size_t from = at > kContextBytes ? at - kContextBytes : 0;
  std::size_t to = std::min(at + kContextBytes, text.size());
  while (from > 0 && continues_character(text[from])) --from;
  while (to < text.size() && continues_character(text[to])) ++to;
  std::string out = from > 0 ? "…" : "";
  out += text.substr(from, to - from);
  if (to < text.size()) out += "…";
  return out;
}

template <class Key>
FileKey taken(std::expected<Key, protocol::KeyError> key, const std::string& path) {
  if (!key) throw Refused(path + ": " + key.error());
  return std::move(*key);
}

/// Texts that are signed by mistake instead of M, with what the mistake is called.
struct Mistake {
  std::string text;
  std::string_view name;
};
std::array<Mistake, 3> mistakes(const protocol::SignedText& text, std::string_view body) {
  return {Mistake{text.sha256_hex(),
                  "it was made over the hexadecimal text of H; sign the 32 bytes of H"},
          Mistake{text.canonical,
                  "it was made over N; sign M, which is N in Base64Url with the "
                  "timestamp behind it"},
          Mistake{std::string(body),
                  "it was made over the JSON body itself; sign M, which is made "
                  "of the body's canonical form N"}};
}

std::string digest_text(const protocol::Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

constexpr std::string_view kOtherText =
    "it is a signature by this key, but over another text: body, timestamp, N or M differ from "
    "what was signed";

}  // namespace

FileKey read_key_file(const std::string& path) {
  const std::string text = read_file_or_input(path);
  if (text.find("PRIVATE KEY-----") != std::string::npos) {
    return taken(PrivateKey::from_pem(text), path);
  }
  if (text.find("PUBLIC KEY-----") != std::string::npos) {
    return taken(PublicKey::from_pem(text), path);
  }
  return taken(HmacKey::from_text(text), path);
}

std::string read_file_or_input(const std::string& path) {
  if (path != "-") return read_file(path);
  std::ostringstream text;
  text << std::cin.rdbuf();
  return text.str();
}

std::optional<std::string> SentRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

void add_header(SentRequest& request, std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    throw Refused("a header is not of the form `name: value`");
  }
  std::string name(trimmed(line.substr(0, colon)));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  const std::string value(trimmed(line.substr(colon + 1)));
  if (!request.headers.emplace(name, value).second) {
    throw Refused("the header " + name + " is there twice, and a gateway refuses that");
  }
}

SentRequest parse_request(std::string_view text) {
  SentRequest request;
  bool first = true;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
      throw Refused("the request has no empty line between its headers and its body");
    }
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (line.empty()) break;
    // "POST /path HTTP/1.1" or none: the method and the path are not signed.
    const bool is_request_line = first && line.find(" HTTP/") != std::string_view::npos;
    first = false;
    if (!is_request_line) add_header(request, line);
  }
  request.body = text;
  return request;
}

std::optional<Difference> first_difference(std::string_view one, std::string_view other) {
  const auto [a, b] = std::ranges::mismatch(one, other);
  if (a == one.end() && b == other.end()) return std::nullopt;
  auto at = static_cast<std::size_t>(a - one.begin());
  // To the beginning of the character in which they part.
  while (at > 0 && ((at < one.size() && continues_character(one[at])) ||
                    (at < other.size() && continues_character(other[at])))) {
    --at;
  }
  return Difference{at, context(one, at), context(other, at)};
}

std::string liberties_of(protocol::SignatureForm form, bool hmac) {
  std::string out;
  const auto add = [&out](std::string_view what) {
    if (!out.empty()) out += "; ";
    out += what;
  };
  if (form.canonical.booleans_as_words) add("booleans as words");
  if (form.canonical.utf16_order) add("lines sorted by UTF-16");
  switch (form.message) {
    case encoding::Base64::kUrl:
      break;
    case encoding::Base64::kUrlPadded:
      add("M with padded Base64Url");
      break;
    case encoding::Base64::kStandardPadded:
    case encoding::Base64::kStandard:
      add("M with standard Base64");
      break;
  }
  if (form.other_digest) add(hmac ? "over H instead of M" : "over M, hashed once");
  return out;
}

std::string fault_of(const PublicKey& key, const protocol::SignedText& text, std::string_view body,
                     std::string_view signature) {
  const auto bytes = encoding::from_base64(signature);
  if (!bytes) return "it is neither Base64Url nor Base64";
  const auto digest = key.recover_digest(*bytes);
  if (!digest) {
    return "it was made with another key than this, or not as RSASSA-PKCS1-v1_5 with SHA-256";
  }
  for (const auto& mistake : mistakes(text, body)) {
    const auto once = protocol::sha256(mistake.text);
    if (once == *digest || protocol::sha256(digest_text(once)) == *digest) {
      return std::string(mistake.name);
    }
  }
  return std::string(kOtherText);
}

std::string fault_of(const HmacKey& key, const protocol::SignedText& text, std::string_view body,
                     std::string_view signature) {
  const auto matches = [&](const protocol::HmacSha512Tag& tag) {
    const std::string_view expected{reinterpret_cast<const char*>(tag.data()), tag.size()};
    const auto bytes = encoding::from_base64(signature);
    const auto hex = encoding::from_hex(signature);
    return (bytes && *bytes == expected) || (hex && *hex == expected);
  };
  for (const auto& mistake : mistakes(text, body)) {
    if (matches(key.tag(mistake.text))) return std::string(mistake.name);
  }
  return "it was made with another key than this, or over another text";
}

}  // namespace kassa::cli

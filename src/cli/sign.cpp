// kassa sign: the signature of a request's body, with everything on the way to it. Offline.
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "cli/signing.hpp"
#include "ops/clock.hpp"

namespace kassa::cli {
namespace {

struct Options {
  std::string key;
  std::string body = "-";
  std::string timestamp;
  std::string merchant_id;
  std::string token;
  bool headers_only = false;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string now_text() {
  return std::to_string(domain::unix_seconds(ops::SystemClock().now()));
}

/// `sign` needs a key that signs.
template <class Signer>
std::string with_signing_key(const FileKey& key, const Signer& sign) {
  if (const auto* rsa = std::get_if<protocol::PrivateKey>(&key)) return sign(*rsa);
  if (const auto* hmac = std::get_if<protocol::HmacKey>(&key)) return sign(*hmac);
  throw Refused("a public key can't sign: --key needs the private key, or an HMAC key");
}

Headers headers_of(const Options& options, const FileKey& key, const std::string& timestamp,
                   const std::string& signature) {
  Headers headers{{"content-type", "application/json"}, {"x-access-timestamp", timestamp}};
  if (!options.merchant_id.empty())
    headers.emplace_back("x-access-merchant-id", options.merchant_id);
  std::string token = options.token;
  if (const auto* rsa = std::get_if<protocol::PrivateKey>(&key); rsa != nullptr && token.empty()) {
    token = rsa->public_key().token();
  }
  if (!token.empty()) headers.emplace_back("x-access-token", token);
  headers.emplace_back("x-access-signature", signature);
  const bool hmac = std::holds_alternative<protocol::HmacKey>(key);
  const auto algorithm =
      hmac ? protocol::SignatureAlgorithm::kHmacSha512 : protocol::SignatureAlgorithm::kRsaSha256;
  headers.emplace_back("x-access-merchant-algorithm", protocol::algorithm_name(algorithm));
  return headers;
}

void write_headers(protocol::JsonWriter& json, const Headers& headers) {
  json.key("headers").begin_object();
  for (const auto& [name, value] : headers) json.member(name, value);
  json.end_object();
}

std::string render(const Headers& headers) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  write_headers(json, headers);
  json.end_object();
  return out;
}

std::string render(const protocol::SignedText& text, const Headers& headers) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("canonical", text.canonical)
      .member("message", text.message)
      .member("sha256", text.sha256_hex());
  write_headers(json, headers);
  json.end_object();
  return out;
}

void print_headers(const Headers& headers) {
  for (const auto& [name, value] : headers) std::printf("%s: %s\n", name.c_str(), value.c_str());
}

void sign(const Session& session, const Options& options) {
  const FileKey key = read_key_file(options.key);
  const std::string timestamp = options.timestamp.empty() ? now_text() : options.timestamp;
  if (!protocol::parse_timestamp(timestamp)) {
    throw WrongUsage("--timestamp must be Unix seconds, ten digits");
  }
  protocol::JsonDocument body;
  if (const auto parsed = body.parse(read_file_or_input(options.body)); !parsed) {
    throw Refused("the body: " + std::string(parsed.error().sentence()));
  }
  protocol::SignatureCodec codec;
  const std::string signature = with_signing_key(
      key, [&](const auto& signing) { return codec.sign(signing, body, timestamp); });
  const Headers headers = headers_of(options, key, timestamp, signature);
  if (std::holds_alternative<protocol::HmacKey>(key) && options.token.empty()) {
    (void)std::fprintf(stderr,
                       "kassa: x-access-token is missing: an HMAC key doesn't say whose it is, so "
                       "add --token KEY_SET_ID (or the public key of its set)\n");
  }
  if (options.headers_only) {
    session.show(render(headers), [&](const protocol::JsonValue&) { print_headers(headers); });
    return;
  }
  const protocol::SignedText text = codec.text(body, timestamp);
  session.show(render(text, headers), [&](const protocol::JsonValue&) {
    std::printf("N  %s\n\nM  %s\n\nH  %s\n\n", text.canonical.c_str(), text.message.c_str(),
                text.sha256_hex().c_str());
    print_headers(headers);
  });
}

}  // namespace

void add_sign(CLI::App& app, Session& session) {
  CLI::App* command =
      session.add(app, "sign", "The signature of a request, and all that leads to it (N, M, H)",
                  "kassa sign --key private_key.pem --project PROJECT_ID body.json\n"
                  "  curl -d @body.json -H @<(kassa sign --headers --key private_key.pem \\\n"
                  "    --project PROJECT_ID body.json) https://pay.example/api/v1/balance/info");
  const auto options = std::make_shared<Options>();
  command->add_option("body", options->body, "The file of the JSON body (default: -, the input)");
  command
      ->add_option("--key", options->key, "The file of the RSA private key (PEM) or the HMAC key")
      ->required();
  command->add_option("--timestamp", options->timestamp, "Unix seconds (default: now)");
  command->add_option("--project", options->merchant_id, "For the header x-access-merchant-id");
  command->add_option(
      "--token", options->token,
      "For the header x-access-token (default: the public key, with RSA; with HMAC the "
      "key set's id is needed)");
  command->add_flag("--headers", options->headers_only, "Print nothing but the headers");
  command->callback([&session, options] { sign(session, *options); });
}

}  // namespace kassa::cli

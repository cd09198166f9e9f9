// kassa verify: whether a request as it was sent is rightly signed, and if not, which part is other
// than it should be. Offline; what it prints may hold personal data and goes to the terminal only.
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "cli/signing.hpp"

namespace kassa::cli {
namespace {

struct Options {
  std::string key;
  std::string request;
  std::string body;
  std::vector<std::string> headers;
  std::string signed_body;
  std::string canonical;
  std::string message;
  std::string sha256;
};

/// One part that is not as it should be.
struct Problem {
  std::string part;
  std::string sentence;
  std::optional<Difference> difference;  // computed here, and as the signer had it
};

struct Report {
  bool verified = false;
  std::string liberties;  // taken by a signature that is right; empty: none
  protocol::SignedText text;
  std::vector<Problem> problems;
};

SentRequest read_request(const Options& options) {
  const bool in_parts = !options.body.empty() || !options.headers.empty();
  if (in_parts && !options.request.empty()) {
    throw WrongUsage("give the request as one file, or as --header and --body");
  }
  if (!in_parts)
    return parse_request(read_file_or_input(options.request.empty() ? "-" : options.request));
  SentRequest request;
  for (const auto& line : options.headers) add_header(request, line);
  request.body = read_file_or_input(options.body.empty() ? "-" : options.body);
  return request;
}

void parse(protocol::JsonDocument& document, const std::string& body, const char* which) {
  if (const auto parsed = document.parse(body); !parsed) {
    throw Refused(std::string(which) + ": " + std::string(parsed.error().sentence()));
  }
}

/// A text file of one line: its line end is not part of it.
std::string read_line_file(const std::string& path) {
  std::string text = read_file_or_input(path);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// One request, one key, and what the signer says that it computed.
class Verification {
 public:
  Verification(const Options& options, SentRequest request)
      : options_(options), request_(std::move(request)), key_(read_key_file(options.key)) {}

  Report run() {
    const auto timestamp = request_.header("x-access-timestamp");
    if (!timestamp) throw Refused("the request has no header x-access-timestamp");
    parse(body_, request_.body, "the body");
    report_.text = codec_.text(body_, *timestamp);
    check_timestamp(*timestamp);
    check_algorithm();
    check_token();
    check_signature(*timestamp);
    compare_bodies(*timestamp);
    compare("canonical", "N", report_.text.canonical, options_.canonical);
    compare("message", "M", report_.text.message, options_.message);
    if (!options_.sha256.empty() && options_.sha256 != report_.text.sha256_hex()) {
      add("sha256", "H is " + report_.text.sha256_hex() + ", not what was given");
    }
    report_.verified = signature_is_good_ && report_.problems.empty();
    return std::move(report_);
  }

 private:
  void add(std::string part, std::string sentence, std::optional<Difference> difference = {}) {
    report_.problems.push_back({std::move(part), std::move(sentence), std::move(difference)});
  }

  [[nodiscard]] bool is_hmac() const { return std::holds_alternative<protocol::HmacKey>(key_); }

  void check_timestamp(const std::string& timestamp) {
    if (!protocol::parse_timestamp(timestamp)) {
      add("timestamp", "x-access-timestamp must be Unix seconds, ten digits and nothing else");
    }
  }

  void check_algorithm() {
    const auto header = request_.header("x-access-merchant-algorithm");
    const auto algorithm = header ? protocol::parse_algorithm(*header)
                                  : std::optional(protocol::SignatureAlgorithm::kRsaSha256);
    if (!algorithm) {
      add("algorithm", "x-access-merchant-algorithm must be RSA-SHA256 or HMAC-SHA512");
    } else if ((*algorithm == protocol::SignatureAlgorithm::kHmacSha512) != is_hmac()) {
      add("algorithm", is_hmac() ? "the key is an HMAC key, but the headers say RSA: "
                                   "x-access-merchant-algorithm must be HMAC-SHA512"
                                 : "the key is an RSA key, but the headers say HMAC");
    }
  }

  /// A callback has none; with HMAC it names a key that this file can't be compared with.
  void check_token() {
    const auto header = request_.header("x-access-token");
    if (!header || is_hmac()) return;
    const auto token = protocol::parse_access_token(*header);
    if (!token) {
      add("token", "x-access-token is not the Base64Url of a public key's SPKI DER");
    } else if (token->spki != public_key().token()) {
      add("token", "x-access-token is another public key than that of this file");
    }
  }

  [[nodiscard]] protocol::PublicKey public_key() const {
    if (const auto* own = std::get_if<protocol::PrivateKey>(&key_)) return own->public_key();
    return std::get<protocol::PublicKey>(key_);
  }

  /// With the key that verifies: an RSA public key, or the HMAC key.
  template <class Use>
  auto with_verifying_key(const Use& use) const {
    if (const auto* hmac = std::get_if<protocol::HmacKey>(&key_)) return use(*hmac);
    return use(public_key());
  }

  void check_signature(const std::string& timestamp) {
    const auto signature = request_.header("x-access-signature");
    if (!signature) {
      add("signature", "the request has no header x-access-signature");
      return;
    }
    with_verifying_key([&](const auto& key) {
      const auto form = codec_.verify(key, body_, timestamp, *signature);
      signature_is_good_ = form.has_value();
      if (form) {
        report_.liberties = liberties_of(*form, is_hmac());
      } else {
        add("signature",
            "x-access-signature: " + fault_of(key, report_.text, request_.body, *signature));
      }
    });
  }

  /// The body that the signer had, against the one that was sent.
  void compare_bodies(const std::string& timestamp) {
    if (options_.signed_body.empty()) return;
    const std::string text = read_file_or_input(options_.signed_body);
    protocol::JsonDocument other;
    parse(other, text, "the signed body");
    const std::string canonical = codec_.text(other, timestamp).canonical;
    const auto signature = request_.header("x-access-signature");
    const bool signs_other = signature && with_verifying_key([&](const auto& key) {
                               return codec_.verify(key, other, timestamp, *signature).has_value();
                             });
    if (const auto difference = first_difference(report_.text.canonical, canonical)) {
      add("body",
          signs_other ? "the signature is right for the signed body, and another body was sent"
                      : "the body that was sent has another N than the signed body",
          difference);
    }
  }

  void compare(std::string_view part, std::string_view letter, const std::string& computed,
               const std::string& file) {
    if (file.empty()) return;
    if (const auto difference = first_difference(computed, read_line_file(file))) {
      add(std::string(part),
          std::string(letter) + " was computed otherwise from byte " +
              std::to_string(difference->at) + " on",
          difference);
    }
  }

  const Options& options_;
  SentRequest request_;
  FileKey key_;
  protocol::JsonDocument body_;
  protocol::SignatureCodec codec_;
  Report report_;
  bool signature_is_good_ = false;
};

std::string render(const Report& report) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("verified", report.verified)
      .member("liberties", report.liberties)
      .member("canonical", report.text.canonical)
      .member("message", report.text.message)
      .member("sha256", report.text.sha256_hex())
      .key("problems")
      .begin_array();
  for (const auto& problem : report.problems) {
    json.begin_object().member("part", problem.part).member("message", problem.sentence);
    if (problem.difference) {
      json.member("at_byte", static_cast<std::int64_t>(problem.difference->at))
          .member("sent", problem.difference->one)
          .member("signed", problem.difference->other);
    }
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

void print(const Report& report) {
  std::printf("N  %s\n\nM  %s\n\nH  %s\n", report.text.canonical.c_str(),
              report.text.message.c_str(), report.text.sha256_hex().c_str());
  for (const auto& problem : report.problems) {
    std::printf("\n%s: %s\n", problem.part.c_str(), problem.sentence.c_str());
    if (!problem.difference) continue;
    std::printf("  from the request, from byte %zu on:  %s\n", problem.difference->at,
                problem.difference->one.c_str());
    std::printf("  as it was signed:  %s\n", problem.difference->other.c_str());
  }
  if (!report.liberties.empty()) {
    std::printf("\nThe signature is accepted, though not in the strict form: %s.\n",
                report.liberties.c_str());
  }
  if (report.verified) std::printf("\nThe signature is right.\n");
}

}  // namespace

void add_verify(CLI::App& app, Session& session) {
  CLI::App* command = session.add(
      app, "verify", "Whether a request as it was sent is rightly signed, and if not, why",
      "kassa verify --key public_key.pem request.txt\n"
      "  kassa verify --key public_key.pem --signed-body mine.json request.txt");
  const auto options = std::make_shared<Options>();
  command->add_option("request", options->request,
                      "A file with headers, an empty line and the body (default: the input)");
  command
      ->add_option("--key", options->key,
                   "The file of the RSA key (PEM, public or private) or of the HMAC key")
      ->required();
  command->add_option("--header", options->headers,
                      "Instead of the file: 'name: value', repeatable");
  command->add_option("--body", options->body, "Instead of the file: the body's file");
  command->add_option("--signed-body", options->signed_body,
                      "The file of the body as its signer had it: where do they part?");
  command->add_option("--canonical", options->canonical, "The file of the N that its signer made");
  command->add_option("--message", options->message, "The file of the M that its signer made");
  command->add_option("--sha256", options->sha256, "The H that its signer made, in hex");
  command->callback([&session, options] {
    const Report report = Verification(*options, read_request(*options)).run();
    session.show(render(report), [&](const protocol::JsonValue&) { print(report); });
    if (!report.verified) throw Answered("the request would be refused");
  });
}

}  // namespace kassa::cli

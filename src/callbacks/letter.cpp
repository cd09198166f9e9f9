#include "callbacks/letter.hpp"

#include <curl/urlapi.h>

#include "domain/check.hpp"
#include "protocol/callback_body.hpp"

namespace kassa::callbacks {
namespace {

struct UrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::optional<std::string> part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::nullopt;
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

std::optional<std::string> origin_of(const std::string& url) {
  const std::unique_ptr<CURLU, UrlCleanup> parsed(curl_url());
  KASSA_CHECK(parsed != nullptr, "out of memory");
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return std::nullopt;
  const auto scheme = part_of(parsed.get(), CURLUPART_SCHEME);
  const auto host = part_of(parsed.get(), CURLUPART_HOST);
  const auto port = part_of(parsed.get(), CURLUPART_PORT);
  if (!scheme || !host || !port || (*scheme != "http" && *scheme != "https")) return std::nullopt;
  std::string origin = *scheme + "://" + *host + ":" + *port;
  // Host names have no letter case; two spellings must not have two breakers.
  for (char& c : origin) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return origin;
}

std::expected<Addressed, std::string> LetterWriter::address(Told told,
                                                            domain::ConfigPtr config) const {
  const domain::Project* project = config->project(told.payment.project_id);
  if (project == nullptr) return std::unexpected("The payment's project is not configured.");
  auto details = pictures_.details(told.payment);
  if (!details) return std::unexpected(details.error());
  Addressed addressed;
  addressed.url = callback_url(*details, *project, told.event.to);
  addressed.test = project->test;
  addressed.details = std::move(*details);
  addressed.told = std::move(told);
  addressed.config = std::move(config);
  if (addressed.url.empty()) return addressed;
  auto origin = origin_of(addressed.url);
  if (!origin) return std::unexpected("The callback URL is not an http or https URL.");
  if (origin->starts_with("http:") && !addressed.test) {
    return std::unexpected("A live project's callback URL must be https.");
  }
  addressed.endpoint = {project->id, std::move(*origin)};
  return addressed;
}

std::expected<Letter, std::string> LetterWriter::seal(const Addressed& addressed) {
  const Told& told = addressed.told;
  const auto picture = pictures_.of_event(told.payment, addressed.details, told.event,
                                          told.requisites, *addressed.config);
  if (!picture) return std::unexpected(picture.error());
  const domain::Project& project = *addressed.config->project(told.payment.project_id);
  const std::int64_t now_s = domain::unix_seconds(clock_.now());
  const auto key = keys_.of(project, now_s);
  if (!key) return std::unexpected(key.error());

  Letter letter;
  letter.body = protocol::render_callback(*picture);
  KASSA_CHECK(document_.parse(letter.body).has_value(), "a callback's body is not valid JSON");
  const std::string timestamp = std::to_string(now_s);
  const std::string signature =
      std::visit([&](const auto& k) { return codec_.sign(k, document_, timestamp); }, *key);
  const auto algorithm = std::holds_alternative<protocol::HmacKey>(*key)
                             ? protocol::SignatureAlgorithm::kHmacSha512
                             : protocol::SignatureAlgorithm::kRsaSha256;
  letter.headers = {
      "content-type: application/json",
      "x-access-timestamp: " + timestamp,
      "x-access-merchant-id: " + picture->project_id,
      "x-access-signature: " + signature,
      "x-access-merchant-algorithm: " + std::string(protocol::algorithm_name(algorithm)),
  };
  letter.request_id = told.event.request_id;
  letter.seq = told.event.seq;
  letter.url = addressed.url;
  letter.endpoint = addressed.endpoint;
  letter.allow_http = addressed.test;
  letter.allow_private_addresses = addressed.test;
  return letter;
}

}  // namespace kassa::callbacks

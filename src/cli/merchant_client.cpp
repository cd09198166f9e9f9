#include "cli/merchant_client.hpp"

#include <curl/curl.h>

#include <chrono>
#include <memory>

#include "cli/session.hpp"
#include "ops/clock.hpp"
#include "protocol/json_document.hpp"
#include "protocol/signature.hpp"

namespace kassa::cli {
namespace {

protocol::PrivateKey key_from(const std::string& pem) {
  auto key = protocol::PrivateKey::from_pem(pem);
  if (!key) throw Refused(key.error());
  return std::move(*key);
}

std::size_t collect(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

}  // namespace

MerchantClient::MerchantClient(std::string base_url, std::string project_id,
                               const std::string& private_pem)
    : base_url_(std::move(base_url)),
      project_id_(std::move(project_id)),
      key_(key_from(private_pem)) {}

MerchantAnswer MerchantClient::post(const std::string& path, const std::string& body) const {
  protocol::JsonDocument document;
  if (!document.parse(body)) throw Refused("the request's body is not JSON");
  const ops::SystemClock clock;
  const std::string timestamp = std::to_string(domain::unix_seconds(clock.now()));
  protocol::SignatureCodec codec;
  const std::string headers[] = {
      "content-type: application/json",
      "x-access-timestamp: " + timestamp,
      "x-access-merchant-id: " + project_id_,
      "x-access-token: " + key_.public_key().token(),
      "x-access-signature: " + codec.sign(key_, document, timestamp),
  };
  curl_slist* list = nullptr;
  for (const auto& header : headers) list = curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(list,
                                                                          &curl_slist_free_all);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  MerchantAnswer answer;
  const std::string url = base_url_ + path;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, owned.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 15'000L);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) throw Refused(url + ": " + curl_easy_strerror(code));
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace kassa::cli

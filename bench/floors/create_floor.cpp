// What a signed create costs at least, step by step, without sockets, store or threads: the floors
// under the numbers of kassa_bench. Each step is timed alone and then all of them together.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "protocol/canonical.hpp"
#include "protocol/json_document.hpp"
#include "protocol/keys.hpp"
#include "protocol/requests.hpp"
#include "protocol/signature.hpp"

namespace kassa {
namespace {

using protocol::JsonDocument;
using protocol::SignatureCodec;

/// Of the size that shops send.
constexpr std::string_view kBody =
    R"({"general":{"project_id":"0192c6f0-5a3e-7c11-9b7e-3a1d2f4b5c6d","payment_id":"order-000123",)"
    R"("merchant_callback_url":"https://shop.example/callbacks",)"
    R"("merchant_success_callback_url":"https://shop.example/callbacks",)"
    R"("merchant_decline_callback_url":"https://shop.example/callbacks",)"
    R"("redirect_url":"https://shop.example/thank-you"},)"
    R"("payment":{"method":"card-p2p","amount":500000,"currency":"KZT","lifetime":600,)"
    R"("description":"Order 123"},"sender":{"pan":"4850788018041726"},)"
    R"("customer":{"id":"customer-1","ip_address":"192.0.2.1","first_name":"Erik",)"
    R"("last_name":"Ackerman","customer_type":"trust","country":"KZ","language":"ru",)"
    R"("email":"erik@example.com","user_agent":"Mozilla/5.0 X11 Linux x86_64 rv:128.0"
}
})";
constexpr std::string_view kTimestamp = "1760000000";

/// A project that allows everything: what is left is the validation itself.
class AnythingGoes final : public protocol::ValidationContext {
 public:
  [[nodiscard]] bool currency_enabled(domain::Currency) const override { return true; }
  [[nodiscard]] bool method_enabled(protocol::Operation, domain::Currency,
                                    std::string_view) const override {
    return true;
  }
  [[nodiscard]] bool bank_known(std::string_view) const override { return true; }
  [[nodiscard]] bool phone_allowed(domain::Currency, std::string_view) const override {
    return true;
  }
  [[nodiscard]] protocol::BankCodeRule bank_code_rule(domain::Currency,
                                                      std::string_view) const override {
    return protocol::BankCodeRule::kIgnored;
  }
  [[nodiscard]] bool http_urls_allowed() const override { return true; }
};

JsonDocument parsed() {
  JsonDocument document;
  if (!document.parse(kBody)) std::abort();
  return document;
}

const protocol::PrivateKey& private_key() {
  static const auto key = protocol::PrivateKey::generate();
  return key;
}

const protocol::HmacKey& hmac_key() {
  static const auto key =
      *protocol::HmacKey::from_text(protocol::generate_hmac_key_text().reveal());
  return key;
}

void parse(benchmark::State& state) {
  JsonDocument document;
  for (auto _ : state) {
    if (!document.parse(kBody)) state.SkipWithError("not JSON");
  }
}
BENCHMARK(parse);

void canonical_form(benchmark::State& state) {
  const JsonDocument document = parsed();
  protocol::Canonicalizer canonicalizer;
  for (auto _ : state) benchmark::DoNotOptimize(canonicalizer.canonical(document));
}
BENCHMARK(canonical_form);

void validate(benchmark::State& state) {
  const JsonDocument document = parsed();
  const AnythingGoes context;
  for (auto _ : state) {
    if (!protocol::parse_payin(document, context)) state.SkipWithError("not a payin");
  }
}
BENCHMARK(validate);

template <class Sign, class Verify>
void parse_and_verify(benchmark::State& state, const Sign& sign_key, const Verify& verify_key) {
  JsonDocument document = parsed();
  SignatureCodec codec;
  const std::string signature = codec.sign(sign_key, document, kTimestamp);
  for (auto _ : state) {
    const bool good = document.parse(kBody).has_value() &&
                      codec.verify(verify_key, document, kTimestamp, signature).has_value();
    if (!good) state.SkipWithError("the signature does not verify");
  }
}
void parse_and_verify_rsa(benchmark::State& state) {
  parse_and_verify(state, private_key(), private_key().public_key());
}
BENCHMARK(parse_and_verify_rsa);
void parse_and_verify_hmac(benchmark::State& state) {
  parse_and_verify(state, hmac_key(), hmac_key());
}
BENCHMARK(parse_and_verify_hmac);

/// What each callback costs a worker at least.
template <class Key>
void sign(benchmark::State& state, const Key& key) {
  const JsonDocument document = parsed();
  SignatureCodec codec;
  for (auto _ : state) benchmark::DoNotOptimize(codec.sign(key, document, kTimestamp));
}
void sign_rsa(benchmark::State& state) {
  sign(state, private_key());
}
BENCHMARK(sign_rsa);
void sign_hmac(benchmark::State& state) {
  sign(state, hmac_key());
}
BENCHMARK(sign_hmac);

}  // namespace
}  // namespace kassa

BENCHMARK_MAIN();

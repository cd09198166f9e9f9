// How long a request's checks take: printed, for the eye; asserted is only that they work.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "protocol/signature.hpp"
#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {
namespace {

constexpr std::string_view kBody =
    R"({"general":{"project_id":"57aff4db-b45d-42bf-bc5f-b7a499a01782","payment_id":"KZT-VISA-123456","merchant_callback_url":"https://your-domain.com/internal","merchant_success_callback_url":"https://your-domain.com/success","merchant_decline_callback_url":"https://your-domain.com/decline","redirect_url":"https://your-domain.com/order/page"},"payment":{"method":"international-card-p2p","amount":500000,"currency":"KZT","lifetime":300,"description":"Comment about the payment","extra_param":"example"},"sender":{"pan":"4400430140020306"},"customer":{"id":"cus_12345","ip_address":"192.0.2.1","first_name":"Alex","last_name":"Johnson","customer_type":"ftd","country":"KZ","language":"kk","email":"customer@example.com","browser":"Google Chrome v15.12","device_type":"iPhone 15 Pro"}})";

template <class Work>
void time(const char* what, int rounds, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  int done = 0;
  for (int i = 0; i < rounds; ++i) done += work() ? 1 : 0;
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::steady_clock::now() - start);
  EXPECT_EQ(done, rounds);
  fmt::print("[   TIME   ] {:32} {:8.2f} us\n", what,
             static_cast<double>(nanoseconds.count()) / 1000.0 / rounds);
}

TEST(Timing, OfAPayinBody) {
  const test::SigningVectors vectors;
  const auto private_key = PrivateKey::from_pem(vectors.text("rsa_private_key_pem")).value();
  const auto public_key = private_key.public_key();
  const auto hmac_key = HmacKey::from_text(vectors.text("hmac_key_file_text")).value();
  JsonDocument document;
  Canonicalizer canonicalizer;
  SignatureCodec codec;
  const std::string timestamp = "1706182847";
  const auto body = test::parsed(kBody);
  const auto rsa = codec.sign(private_key, body, timestamp);
  const auto hmac = codec.sign(hmac_key, body, timestamp);
  const auto token = public_key.token();

  time("parse", 20'000, [&] { return document.parse(kBody).has_value(); });
  time("parse + canonical form", 20'000, [&] {
    return document.parse(kBody).has_value() && !canonicalizer.canonical(document).empty();
  });
  time("parse + verify RSA-2048", 2'000, [&] {
    return document.parse(kBody).has_value() &&
           codec.verify(public_key, document, timestamp, rsa).has_value();
  });
  time("parse + verify HMAC-SHA512", 10'000, [&] {
    return document.parse(kBody).has_value() &&
           codec.verify(hmac_key, document, timestamp, hmac).has_value();
  });
  time("refuse an RSA signature", 1'000,
       [&] { return !codec.verify(public_key, document, "1706182848", rsa).has_value(); });
  time("sign RSA-2048", 200, [&] { return !codec.sign(private_key, body, timestamp).empty(); });
  time("normalise the token", 20'000, [&] { return parse_access_token(token).has_value(); });
}

}  // namespace
}  // namespace kassa::protocol

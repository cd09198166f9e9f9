// What `kassa sign` and `kassa verify` say about requests, keys and texts that differ.
#include "cli/signing.hpp"

#include <gtest/gtest.h>

#include "cli/session.hpp"

namespace kassa::cli {
namespace {

constexpr std::string_view kTimestamp = "1767225600";
constexpr std::string_view kBody = R"({"a":true,"b":"Ж"})";

struct Signed {
  protocol::JsonDocument document;
  protocol::SignatureCodec codec;

  Signed() { EXPECT_TRUE(document.parse(kBody)); }
  protocol::SignedText text() { return codec.text(document, kTimestamp); }
};

protocol::HmacKey hmac_key() {
  return *protocol::HmacKey::from_text("0123456789abcdef0123456789abcdef");
}

std::string text_of_tag(const protocol::HmacSha512Tag& tag) {
  return {reinterpret_cast<const char*>(tag.data()), tag.size()};
}

protocol::PrivateKey& rsa_key() {
  static protocol::PrivateKey key = protocol::PrivateKey::generate();
  return key;
}

TEST(ParseRequest, TakesHeadersInAnyCaseAndTheBodyAsItIs) {
  const auto request = parse_request(
      "POST /api/v1/balance/info HTTP/1.1\r\nX-Access-Timestamp:  1767225600 \r\nhost: x\r\n\r\n"
      "{\"a\": 1}\n");
  EXPECT_EQ(request.header("x-access-timestamp"), "1767225600");
  EXPECT_EQ(request.header("host"), "x");
  EXPECT_EQ(request.header("x-access-token"), std::nullopt);
  EXPECT_EQ(request.body, "{\"a\": 1}\n");
}

TEST(ParseRequest, RefusesWhatIsNoRequest) {
  EXPECT_THROW((void)parse_request("x-access-timestamp: 1767225600"), Refused);
  EXPECT_THROW((void)parse_request("a: 1\nA: 2\n\n{}"), Refused);
  EXPECT_THROW((void)parse_request("no colon\n\n{}"), Refused);
}

TEST(FirstDifference, IsWhereTwoTextsPart) {
  EXPECT_EQ(first_difference("a:1;b:2", "a:1;b:2"), std::nullopt);
  const auto difference = first_difference("a:1;b:2;c:3", "a:1;b:5;c:3");
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->at, 6U);
  EXPECT_EQ(difference->one, "a:1;b:2;c:3");
  EXPECT_EQ(difference->other, "a:1;b:5;c:3");
  EXPECT_EQ(first_difference("a", "ab")->at, 1U);
  EXPECT_EQ(first_difference("", "b")->other, "b");
}

TEST(FirstDifference, ShowsWholeCharactersAndOnlyWhatIsNear) {
  // Ж and З share their first byte.
  const auto difference = first_difference("x:Ж", "x:З");
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->at, 2U);
  const std::string far(100, 'a');
  const auto near = first_difference(far + "1" + far, far + "2" + far);
  ASSERT_TRUE(near);
  EXPECT_EQ(near->one, "…" + std::string(24, 'a') + "1" + std::string(23, 'a') + "…");
}

TEST(FaultOf, NamesTheMistakesThatAreMade) {
  Signed made;
  const auto text = made.text();
  const auto key = rsa_key();
  const auto fault = [&](std::string_view signed_text) {
    const auto signature = encoding::to_base64(key.sign_digest(protocol::sha256(signed_text)));
    return fault_of(key.public_key(), text, kBody, signature);
  };
  EXPECT_NE(fault(text.sha256_hex()).find("hexadecimal text of H"), std::string::npos);
  EXPECT_NE(fault(text.canonical).find("over N"), std::string::npos);
  EXPECT_NE(fault(kBody).find("JSON body"), std::string::npos);
  EXPECT_NE(fault("anything").find("another text"), std::string::npos);
  EXPECT_NE(fault_of(key.public_key(), text, kBody, "!").find("Base64"), std::string::npos);
  const auto other = protocol::PrivateKey::generate();
  const auto by_other = made.codec.sign(other, made.document, kTimestamp);
  EXPECT_NE(fault_of(key.public_key(), text, kBody, by_other).find("another key"),
            std::string::npos);
  const auto hex = encoding::to_base64(text_of_tag(hmac_key().tag(text.sha256_hex())));
  EXPECT_NE(fault_of(hmac_key(), text, kBody, hex).find("hexadecimal text of H"),
            std::string::npos);
}

TEST(LibertiesOf, AreEmptyForTheStrictForm) {
  EXPECT_EQ(liberties_of({}, false), "");
  protocol::SignatureForm form;
  form.other_digest = true;
  EXPECT_EQ(liberties_of(form, true), "over H instead of M");
  form.canonical.booleans_as_words = true;
  EXPECT_EQ(liberties_of(form, false), "booleans as words; over M, hashed once");
}

}  // namespace
}  // namespace kassa::cli

#include "protocol/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "unit/protocol/naive_canonical.hpp"
#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {
namespace {

using test::member;
using test::parsed;

constexpr std::array kSpellings{Base64::kUrl, Base64::kUrlPadded, Base64::kStandardPadded,
                                Base64::kStandard};

std::string_view view(const auto& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

class Signatures : public testing::Test {
 protected:
  test::SigningVectors vectors_;
  PrivateKey private_key_ = PrivateKey::from_pem(vectors_.text("rsa_private_key_pem")).value();
  PublicKey public_key_ = PublicKey::from_pem(vectors_.text("rsa_public_key_pem")).value();
  HmacKey hmac_key_ = HmacKey::from_text(vectors_.text("hmac_key_file_text")).value();
  SignatureCodec codec_;

  bool accepts(std::string_view name, const JsonDocument& body, std::string_view timestamp,
               std::string_view signature) {
    return name.starts_with("hmac")
               ? codec_.verify(hmac_key_, body, timestamp, signature).has_value()
               : codec_.verify(public_key_, body, timestamp, signature).has_value();
  }
};

TEST_F(Signatures, MakeEveryVector) {
  for (const auto vector : vectors_.cases().children()) {
    const auto body = parsed(member(vector, "body"));
    const auto timestamp = member(vector, "timestamp");
    const auto text = codec_.text(body, timestamp);
    EXPECT_EQ(text.canonical, member(vector, "canonical"));
    EXPECT_EQ(text.message, member(vector, "message"));
    EXPECT_EQ(text.sha256_hex(), member(vector, "sha256_hex"));
    EXPECT_EQ(codec_.sign(private_key_, body, timestamp), member(vector, "rsa_signature"));
    EXPECT_EQ(codec_.sign(hmac_key_, body, timestamp), member(vector, "hmac_signature"));
    EXPECT_EQ(codec_.verify(public_key_, body, timestamp, member(vector, "rsa_signature")),
              SignatureForm{});
    EXPECT_EQ(codec_.verify(hmac_key_, body, timestamp, member(vector, "hmac_signature")),
              SignatureForm{});
  }
}

TEST_F(Signatures, AcceptEveryFormOfEveryVector) {
  int forms = 0;
  for (const auto vector : vectors_.cases().children()) {
    const auto body = parsed(member(vector, "body"));
    for (const auto form : vector.find("also_accepted")->children()) {
      EXPECT_TRUE(accepts(form.key(), body, member(vector, "timestamp"), form.text()))
          << vector.key() << " " << form.key();
      ++forms;
    }
  }
  EXPECT_EQ(forms, 11 * 11);
}

TEST_F(Signatures, RefuseWhatTheVectorsRefuse) {
  int refusals = 0;
  for (const auto vector : vectors_.cases().children()) {
    const auto body = parsed(member(vector, "body"));
    const auto timestamp = member(vector, "timestamp");
    for (const auto wrong : vector.find("must_be_refused")->children()) {
      ++refusals;
      if (wrong.kind() == JsonKind::kString) {
        EXPECT_FALSE(accepts("rsa", body, timestamp, wrong.text())) << wrong.key();
        EXPECT_FALSE(accepts("hmac", body, timestamp, wrong.text())) << wrong.key();
        continue;
      }
      for (const auto signature : wrong.children()) {
        if (signature.key() == "timestamp") continue;
        EXPECT_FALSE(accepts(signature.key(), body, member(wrong, "timestamp"), signature.text()))
            << wrong.key() << " " << signature.key();
      }
    }
  }
  EXPECT_GE(refusals, 11 * 5);
}

// Every canonical form, times every spelling of M, times both digests, times every spelling of the
// signature, made by the naive implementation; each tried with every hint of what came before.
TEST_F(Signatures, AcceptEveryCombinationOfForms) {
  const auto body =
      parsed(R"({"yes":true,"no":[false,null],"ﬁ":1,"😀":{"k":"v?~>ÿ"},"s":"","n":1.50,"z":{}})");
  const std::string timestamp = "1706182847";
  int combinations = 0;
  for (const bool words : {false, true})
    for (const bool utf16 : {false, true})
      for (const Base64 spelling : kSpellings) {
        const std::string message =
            encoding::to_base64(test::naive_canonical(body, {words, utf16}), spelling) + timestamp;
        const Sha256Digest once = sha256(message);
        const std::array rsa{private_key_.sign_digest(sha256(view(once))),
                             private_key_.sign_digest(once)};
        const std::array hmac{hmac_key_.tag(message), hmac_key_.tag(view(once))};
        for (const bool other : {false, true}) {
          const SignatureForm form{{words, utf16}, spelling, other};
          for (const SignatureForm hint :
               {SignatureForm{}, form, SignatureForm{{true, true}, Base64::kStandard, true}}) {
            for (const Base64 outer : kSpellings) {
              const auto rsa_form = codec_.verify(public_key_, body, timestamp,
                                                  encoding::to_base64(rsa[other], outer), hint);
              const auto hmac_form = codec_.verify(
                  hmac_key_, body, timestamp, encoding::to_base64(view(hmac[other]), outer), hint);
              EXPECT_EQ(rsa_form, form);
              EXPECT_EQ(hmac_form, form);
              ++combinations;
            }
            const std::string hex = encoding::to_hex(view(hmac[other]));
            EXPECT_EQ(codec_.verify(hmac_key_, body, timestamp, hex, hint), form);
            EXPECT_EQ(codec_.verify(hmac_key_, body, timestamp, upper(hex), hint), form);
          }
        }
      }
  EXPECT_EQ(combinations, 2 * 2 * 4 * 2 * 3 * 4);
}

TEST_F(Signatures, ReportTheHintedFormWhereItMakesNoDifference) {
  // 39 bytes of N: no padding, so "padded" and not padded are one message.
  const auto body = parsed(R"({"general":{"payment_id":"abcdefghijklmnopqrst"}})");
  ASSERT_EQ(codec_.text(body, "1706182847").canonical.size() % 3, 0U);
  const SignatureForm hint{{true, true}, Base64::kUrlPadded, false};
  const auto signature = codec_.sign(private_key_, body, "1706182847");
  EXPECT_EQ(codec_.verify(public_key_, body, "1706182847", signature, hint), hint);
}

TEST_F(Signatures, RefuseMalformedSignatureTexts) {
  const auto body = parsed(R"({"a":1})");
  const auto rsa = codec_.sign(private_key_, body, "1706182847");
  const auto hmac = codec_.sign(hmac_key_, body, "1706182847");
  for (const auto& good : {rsa, hmac}) {
    for (const std::string& bad :
         {good + "=", good + "===", good + " ", good + "\n", good.substr(1), good + good,
          "=" + good, good.substr(0, good.size() - 1), std::string(good.size(), 'A'),
          std::string(4096, 'A')}) {
      EXPECT_FALSE(codec_.verify(public_key_, body, "1706182847", bad).has_value()) << bad;
      EXPECT_FALSE(codec_.verify(hmac_key_, body, "1706182847", bad).has_value()) << bad;
    }
  }
}

TEST_F(Signatures, CoverEveryByteOfBodyAndTimestamp) {
  const auto body = parsed(R"({"general":{"payment_id":"p"},"payment":{"amount":100}})");
  const auto signature = codec_.sign(private_key_, body, "1706182847");
  for (const char* other : {R"({"general":{"payment_id":"p"},"payment":{"amount":101}})",
                            R"({"general":{"payment_id":"q"},"payment":{"amount":100}})",
                            R"({"general":{"payment_id":"p"},"payment":{"amount":100.0}})",
                            R"({"general":{"payment_id":"p"},"payment":{"amount":100},"x":""})",
                            R"({"general":{"payment_id":"p"}})", "{}"})
    EXPECT_FALSE(codec_.verify(public_key_, parsed(other), "1706182847", signature).has_value());
  EXPECT_FALSE(codec_.verify(public_key_, body, "1706182846", signature).has_value());
}

TEST_F(Signatures, VerifyFromManyThreadsWithOneKey) {
  const auto vector = *vectors_.cases().children().begin();
  const auto body = parsed(member(vector, "body"));
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      SignatureCodec codec;
      for (int i = 0; i < 200; ++i) {
        const auto timestamp = member(vector, "timestamp");
        accepted +=
            codec.verify(public_key_, body, timestamp, member(vector, "rsa_signature")).has_value();
        accepted +=
            codec.verify(hmac_key_, body, timestamp, member(vector, "hmac_signature")).has_value();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(accepted, 4 * 200 * 2);
}

TEST(SignatureForm, PacksIntoAByteAndBack) {
  for (std::uint8_t bits = 0; bits < 32; ++bits)
    EXPECT_EQ(SignatureForm::unpacked(bits).packed(), bits);
  SignatureFormHint hint;
  EXPECT_EQ(hint.load(), SignatureForm{});
  hint.store({{true, false}, Base64::kStandard, true});
  EXPECT_EQ(hint.load(), (SignatureForm{{true, false}, Base64::kStandard, true}));
}

TEST(SignatureHeaders, NameTheAlgorithmInAnyCase) {
  using enum SignatureAlgorithm;
  for (const char* text : {"RSA", "rsa", "RSA-SHA256", "Rsa-Sha256"})
    EXPECT_EQ(parse_algorithm(text), kRsaSha256) << text;
  for (const char* text : {"HMAC", "hmac", "HMAC-SHA512", "hmac-SHA512"})
    EXPECT_EQ(parse_algorithm(text), kHmacSha512) << text;
  for (const char* text : {"", "none", "RSA-SHA1", "RSA ", "HMAC-SHA256", "RSA-PSS", "RSA,HMAC"})
    EXPECT_EQ(parse_algorithm(text), std::nullopt) << text;
  EXPECT_EQ(algorithm_name(kRsaSha256), "RSA-SHA256");
  EXPECT_EQ(algorithm_name(kHmacSha512), "HMAC-SHA512");
}

TEST(SignatureHeaders, TakeOneSpellingOfATimestamp) {
  EXPECT_EQ(parse_timestamp("1706182847"), 1706182847);
  EXPECT_EQ(parse_timestamp("9999999999"), 9999999999);
  for (const char* text :
       {"", "0706182847", "170618284", "17061828470", "+706182847", "1706182847 ", " 1706182847",
        "1706182847.0", "170618284x", "-706182847", "1706182847000"})
    EXPECT_EQ(parse_timestamp(text), std::nullopt) << text;
}

TEST(AccessTokens, AreTheSameKeyHoweverTheyAreSpelled) {
  const test::SigningVectors vectors;
  const auto token = vectors.text("access_token");
  const auto pem = vectors.text("rsa_public_key_pem");
  const auto key = PublicKey::from_pem(pem).value();
  EXPECT_EQ(key.token(), token);
  EXPECT_EQ(key.bits(), 2048);
  EXPECT_EQ(key.pem(), pem);
  const auto der = encoding::from_base64(token).value();
  EXPECT_EQ(PublicKey::from_spki(der).value().token(), token);

  std::vector<std::string> spellings;
  for (const auto also : vectors.root().find("also_accepted_tokens")->children())
    spellings.emplace_back(also.text());
  for (const Base64 spelling : kSpellings) {
    spellings.push_back(encoding::to_base64(der, spelling));
    spellings.push_back(encoding::to_base64(pem, spelling));
  }
  for (const auto& text : spellings) {
    const auto parsed_token = parse_access_token(text);
    ASSERT_TRUE(parsed_token.has_value()) << text;
    EXPECT_EQ(parsed_token->spki, token);
    EXPECT_FALSE(parsed_token->key_set.has_value());
  }
}

TEST(AccessTokens, NameAKeySetByItsId) {
  const auto token = parse_access_token("57AFF4DB-b45d-42bf-bc5f-b7a499a01782");
  ASSERT_TRUE(token.has_value());
  ASSERT_TRUE(token->key_set.has_value());
  EXPECT_EQ(token->key_set->text(), "57aff4db-b45d-42bf-bc5f-b7a499a01782");
}

TEST(AccessTokens, AreRefusedWhereTheyAreNoKeys) {
  for (const char* text : {"", "API_KEY", "fe99035f86fa436181717b302b95bacff1", "-", "MIIB MIIB",
                           "MI+_", "LS0tLS0", "null"})
    EXPECT_FALSE(parse_access_token(text).has_value()) << text;
}

constexpr const char* kEcPublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAESIxCSKrD5ByFN3FjIuBvJUZCFmah\n"
    "PeXx6zIC6MfvwbK4vNLffKHrIv9cRYhFNypkM2VkONgs/0syx6N2fRPs/w==\n"
    "-----END PUBLIC KEY-----\n";
constexpr const char* kRsa1024PublicPem =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQD5kSFZrGvz3PCKNpe4UulIr0/N\n"
    "xR5asX5hMMykzwGpNzhMv64yiFagb5wQ75XOPYzcj8Y3m7k1eAtW81AGm+j4jmoe\n"
    "vvbrFmqkUo+Yk4chCZnatvH1VZeYJWvvxzqhaE+xau8tNiLfKdVSK0/Ura80H+qG\n"
    "NwYkJM156saV6O3gjwIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

TEST(Keys, RefuseOtherKindsAndShortOnes) {
  EXPECT_THAT(PublicKey::from_pem(kEcPublicPem).error(), testing::HasSubstr("not an RSA key"));
  EXPECT_THAT(PublicKey::from_pem(kRsa1024PublicPem).error(), testing::HasSubstr("1024 bits"));
  EXPECT_THAT(PublicKey::from_pem("hello").error(), testing::HasSubstr("not a public key"));
  EXPECT_FALSE(PublicKey::from_pem("").has_value());
  EXPECT_FALSE(PublicKey::from_spki("").has_value());
  EXPECT_FALSE(PrivateKey::from_pem("").has_value());
  EXPECT_FALSE(PrivateKey::from_pem(kRsa1024PublicPem).has_value());
}

TEST(Keys, RefuseTextAfterTheDerAndAnExponentThatIsNoExponent) {
  const test::SigningVectors vectors;
  const std::string der = encoding::from_base64(vectors.text("access_token")).value();
  EXPECT_FALSE(PublicKey::from_spki(der + '\0').has_value());
  EXPECT_FALSE(PublicKey::from_spki(der.substr(0, der.size() - 1)).has_value());
  std::string even_exponent = der;
  even_exponent.back() = '\0';  // 65537 becomes 65536
  EXPECT_THAT(PublicKey::from_spki(even_exponent).error(), testing::HasSubstr("exponent"));
}

TEST(Keys, SurviveTheirPemFiles) {
  const auto pair = generate_rsa_key_pair();
  const auto private_key = PrivateKey::from_pem(pair.private_pem.reveal()).value();
  const auto public_key = PublicKey::from_pem(pair.public_pem).value();
  EXPECT_EQ(private_key.public_key().token(), public_key.token());
  SignatureCodec codec;
  const auto body = parsed(R"({"a":1})");
  const auto signature = codec.sign(private_key, body, "1706182847");
  EXPECT_TRUE(codec.verify(public_key, body, "1706182847", signature).has_value());
  const test::SigningVectors vectors;
  const auto other = PublicKey::from_pem(vectors.text("rsa_public_key_pem")).value();
  EXPECT_FALSE(codec.verify(other, body, "1706182847", signature).has_value());
}

TEST(Keys, HmacTextsAreRandomAndIgnoreTheirNewline) {
  const auto text = generate_hmac_key_text();
  EXPECT_EQ(text.reveal().size(), 64U);
  EXPECT_NE(text, generate_hmac_key_text());
  const auto tag = HmacKey::from_text(text.reveal()).value().tag("m");
  EXPECT_EQ(HmacKey::from_text(text.reveal() + "\n").value().tag("m"), tag);
  EXPECT_EQ(HmacKey::from_text(text.reveal() + "\r\n").value().tag("m"), tag);
  EXPECT_NE(HmacKey::from_text(text.reveal() + " ").value().tag("m"), tag);
  EXPECT_FALSE(HmacKey::from_text("").has_value());
  EXPECT_FALSE(HmacKey::from_text("short\n").has_value());
}

}  // namespace
}  // namespace kassa::protocol

#include "ops/crypto.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "encoding/base64.hpp"

namespace kassa::ops {
namespace {

std::string raw(std::string_view hex_text) {
  return encoding::from_hex(hex_text).value();
}
std::string hex(Bytes bytes) {
  return encoding::to_hex(chars_of(bytes));
}

Key256 key_of(std::string_view hex_text) {
  const std::string bytes = raw(hex_text);
  Key256 key{};
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

TEST(Crypto, HmacMatchesRfc4231) {
  const std::string key = raw("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  const std::string expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
  EXPECT_EQ(hex(hmac_sha256(bytes_of(key), {bytes_of("Hi There")})), expected);
  EXPECT_EQ(hex(hmac_sha256(bytes_of(key), {bytes_of("Hi"), bytes_of(" "), bytes_of("There")})),
            expected);
  EXPECT_EQ(hex(hmac_sha256(bytes_of("Jefe"), {bytes_of("what do ya want for nothing?")})),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// NIST SP 800-38D, GCM specification test case 16.
TEST(Crypto, GcmMatchesItsPublishedCase) {
  const Key256 key = key_of("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = raw("cafebabefacedbaddecaf888");
  const std::string aad = raw("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string plain =
      raw("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
          "49a6b525b16aedf5aa0de657ba637b39");
  std::vector<std::uint8_t> out(plain.size() + kGcmTagBytes);
  gcm_seal(key, bytes_of(nonce), bytes_of(aad), bytes_of(plain), out.data());
  EXPECT_EQ(
      hex(out),
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
      "56828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const Bytes sealed(out);
  EXPECT_EQ(gcm_open(key, bytes_of(nonce), bytes_of(aad), sealed.first(plain.size()),
                     sealed.last(kGcmTagBytes)),
            plain);
}

// FIPS 197, appendix C.3.
TEST(Crypto, OneAesBlockMatchesFips197) {
  const Key256 key = key_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  Block128 block{};
  for (std::size_t i = 0; i < 16; ++i) block[i] = static_cast<std::uint8_t>(i * 0x11);
  const Block128 encrypted = aes_encrypt_block(key, block);
  EXPECT_EQ(hex(encrypted), "8ea2b7ca516745bfeafc49904b496089");
  EXPECT_EQ(aes_decrypt_block(key, encrypted), block);
}

TEST(Crypto, CiphersOfOneThreadDontDisturbEachOther) {
  const auto work = [] {
    for (int i = 0; i < 200; ++i) {
      Key256 key{};
      key[0] = static_cast<std::uint8_t>(i);
      const Block128 block{};
      const Block128 once = aes_encrypt_block(key, block);
      std::vector<std::uint8_t> out(16);
      gcm_seal(key, bytes_of("123456789012"), bytes_of("a"), {}, out.data());
      EXPECT_EQ(aes_encrypt_block(key, block), once);
      EXPECT_EQ(gcm_open(key, bytes_of("123456789012"), bytes_of("a"), {}, out), "");
    }
  };
  std::thread other(work);
  work();
  other.join();
}

TEST(Crypto, ComparisonLooksAtEveryByteAndTheLength) {
  EXPECT_TRUE(equal_constant_time(bytes_of("abc"), bytes_of("abc")));
  EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("xbc")));
  EXPECT_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("abcd")));
}

TEST(Crypto, WipeLeavesZeros) {
  Key256 key{};
  key.fill(7);
  wipe(key);
  EXPECT_EQ(key, Key256{});
}

}  // namespace
}  // namespace kassa::ops

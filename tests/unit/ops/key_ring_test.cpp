#include "ops/key_ring.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <set>

#include "ops/random.hpp"
#include "temporary_directory.hpp"

namespace kassa::ops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr domain::Instant kNow = domain::instant_of_ms(1'767'225'600'000);

class KeyRingTest : public ::testing::Test {
 protected:
  [[nodiscard]] KeyRing fresh() const { return KeyRing::create(directory / "ring", kNow).value(); }

  TemporaryDirectory directory;
  domain::RequestId id = new_request_id(kNow);
  Bytes row = id.value.bytes;
};

TEST_F(KeyRingTest, CreatedFileIsPrivateAndLoadsAgain) {
  const KeyRing made = fresh();
  struct stat status{};
  ASSERT_EQ(::stat((directory / "ring").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  const auto loaded = KeyRing::load(directory / "ring");
  ASSERT_TRUE(loaded) << loaded.error();
  EXPECT_EQ(loaded->active_key_id(), 1U);
  EXPECT_EQ(loaded->open("payments", row, made.seal("payments", row, "hello"))->reveal(), "hello");
  EXPECT_THAT(contents_of(directory / "ring"), HasSubstr("created = 1767225600\n"));
}

TEST_F(KeyRingTest, CreateNeverOverwrites) {
  const KeyRing made = fresh();
  const std::string before = contents_of(directory / "ring");
  const auto again = KeyRing::create(directory / "ring", kNow);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), HasSubstr("ring"));
  EXPECT_EQ(contents_of(directory / "ring"), before);
}

TEST_F(KeyRingTest, RefusesAFileThatOthersCanRead) {
  const KeyRing made = fresh();
  for (const mode_t mode : {0640U, 0604U, 0660U, 0644U, 0610U}) {
    ASSERT_EQ(::chmod((directory / "ring").c_str(), mode), 0);
    const auto loaded = KeyRing::load(directory / "ring");
    ASSERT_FALSE(loaded) << mode;
    EXPECT_THAT(loaded.error(), HasSubstr("chmod 600"));
  }
  ASSERT_EQ(::chmod((directory / "ring").c_str(), 0400), 0);
  EXPECT_TRUE(KeyRing::load(directory / "ring"));
}

TEST_F(KeyRingTest, TakesASystemdCredentialWhoseModeShowsAnAcl) {
  const KeyRing made = fresh();
  ASSERT_EQ(::chmod((directory / "ring").c_str(), 0440), 0);
  ASSERT_EQ(::setenv("CREDENTIALS_DIRECTORY", directory.path().c_str(), 1), 0);
  const auto inside = KeyRing::load(directory / "ring");
  ASSERT_EQ(::setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1), 0);
  const auto outside = KeyRing::load(directory / "ring");
  ASSERT_EQ(::unsetenv("CREDENTIALS_DIRECTORY"), 0);
  EXPECT_TRUE(inside);
  EXPECT_FALSE(outside);
}

TEST_F(KeyRingTest, MissingFileAndDirectoryAreNamed) {
  EXPECT_THAT(KeyRing::load(directory / "absent").error(), HasSubstr("No such file"));
  EXPECT_THAT(KeyRing::load(directory.path()).error(), HasSubstr("not a regular file"));
}

TEST_F(KeyRingTest, EveryMistakeInTheFileIsNamedAndNoSecretShown) {
  const std::string secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
  const auto key = [&](std::string_view key_id, std::string_view state) {
    return fmt::format("[[keys]]\nid = {}\ncreated = 1\nsecret = \"{}\"\nstate = \"{}\"\n", key_id,
                       secret, state);
  };
  const std::string head = "version = 1\n";
  struct Case {
    std::string text;
    std::string_view error;
  };
  const Case cases[] = {
      {"version = 2\n" + key("1", "active"), "`version` must be 1"},
      {head, "no [[keys]]"},
      {head + "keys = [1]\n", "must be tables"},
      {head + "colour = 1\n" + key("1", "active"), "unknown key `colour`"},
      {head + key("1", "active") + "note = 1\n", "unknown key `note`"},
      {head + key("0", "active"), "`id`"},
      {head + key("4294967296", "active"), "`id`"},
      {head + key("'a'", "active"), "`id`"},
      {head + key("1", "activ"), "`state`"},
      {head + key("1", "active") + key("1", "retired"), "two keys have the id 1"},
      {head + key("1", "retired"), "but 0 are"},
      {head + key("1", "active") + key("2", "active"), "but 2 are"},
      {head + key("1", "active") + key("2", "next") + key("3", "next"), "at most one"},
      {head + key("1", "active") + key("2", "hashes"), "`content`, `page` and `page_mac`"},
      {head + "[[keys]]\nid = 1\ncreated = 1\nsecret = \"" + secret.substr(1) +
           "\"\nstate = \"active\"\n",
       "`secret`"},
      {head + "[[keys]]\nsecret = \"" + secret + "\n", "line 3"},
  };
  for (const Case& wrong : cases) {
    const auto path = directory / "bad";
    write_file(path, wrong.text);
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const auto loaded = KeyRing::load(path);
    ASSERT_FALSE(loaded) << wrong.text;
    EXPECT_THAT(loaded.error(), HasSubstr(wrong.error)) << wrong.text;
    EXPECT_THAT(loaded.error(), Not(HasSubstr(secret.substr(1, 20)))) << wrong.text;
  }
}

TEST_F(KeyRingTest, SealsAnyLengthAndNeverTheSameTwice) {
  const KeyRing ring = fresh();
  for (const std::size_t size : {0U, 1U, 16U, 1000U, 100'000U}) {
    const std::string plain(size, 'x');
    const std::string blob = ring.seal("payments", row, plain);
    EXPECT_EQ(blob.size(), 33 + size);
    EXPECT_EQ(ring.open("payments", row, blob)->reveal(), plain);
  }
  EXPECT_NE(ring.seal("payments", row, "a"), ring.seal("payments", row, "a"));
}

TEST_F(KeyRingTest, AChangedBlobIsRefusedAtEveryByte) {
  const KeyRing ring = fresh();
  const std::string blob = ring.seal("payments", row, "4400430012345678");
  for (std::size_t i = 0; i < blob.size(); ++i) {
    std::string changed = blob;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto opened = ring.open("payments", row, changed);
    ASSERT_FALSE(opened) << "byte " << i;
    EXPECT_EQ(opened.error(), i == 0   ? OpenError::malformed
                              : i <= 4 ? OpenError::unknown_key
                                       : OpenError::refused);
  }
  for (std::size_t size = 0; size < blob.size(); ++size) {
    EXPECT_FALSE(ring.open("payments", row, blob.substr(0, size))) << "cut at " << size;
  }
  EXPECT_FALSE(ring.open("payments", row, blob + "x"));
}

TEST_F(KeyRingTest, ABlobMovedToAnotherRowOrTableIsRefused) {
  const KeyRing ring = fresh();
  const std::string blob = ring.seal("payments", row, "x");
  EXPECT_EQ(ring.open("payments", new_request_id(kNow).value.bytes, blob).error(),
            OpenError::refused);
  EXPECT_EQ(ring.open("requisites", row, blob).error(), OpenError::refused);
  const std::string split = ring.seal("ab", bytes_of("c"), "x");
  EXPECT_EQ(ring.open("a", bytes_of("bc"), split).error(), OpenError::refused);
  EXPECT_EQ(ring.open("ab", bytes_of("c"), split)->reveal(), "x");
}

TEST_F(KeyRingTest, ARetiredKeyOpensAndAForeignRingDoesNot) {
  const KeyRing ring = fresh();
  const std::string blob = ring.seal("payments", row, "x");
  const KeyRing next = ring.rotated(kNow);
  ASSERT_TRUE(next.save(directory / "ring"));
  const KeyRing loaded = KeyRing::load(directory / "ring").value();

  EXPECT_THAT(loaded.key_ids(), ElementsAre(2, 1));
  EXPECT_EQ(loaded.open("payments", row, blob)->reveal(), "x");
  EXPECT_EQ(KeyRing::key_id_of(blob), 1U);
  EXPECT_EQ(KeyRing::key_id_of(loaded.seal("payments", row, "x")), 2U);
  EXPECT_EQ(ring.open("payments", row, loaded.seal("payments", row, "x")).error(),
            OpenError::unknown_key);

  const KeyRing foreign = KeyRing::create(directory / "other", kNow).value();
  EXPECT_EQ(foreign.open("payments", row, blob).error(), OpenError::refused);
}

TEST_F(KeyRingTest, SaveReplacesAndLeavesNothingBeside) {
  const KeyRing ring = fresh();
  write_file(directory / "ring.new", "left by a crash");
  ASSERT_TRUE(ring.rotated(kNow).save(directory / "ring"));
  EXPECT_FALSE(std::filesystem::exists(directory / "ring.new"));
  struct stat status{};
  ASSERT_EQ(::stat((directory / "ring").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(KeyRingTest, HashesAreKeyedByKindAndRing) {
  const KeyRing ring = fresh();
  const KeyedHash phone = ring.search_hash("phone", "992900000001");
  EXPECT_EQ(phone, ring.search_hash("phone", "992900000001"));
  EXPECT_NE(phone, ring.search_hash("card", "992900000001"));
  EXPECT_NE(phone.digest, ring.content_hash(bytes_of("992900000001")).digest);

  const KeyRing next = ring.rotated(kNow);
  EXPECT_EQ(next.search_hash("phone", "992900000001").key_id, 2U);
  EXPECT_THAT(next.search_hashes("phone", "992900000001"),
              ElementsAre(next.search_hash("phone", "992900000001"), phone));
}

TEST_F(KeyRingTest, ContentIsComparedWithTheKeyThatHashedIt) {
  const KeyRing ring = fresh();
  const KeyedHash before = ring.content_hash(bytes_of("amount=100"));
  const KeyRing next = ring.rotated(kNow);
  EXPECT_EQ(next.content_hash_with(before.key_id, bytes_of("amount=100")), before);
  EXPECT_NE(next.content_hash_with(before.key_id, bytes_of("amount=101")), before);
  EXPECT_EQ(next.content_hash_with(77, bytes_of("amount=100")), std::nullopt);
}

TEST_F(KeyRingTest, ANextKeyOpensAndMakesNothing) {
  const KeyRing ring = fresh();
  const KeyRing introduced = ring.with_next(kNow);
  EXPECT_EQ(introduced.active_key_id(), 1U);
  EXPECT_EQ(KeyRing::key_id_of(introduced.seal("payments", row, "x")), 1U);
  const KeyRing active = introduced.with_next_active();
  EXPECT_THAT(active.key_ids(), ElementsAre(2, 1));
  const std::string blob = active.seal("payments", row, "x");
  EXPECT_EQ(introduced.open("payments", row, blob)->reveal(), "x") << "it knows the key already";
  ASSERT_TRUE(introduced.save(directory / "ring"));
  const KeyRing loaded = KeyRing::load(directory / "ring").value();
  EXPECT_EQ(loaded.keys().at(1).state, KeyState::next);
  EXPECT_EQ(loaded.with_next_active().open("payments", row, blob)->reveal(), "x");
}

TEST_F(KeyRingTest, WhoeverIsAStepAheadOrBehindComparesContents) {
  const KeyRing before = fresh();
  const KeyRing introduced = before.with_next(kNow);
  const KeyRing active = introduced.with_next_active();
  const KeyRing done = active.without_retired();
  const auto content = bytes_of("amount=100");
  EXPECT_EQ(before.content_hash_too(content), std::nullopt);
  EXPECT_EQ(before.content_hash(content), introduced.content_hash(content));
  EXPECT_EQ(introduced.content_hash_too(content), active.content_hash(content));
  EXPECT_EQ(active.content_hash_too(content), introduced.content_hash(content));
  EXPECT_EQ(done.content_hash(content), active.content_hash(content));
  EXPECT_EQ(done.content_hash_too(content), std::nullopt);
}

TEST_F(KeyRingTest, AKeyWithoutItsSecretComparesAndOpensLinksOnly) {
  const KeyRing ring = fresh();
  const std::string blob = ring.seal("payments", row, "x");
  const std::string link = ring.page_token(id);
  const auto content = ring.content_hash(bytes_of("amount=100"));
  ASSERT_TRUE(ring.rotated(kNow).without_retired().save(directory / "ring"));
  EXPECT_THAT(contents_of(directory / "ring"), Not(HasSubstr("retired")));

  const KeyRing loaded = KeyRing::load(directory / "ring").value();
  EXPECT_EQ(loaded.keys().at(1).state, KeyState::hashes);
  EXPECT_EQ(loaded.open("payments", row, blob).error(), OpenError::unknown_key);
  EXPECT_THAT(loaded.search_hashes("phone", "1"), ElementsAre(loaded.search_hash("phone", "1")));
  EXPECT_EQ(loaded.open_page_token(link), id);
  EXPECT_EQ(loaded.content_hash_with(1, bytes_of("amount=100")), content);
  EXPECT_THAT(loaded.content_hashes(bytes_of("amount=100")),
              ElementsAre(loaded.content_hash(bytes_of("amount=100")), content));
}

TEST_F(KeyRingTest, AnotherSetOfKeysTakesThePlaceOfTheWhole) {
  KeyRing ring = fresh();
  const std::string blob = ring.seal("payments", row, "x");
  ring.adopt(ring.rotated(kNow));
  EXPECT_EQ(ring.active_key_id(), 2U);
  EXPECT_EQ(ring.open("payments", row, blob)->reveal(), "x");
}

TEST_F(KeyRingTest, PageTokenIsFortyHexDigitsThatOpen) {
  const KeyRing ring = fresh();
  std::set<std::string> tokens;
  for (int i = 0; i < 200; ++i) {
    const auto request_id = new_request_id(kNow);
    const std::string token = ring.page_token(request_id);
    ASSERT_EQ(token.size(), 40U);
    ASSERT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos);
    ASSERT_EQ(token, ring.page_token(request_id));
    ASSERT_EQ(ring.open_page_token(token), request_id);
    tokens.insert(token.substr(0, 8));
  }
  // Ids of one millisecond share their first bytes; their tokens must not.
  EXPECT_GT(tokens.size(), 190U);
}

TEST_F(KeyRingTest, AForgedPageTokenDoesNotOpen) {
  const KeyRing ring = fresh();
  const std::string token = ring.page_token(id);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == '0' ? '1' : '0';
    EXPECT_EQ(ring.open_page_token(forged), std::nullopt) << "digit " << i;
  }
  std::string upper = token;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_TRUE(upper == token || ring.open_page_token(upper) == std::nullopt);
  EXPECT_EQ(ring.open_page_token(token + "0"), std::nullopt);
  EXPECT_EQ(ring.open_page_token(""), std::nullopt);
  EXPECT_EQ(ring.open_page_token(std::string(40, '0')), std::nullopt);
}

TEST_F(KeyRingTest, PageTokensOutliveARotation) {
  const KeyRing ring = fresh();
  const std::string before = ring.page_token(id);
  const KeyRing next = ring.rotated(kNow);
  EXPECT_NE(next.page_token(id), before);
  EXPECT_EQ(next.open_page_token(before), id);
  EXPECT_EQ(next.open_page_token(next.page_token(id)), id);
  EXPECT_EQ(ring.open_page_token(next.page_token(id)), std::nullopt);
}

}  // namespace
}  // namespace kassa::ops

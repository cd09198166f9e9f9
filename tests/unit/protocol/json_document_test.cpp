#include "protocol/json_document.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string nested_arrays(std::size_t levels_below_top) {
  return R"({"a":)" + repeat("[", levels_below_top) + repeat("]", levels_below_top) + "}";
}

struct Hostile {
  const char* name;
  std::string body;
  JsonErrorCode code;
};
std::ostream& operator<<(std::ostream& out, const Hostile& hostile) {
  return out << hostile.name;
}

class HostileBody : public testing::TestWithParam<Hostile> {};

TEST_P(HostileBody, IsRefusedWithItsReason) {
  JsonDocument document;
  const auto result = document.parse(GetParam().body);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, GetParam().code) << result.error().sentence();
  EXPECT_EQ(document.root().kind(), JsonKind::kObject);
  EXPECT_FALSE(document.root().find("a").has_value()) << "a refused body left something behind";
}

using enum JsonErrorCode;
INSTANTIATE_TEST_SUITE_P(
    Json, HostileBody,
    testing::Values(
        Hostile{"empty", "", kSyntax}, Hostile{"spaces", " \n ", kSyntax},
        Hostile{"cut_short", R"({"a":1)", kSyntax}, Hostile{"cut_in_string", R"({"a":"x)", kSyntax},
        Hostile{"trailing_comma", R"({"a":1,})", kSyntax},
        Hostile{"single_quotes", "{'a':1}", kSyntax}, Hostile{"bare_word", "{a:1}", kSyntax},
        Hostile{"comment", R"({"a":1/*x*/})", kSyntax}, Hostile{"nan", R"({"a":NaN})", kSyntax},
        Hostile{"infinity", R"({"a":-Infinity})", kSyntax},
        Hostile{"leading_zero", R"({"a":01})", kSyntax}, Hostile{"plus", R"({"a":+1})", kSyntax},
        Hostile{"no_fraction", R"({"a":1.})", kSyntax},
        Hostile{"lone_minus", R"({"a":-})", kSyntax}, Hostile{"hex", R"({"a":0x10})", kSyntax},
        Hostile{"raw_newline_in_string", "{\"a\":\"x\ny\"}", kSyntax},
        Hostile{"bad_escape", R"({"a":"\x41"})", kSyntax},
        Hostile{"bom", "\xEF\xBB\xBF{\"a\":1}", kSyntax}, Hostile{"array", "[1]", kNotAnObject},
        Hostile{"string", R"("a")", kNotAnObject}, Hostile{"number", "1", kNotAnObject},
        Hostile{"null", "null", kNotAnObject}, Hostile{"true", "true", kNotAnObject},
        Hostile{"latin1", "{\"a\":\"\xE9\"}", kInvalidUtf8},
        Hostile{"overlong", "{\"a\":\"\xC0\xAF\"}", kInvalidUtf8},
        Hostile{"overlong_nul", "{\"a\":\"\xC0\x80\"}", kInvalidUtf8},
        Hostile{"cesu_surrogate", "{\"a\":\"\xED\xA0\x80\"}", kInvalidUtf8},
        Hostile{"above_unicode", "{\"a\":\"\xF4\x90\x80\x80\"}", kInvalidUtf8},
        Hostile{"cut_utf8", "{\"a\":\"\xD0\"}", kInvalidUtf8},
        Hostile{"invalid_utf8_key", "{\"\xFF\":1}", kInvalidUtf8},
        Hostile{"lone_high_surrogate", R"({"a":"\ud83d"})", kSyntax},
        Hostile{"lone_low_surrogate", R"({"a":"\ude00"})", kLoneSurrogate},
        Hostile{"high_then_letter", R"({"a":"\ud83dx"})", kSyntax},
        Hostile{"two_highs", R"({"a":"\ud83d\ud83d"})", kLoneSurrogate},
        Hostile{"surrogate_in_key", R"({"\udc00":1})", kLoneSurrogate},
        Hostile{"nul_escape", R"({"a":"x\u0000y"})", kNulCharacter},
        Hostile{"nul_escape_in_key", R"({"a\u0000":1})", kNulCharacter},
        Hostile{"raw_nul", std::string("{\"a\":\"x\0y\"}", 11), kSyntax},
        Hostile{"duplicate", R"({"a":1,"a":1})", kDuplicateKey},
        Hostile{"duplicate_below", R"({"b":[{"a":1,"c":{},"a":null}]})", kDuplicateKey},
        Hostile{"duplicate_by_escape", R"({"a":1,"\u0061":2})", kDuplicateKey},
        Hostile{"duplicate_empty", R"({"":1,"":2})", kDuplicateKey},
        Hostile{"too_deep", nested_arrays(32), kTooDeep},
        Hostile{"far_too_deep", nested_arrays(20'000), kTooDeep},
        Hostile{"text_after", R"({"a":1} x)", kTextAfterValue},
        Hostile{"two_objects", R"({"a":1}{"a":1})", kTextAfterValue},
        Hostile{"nul_after", std::string("{\"a\":1}\0", 8), kTextAfterValue},
        Hostile{"huge_exponent", R"({"a":1e99999999999})", kNumberOutOfRange}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

TEST(JsonDocument, RefusesADuplicateAmongThousandsOfKeys) {
  std::string body = "{";
  for (int i = 0; i < 5'000; ++i) body += "\"k" + std::to_string(i) + "\":0,";
  JsonDocument document;
  EXPECT_TRUE(document.parse(body + R"("last":0})").has_value());
  const auto refused = document.parse(body + R"("k1234":0})");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, kDuplicateKey);
}

TEST(JsonDocument, TheSameKeyInDifferentObjectsIsNoDuplicate) {
  const auto document = test::parsed(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})");
  EXPECT_EQ(document.root().find("a")->find("a")->text(), "1");
}

TEST(JsonDocument, TakesNestingOfExactly32) {
  JsonDocument document;
  EXPECT_TRUE(document.parse(nested_arrays(31)).has_value());
}

// One long key over thousands of tiny elements: 64 KiB that would unfold to 500 MB.
TEST(JsonDocument, RefusesABodyWhoseCanonicalFormWouldExplode) {
  const std::string body = "{\"" + std::string(30'000, 'k') + "\":[0" + repeat(",0", 16'000) + "]}";
  ASSERT_LE(body.size(), 65'536U);
  JsonDocument document;
  const auto result = document.parse(body);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, kTooRepetitive);
}

TEST(JsonDocument, UnescapesStringsAndKeepsNumbersAsWritten) {
  const auto document = test::parsed(
      " { \"s\" : \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0416\\ud83d\\ude00\" , "
      "\"k\\u0065y\":[-0,1.0,1E+21,-7,"
      "10000000000000] , \"e\":\"\" }\r\n\t ");
  const auto root = document.root();
  EXPECT_EQ(root.find("s")->text(), "\"\\/\b\f\n\r\tЖ😀");
  EXPECT_EQ(root.find("e")->kind(), JsonKind::kString);
  EXPECT_EQ(root.find("e")->text(), "");
  std::string numbers;
  for (const auto number : root.find("key")->children())
    numbers += std::string(number.text()) + ' ';
  EXPECT_EQ(numbers, "-0 1.0 1E+21 -7 10000000000000 ");
}

TEST(JsonDocument, SaysWhichNumbersAreIntegers) {
  const auto document = test::parsed(
      R"({"a":0,"b":-0,"c":9223372036854775807,"d":-9223372036854775808,"e":9223372036854775808,
          "f":1.0,"g":1e2,"h":"1","i":true,"j":null,"k":123456789012345678901234567890})");
  const auto integer = [&](const char* key) { return document.root().find(key)->integer(); };
  EXPECT_EQ(integer("a"), 0);
  EXPECT_EQ(integer("b"), 0);
  EXPECT_EQ(integer("c"), INT64_MAX);
  EXPECT_EQ(integer("d"), INT64_MIN);
  for (const char* key : {"e", "f", "g", "h", "i", "j", "k"}) EXPECT_EQ(integer(key), std::nullopt);
  EXPECT_TRUE(document.root().find("e")->is_integer_literal());
  EXPECT_TRUE(document.root().find("k")->is_integer_literal());
  EXPECT_FALSE(document.root().find("f")->is_integer_literal());
  EXPECT_FALSE(document.root().find("g")->is_integer_literal());
}

TEST(JsonDocument, ForgetsThePreviousBody) {
  JsonDocument document;
  ASSERT_TRUE(document.parse(R"({"a":"one","b":[1,2,3]})").has_value());
  ASSERT_TRUE(document.parse(R"({"c":{}})").has_value());
  EXPECT_FALSE(document.root().find("a").has_value());
  EXPECT_EQ(document.root().find("c")->kind(), JsonKind::kObject);
  ASSERT_FALSE(document.parse(R"({"a":)").has_value());
  ASSERT_TRUE(document.parse(R"({"a":"x"})").has_value());
  EXPECT_EQ(document.root().find("a")->text(), "x");
}

TEST(JsonDocument, FindsNothingInScalarsAndArrays) {
  const auto document = test::parsed(R"({"s":"x","l":[{"x":1}]})");
  EXPECT_FALSE(document.root().find("s")->find("x").has_value());
  EXPECT_FALSE(document.root().find("l")->find("x").has_value());
  EXPECT_FALSE(document.root().find("l")->find("").has_value());
}

}  // namespace
}  // namespace kassa::protocol

#include "encoding/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace kassa::encoding {
namespace {

TEST(Utf8, KnowsTheCharactersOfRfc3629) {
  for (const char* one : {"a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                          "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    const std::string text(one);
    EXPECT_EQ(character_bytes(text), text.size()) << text;
    EXPECT_EQ(character_bytes(text + "x"), text.size()) << text;
    EXPECT_EQ(count_code_points(text + text), 2U);
    EXPECT_TRUE(is_valid_utf8(text + text));
    EXPECT_EQ(is_valid_utf8(text.substr(0, text.size() - 1)), text.size() == 1) << "cut short";
  }
  EXPECT_EQ(character_bytes(std::string_view("\0", 1)), 1U);
}

TEST(Utf8, RefusesTheRest) {
  for (const char* none : {"", "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2x",
                           "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x82", "\xE2\x82x",
                           "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(character_bytes(none), 0U) << none;
  }
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_FALSE(is_valid_utf8("good \xED\xA0\x80"));
}

}  // namespace
}  // namespace kassa::encoding

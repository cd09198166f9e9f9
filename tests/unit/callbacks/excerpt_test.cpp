#include "callbacks/excerpt.hpp"

#include <gtest/gtest.h>

namespace kassa::callbacks {
namespace {

TEST(Excerpt, MasksLongRunsOfDigits) {
  EXPECT_EQ(excerpt_of("card 4850788018041726 refused"), "card **** refused");
  EXPECT_EQ(excerpt_of("4850 7880 1804 1726"), "****");
  EXPECT_EQ(excerpt_of("4850-7880-1804-1726,x"), "****,x");
  EXPECT_EQ(excerpt_of("+7 (700) 123-45-67"), "+****");
  EXPECT_EQ(excerpt_of("+77001234567"), "+****");
  EXPECT_EQ(excerpt_of("123456"), "****");
  EXPECT_EQ(excerpt_of("error 12345 in line 7"), "error 12345 in line 7");
  EXPECT_EQ(excerpt_of("404 at 12:30"), "404 at 12:30");
}

TEST(Excerpt, ControlCharactersNeitherSplitARunNorStay) {
  EXPECT_EQ(excerpt_of("485078\n801804\t1726"), "****");
  EXPECT_EQ(excerpt_of(std::string("a\0b\x1B[31m\r\n\x7F", 11)), "a b [31m   ");
}

TEST(Excerpt, BrokenUtf8BecomesQuestionMarks) {
  EXPECT_EQ(excerpt_of("ошибка \xFF\xC0\xAF\xD0"), "ошибка ????");
}

TEST(Excerpt, CutsAtACharacter) {
  EXPECT_EQ(excerpt_of(std::string(4000, 'x')), std::string(kExcerptBytesMax, 'x'));
  std::string cyrillic = "x";
  for (int i = 0; i < 200; ++i) cyrillic += "ж";
  const std::string cut = excerpt_of(cyrillic);
  EXPECT_EQ(cut.size(), kExcerptBytesMax - 1);
  EXPECT_EQ(cut, cyrillic.substr(0, cut.size()));
}

TEST(Excerpt, ANumberAtTheCutIsMaskedWhole) {
  const std::string text = std::string(250, 'x') + "4850788018041726";
  EXPECT_EQ(excerpt_of(text), std::string(250, 'x') + "****");
}

}  // namespace
}  // namespace kassa::callbacks

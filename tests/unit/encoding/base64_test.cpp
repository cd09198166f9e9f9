#include "encoding/base64.hpp"

#include <gtest/gtest.h>

namespace kassa::encoding {
namespace {

TEST(Base64, WritesTheFourSpellings) {
  const std::string bytes = "\xFB\xEF\xFF\xFE";
  EXPECT_EQ(to_base64(bytes, Base64::kUrl), "--___g");
  EXPECT_EQ(to_base64(bytes, Base64::kUrlPadded), "--___g==");
  EXPECT_EQ(to_base64(bytes, Base64::kStandard), "++///g");
  EXPECT_EQ(to_base64(bytes, Base64::kStandardPadded), "++///g==");
  EXPECT_EQ(to_base64("", Base64::kUrlPadded), "");
  EXPECT_EQ(to_base64("f", Base64::kUrlPadded), "Zg==");
  EXPECT_EQ(to_base64("fo", Base64::kUrlPadded), "Zm8=");
  EXPECT_EQ(to_base64("foo", Base64::kUrlPadded), "Zm9v");
}

TEST(Base64, ReadsWhatItWrote) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    for (const Base64 spelling :
         {Base64::kUrl, Base64::kUrlPadded, Base64::kStandard, Base64::kStandardPadded})
      EXPECT_EQ(from_base64(to_base64(bytes, spelling)), bytes);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64, RefusesASecondSpellingOfTheSameBytes) {
  for (const char* text : {"Zh", "Zm9=", "Zg=", "Zg===", "Z", "Zg==Zg==", "Z g=", "Zg==\n", "=",
                           "==", "====", "-+AA", "_/AA", "Zm9v=", "Zm9v====", "Zm9v\n", "Zm9\xC3"})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

TEST(Hex, TakesEitherCaseAndNothingElse) {
  EXPECT_EQ(from_hex("00fFaB"), std::string("\x00\xFF\xAB", 3));
  EXPECT_EQ(from_hex("0"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
  EXPECT_EQ(from_hex(" 0"), std::nullopt);
}

}  // namespace
}  // namespace kassa::encoding

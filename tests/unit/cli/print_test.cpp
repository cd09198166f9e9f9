// What merchants and endpoints say can't steer the terminal of whoever reads it.
#include "cli/print.hpp"

#include <gtest/gtest.h>

namespace kassa::cli {
namespace {

TEST(Printable, WritesOutWhatWouldSteerATerminal) {
  EXPECT_EQ(printable("x\x1b[2J\a\r\nFAKE\x7f"), R"(x\u{1b}[2J\u{7}\u{d}\u{a}FAKE\u{7f})");
  EXPECT_EQ(printable("\u009b31m \u202eevil \u2066 \u200f \u061c \u2028"),
            R"(\u{9b}31m \u{202e}evil \u{2066} \u{200f} \u{61c} \u{2028})");
}

TEST(Printable, LeavesEveryLanguageAsItIs) {
  for (const char* text : {"", "order 17", "Заказ № 5", "түсінікті", "支払い 🙂", "a\u00a0b"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, BytesOfNoCharacterAreMarked) {
  EXPECT_EQ(printable("a\xE2\x80"), "a\uFFFD\uFFFD");
  EXPECT_EQ(printable("\x9B[31m"), "\uFFFD[31m");
}

}  // namespace
}  // namespace kassa::cli

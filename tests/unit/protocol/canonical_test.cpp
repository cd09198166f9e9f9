#include "protocol/canonical.hpp"

#include <gtest/gtest.h>

#include "unit/protocol/naive_canonical.hpp"
#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {
namespace {

using test::member;
using test::parsed;

TEST(Canonical, AgreesWithEveryVector) {
  const test::SigningVectors vectors;
  Canonicalizer canonicalizer;  // one for all: nothing may stick from the body before
  int cases = 0;
  for (const auto vector : vectors.cases().children()) {
    const auto body = parsed(member(vector, "body"));
    EXPECT_EQ(canonicalizer.canonical(body), member(vector, "canonical")) << vector.key();
    ++cases;
  }
  EXPECT_EQ(cases, 11);
}

struct Row {
  const char* body;
  const char* strict;
};

TEST(Canonical, WritesLeavesOnly) {
  Canonicalizer canonicalizer;
  for (const Row& row :
       {Row{"{}", ""}, Row{R"({"a":{},"b":[],"c":[[],{}]})", ""},
        Row{R"({"a":[[1],[2,[3]]]})", "a:0:0:1;a:1:0:2;a:1:1:0:3"}, Row{R"({"":{"":""}})", "::"},
        Row{R"({"b":"x;y:z","a":"\n"})", "a:\n;b:x;y:z"}})
    EXPECT_EQ(canonicalizer.canonical(parsed(row.body)), row.strict) << row.body;
}

TEST(Canonical, SortsWholeLinesSoTenComesBeforeTwo) {
  std::string body = R"({"l":[0)";
  for (int i = 1; i <= 10; ++i) body += "," + std::to_string(i);
  EXPECT_EQ(Canonicalizer{}.canonical(parsed(body + "]}")),
            "l:0:0;l:10:10;l:1:1;l:2:2;l:3:3;l:4:4;l:5:5;l:6:6;l:7:7;l:8:8;l:9:9");
}

TEST(Canonical, SpellsBooleansAsWordsAndSortsAnew) {
  Canonicalizer canonicalizer;
  const auto body = parsed(R"({"a":[true],"a:0:1":"x"})");
  EXPECT_EQ(canonicalizer.canonical(body), "a:0:1;a:0:1:x");
  EXPECT_TRUE(canonicalizer.saw_boolean());
  EXPECT_EQ(canonicalizer.canonical(body, {.booleans_as_words = true}), "a:0:1:x;a:0:true");
}

TEST(Canonical, SortsSurrogatePairsBeforeTheEndOfTheBasicPlaneInUtf16Order) {
  Canonicalizer canonicalizer;
  const auto body = parsed("{\"ﬁ\":1,\"😀\":2,\"\xEE\x80\x80\":3,\"\xED\x9F\xBF\":4}");
  EXPECT_EQ(canonicalizer.canonical(body), "\xED\x9F\xBF:4;\xEE\x80\x80:3;ﬁ:1;😀:2");
  EXPECT_TRUE(canonicalizer.saw_late_characters());
  EXPECT_EQ(canonicalizer.canonical(body, {.utf16_order = true}),
            "\xED\x9F\xBF:4;😀:2;\xEE\x80\x80:3;ﬁ:1");
  canonicalizer.canonical(parsed(R"({"я":"ё"})"));
  EXPECT_FALSE(canonicalizer.saw_late_characters());
}

}  // namespace
}  // namespace kassa::protocol

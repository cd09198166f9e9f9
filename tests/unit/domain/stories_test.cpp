// Plays every story of tests/scenarios, each as a test of its own name.
#include <ostream>

#include "unit/domain/story_player.hpp"

namespace kassa::domain::test {

void PrintTo(const Story& story, std::ostream* out) {
  *out << story.file << ":" << story.line << ", " << story.name;
}

namespace {

const StoryBook& book() {
  static const StoryBook all = read_stories(KASSA_SOURCE_DIR, "tests/scenarios");
  return all;
}

struct Stories : ::testing::TestWithParam<Story> {};

TEST_P(Stories, GoesAsItsTableSays) {
  StoryPlayer(GetParam()).play();
}

INSTANTIATE_TEST_SUITE_P(Told, Stories, ::testing::ValuesIn(book().stories),
                         [](const auto& of) { return of.param.test_name(); });

TEST(StoryTables, CanAllBeRead) {
  EXPECT_EQ(book().problems, std::vector<std::string>{});
  EXPECT_GT(book().stories.size(), 30U) << "is KASSA_SOURCE_DIR right? " KASSA_SOURCE_DIR;
}

// ---- a wrong story is a failing test -----------------------------------------------------------

/// What is wrong with a story of these rows.
std::vector<std::string> wrong_with(const std::vector<Cells>& rows) {
  Story story{"a.txt", 1, "A wrong one", {}, {}, {}};
  story.columns = {"WHEN", "WHO", "DOES", "ANSWER", "STATE", "POSTINGS", "TOLD"};
  story.widths.assign(story.columns.size(), 0);
  for (const Cells& cells : rows) {
    story.rows.push_back({static_cast<int>(story.rows.size()) + 2, cells});
  }
  std::vector<std::string> all;
  for (const auto& finding : StoryPlayer(story).findings()) {
    all.push_back(std::to_string(finding.line) + ": " + finding.text);
  }
  return all;
}

const Cells kCreate{
    {"DOES", "create payin A 5000"}, {"ANSWER", "ok"}, {"STATE", "processing:requisites"}};

TEST(StoryTables, ARightStoryHasNoFindings) {
  EXPECT_EQ(wrong_with({kCreate}), std::vector<std::string>{});
}

TEST(StoryTables, EachWrongCellIsFoundAndShownAsItShouldBeWritten) {
  for (const auto* column : {"ANSWER", "STATE", "POSTINGS", "TOLD"}) {
    Cells wrong = kCreate;
    wrong[column] = "something else";
    const auto found = wrong_with({wrong});
    ASSERT_EQ(found.size(), 1U) << column;
    EXPECT_TRUE(found[0].starts_with("2: not so: " + std::string(column))) << found[0];
    EXPECT_NE(found[0].find("found:  |  | create payin A 5000 | ok | processing:requisites"),
              std::string::npos)
        << found[0];
  }
}

TEST(StoryTables, WhatNobodyUnderstandsIsSaidAndEndsTheStory) {
  for (const auto* does : {"create payin", "create payin A 5000 more", "confirm Nobody", "dance",
                           "money A -5", "create payin A 1e5", "read n7", "approve S"}) {
    const auto found = wrong_with({{{"DOES", does}}, kCreate});
    ASSERT_EQ(found.size(), 1U) << does;
    EXPECT_TRUE(found[0].starts_with("2: ")) << found[0];
  }
  for (const auto* when : {"600s", "+s", "+5 weeks", "+-5s", "then"}) {
    EXPECT_EQ(wrong_with({{{"WHEN", when}}}).size(), 1U) << when;
  }
}

}  // namespace
}  // namespace kassa::domain::test

#include "ops/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <concepts>
#include <sstream>
#include <thread>
#include <vector>

#include "domain/secret.hpp"
#include "temporary_directory.hpp"

namespace kassa::ops {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// What must never be a field doesn't compile as one.
static_assert(!std::constructible_from<log::Value, domain::Secret<std::string>>);
static_assert(!std::constructible_from<log::Value, domain::Secret<std::int64_t>>);
static_assert(!std::constructible_from<log::Value, const void*>);
static_assert(!std::constructible_from<log::Value, double>);
static_assert(std::constructible_from<log::Value, domain::RequestId>);

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { EXPECT_TRUE(log::start({})); }

  void start(log::Format format, log::Level level = log::Level::info) {
    const auto started = log::start({level, format, (directory / "log").string()});
    ASSERT_TRUE(started) << started.error();
  }
  [[nodiscard]] std::string written() const { return contents_of(directory / "log"); }

  TemporaryDirectory directory;
};

TEST_F(LogTest, TextLineHasTimeLevelEventAndFields) {
  start(log::Format::text);
  const auto id = domain::RequestId::parse("0190a0b0-1111-7222-8333-444455556666").value();
  log::info("payment.assigned", {{"request_id", id},
                                 {"ms", 3},
                                 {"live", true},
                                 {"big", std::uint64_t{18'446'744'073'709'551'615U}},
                                 {"note", "two words"},
                                 {"empty", ""}});
  EXPECT_THAT(written(),
              ContainsRegex("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z info "
                            "payment.assigned request_id=0190a0b0-1111-7222-8333-444455556666 ms=3 "
                            "live=true big=18446744073709551615 note=\"two words\" empty=\"\"\n$"));
}

TEST_F(LogTest, JsonLineHasTheSame) {
  start(log::Format::json);
  log::error("store.failed", {{"code", -5}, {"path", "/var/x"}, {"retry", false}});
  EXPECT_THAT(written(), ContainsRegex("^\\{\"time\":\"[0-9T:.-]+Z\",\"level\":\"error\","
                                       "\"event\":\"store.failed\",\"code\":-5,"
                                       "\"path\":\"/var/x\",\"retry\":false\\}\n$"));
}

TEST_F(LogTest, JsonEscapesWhatWouldBreakOrForgeALine) {
  start(log::Format::json);
  log::info("e", {{"v", std::string_view("a\"b\\c\nd\re\tf\x01\x7f\0g", 15)}});
  EXPECT_THAT(written(), HasSubstr(R"("v":"a\"b\\c\nd\u000de\u0009f\u0001\u007f\u0000g"})"));
  log::info("e", {{"v", "%v {} {0} сом ✓ 😀"}});
  EXPECT_THAT(written(), HasSubstr(R"("v":"%v {} {0} сом ✓ 😀"})"));
}

TEST_F(LogTest, BrokenUtf8IsReplacedByteByByte) {
  start(log::Format::json);
  const std::pair<std::string, std::string> cases[] = {
      {"\xff", "\\ufffd"},
      {"a\xc3", "a\\ufffd"},
      {"\xc0\xaf", "\\ufffd\\ufffd"},             // overlong
      {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},  // a surrogate
      {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
      {"\xe2\x82z", "\\ufffd\\ufffdz"},
  };
  for (const auto& [bytes, expected] : cases) {
    log::info("e", {{"v", bytes}});
    EXPECT_THAT(written(), HasSubstr("\"v\":\"" + expected + "\"}"));
  }
}

TEST_F(LogTest, TextCannotForgeALineOrAField) {
  start(log::Format::text);
  log::warn("callback.failed", {{"answer", "x\n2026-01-01T00:00:00.000Z info forged a=1"}});
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr(R"(answer="x\n2026)"));
}

TEST_F(LogTest, LevelsHaveTheWordsOfTheConfiguration) {
  for (const auto format : {log::Format::text, log::Format::json}) {
    start(format, log::Level::debug);
    log::debug("a");
    log::info("b");
    log::warn("c");
    log::error("d");
    for (const auto level :
         {log::Level::debug, log::Level::info, log::Level::warn, log::Level::error}) {
      const std::string word(log::name(level));
      EXPECT_THAT(written(), HasSubstr(format == log::Format::text ? "Z " + word + " "
                                                                   : "\"" + word + "\",\"event"));
    }
  }
}

TEST_F(LogTest, LevelChangesWhileRunning) {
  start(log::Format::text, log::Level::warn);
  log::info("one");
  log::set_level(log::Level::debug);
  log::debug("two");
  log::set_level(log::Level::error);
  log::warn("three");
  const std::string text = written();
  EXPECT_EQ(text.find("one"), std::string::npos);
  EXPECT_NE(text.find("two"), std::string::npos);
  EXPECT_EQ(text.find("three"), std::string::npos);
}

TEST_F(LogTest, StartingAgainReopensARotatedFile) {
  start(log::Format::text);
  log::info("before");
  std::filesystem::rename(directory / "log", directory / "log.1");
  start(log::Format::text);
  log::info("after");
  EXPECT_THAT(contents_of(directory / "log.1"), HasSubstr("before"));
  EXPECT_THAT(written(), HasSubstr("after"));
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsAnErrorAndChangesNothing) {
  start(log::Format::text);
  const auto started = log::start({log::Level::info, log::Format::json, directory.path().string()});
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error(), HasSubstr(directory.path().string()));
  log::info("still.here");
  EXPECT_THAT(written(), HasSubstr("info still.here\n"));
}

TEST_F(LogTest, LinesOfManyThreadsStayWhole) {
  start(log::Format::json);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 200; ++i) log::info("line", {{"t", t}, {"i", i}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::istringstream lines(written());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    ASSERT_THAT(line, ContainsRegex("^\\{\"time\":.*\"t\":[0-3],\"i\":[0-9]+\\}$"));
  }
  EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace kassa::ops

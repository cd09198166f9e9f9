#include "ops/clock.hpp"

#include <gtest/gtest.h>

#include "ops/build_info.hpp"

namespace kassa::ops {
namespace {

TEST(Clock, ManualOneMovesOnlyWhenTold) {
  const auto start = domain::instant_of_ms(1'767'225'600'000);
  ManualClock clock(start);
  EXPECT_EQ(clock.now(), start);
  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(clock.now() - start, std::chrono::minutes(5));
  clock.set(start - std::chrono::hours(1));
  EXPECT_EQ(clock.now() - start, -std::chrono::hours(1));
}

TEST(Clock, SystemOneIsPastThisCodesBirthAndGoesOn) {
  const SystemClock clock;
  const auto first = clock.now();
  EXPECT_GT(first, domain::instant_of_ms(1'735'689'600'000));  // 2025-01-01
  EXPECT_GE(clock.now() - first, std::chrono::milliseconds(-1000));
}

TEST(BuildInfo, NamesVersionRevisionAndCompiler) {
  const BuildInfo info = build_info();
  EXPECT_FALSE(info.version.empty());
  EXPECT_FALSE(info.revision.empty());
  EXPECT_TRUE(info.compiler.starts_with("g++ ") || info.compiler.starts_with("clang "));
  EXPECT_NE(build_line().find(info.version), std::string::npos);
}

}  // namespace
}  // namespace kassa::ops

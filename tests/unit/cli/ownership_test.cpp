#include "cli/ownership.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "unit/ops/temporary_directory.hpp"

namespace kassa::cli {
namespace {

using ::testing::HasSubstr;

constexpr uid_t kRoot = 0;
constexpr uid_t kService = 65'534;

TEST(Ownership, RootMakesNothingAmongAnotherUsersFiles) {
  const ops::TemporaryDirectory folder;
  const auto theirs = folder.path() / "theirs";
  std::filesystem::create_directory(theirs);
  // Who isn't root can't give a folder away, and owns it themselves: another user's all the same.
  const bool given = ::chown(theirs.c_str(), kService, kService) == 0;
  ASSERT_EQ(given, ::geteuid() == kRoot);
  for (const auto& place : {theirs, theirs / "kassa.db", theirs / "new" / "deeper" / "ring"}) {
    const auto why = wrong_user(place, kRoot);
    ASSERT_TRUE(why) << place;
    EXPECT_THAT(*why, HasSubstr(place.string()));
    EXPECT_THAT(*why, HasSubstr("runuser -u "));
  }
}

TEST(Ownership, EverybodyElseIsLeftToTheSystem) {
  EXPECT_EQ(wrong_user("/", kService), std::nullopt);
  EXPECT_EQ(wrong_user("/no/such/place", kRoot), std::nullopt) << "root's own";
}

}  // namespace
}  // namespace kassa::cli

#include "api/admin/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kassa::api {
namespace {

using testing::HasSubstr;

TEST(Catalog, TheOneThatShipsMayBeStored) {
  const auto catalog = read_catalog(ops::built_in_catalog());
  ASSERT_TRUE(catalog.has_value()) << catalog.error();
  EXPECT_TRUE(catalog->contains({"currency", "KZT", "phone_pattern"}));
}

TEST(Catalog, ABrokenPhonePatternIsRefused) {
  const auto broken = read_catalog("[currency.UZS]\nphone_pattern = '^\\+998(\\d{9}$'\n");
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error(), HasSubstr("phone_pattern of UZS"));
  const auto good = read_catalog("[currency.UZS]\nphone_pattern = '^\\+998\\d{9}$'\n");
  ASSERT_TRUE(good.has_value()) << good.error();
  EXPECT_EQ(good->at({"currency", "UZS", "phone_pattern"}), R"(^\+998\d{9}$)");
}

}  // namespace
}  // namespace kassa::api

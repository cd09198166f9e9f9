#include "ops/address_range.hpp"

#include <gtest/gtest.h>

namespace kassa::ops {
namespace {

TEST(AddressRange, ContainsByPrefix) {
  const auto ten = AddressRange::parse("10.0.0.0/8").value();
  EXPECT_TRUE(ten.contains("10.255.0.1"));
  EXPECT_FALSE(ten.contains("11.0.0.1"));
  EXPECT_TRUE(ten.contains("::ffff:10.1.2.3"));
  EXPECT_FALSE(ten.contains("::10.1.2.3"));
  EXPECT_FALSE(ten.contains("not an address"));

  const auto odd = AddressRange::parse("192.168.4.0/22").value();
  EXPECT_TRUE(odd.contains("192.168.7.255"));
  EXPECT_FALSE(odd.contains("192.168.8.0"));

  const auto six = AddressRange::parse("2001:db8::/33").value();
  EXPECT_TRUE(six.contains("2001:db8:7fff::1"));
  EXPECT_FALSE(six.contains("2001:db8:8000::1"));
}

TEST(AddressRange, WithoutAPrefixItIsOneAddress) {
  const auto one = AddressRange::parse("127.0.0.1").value();
  EXPECT_TRUE(one.contains("127.0.0.1"));
  EXPECT_FALSE(one.contains("127.0.0.2"));
  EXPECT_TRUE(AddressRange::parse("0.0.0.0/0")->contains("8.8.8.8"));
  EXPECT_FALSE(AddressRange::parse("0.0.0.0/0")->contains("::1"));
  EXPECT_TRUE(AddressRange::parse("::/0")->contains("::1"));
}

TEST(AddressRange, RefusesWhatIsNotOne) {
  for (const char* bad : {"", "/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8x",
                          "10.0.0.1/8", "2001:db8::1/32", "::/129", "localhost", "10.0.0"}) {
    EXPECT_EQ(AddressRange::parse(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace kassa::ops

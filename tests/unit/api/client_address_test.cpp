#include "api/client_address.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace kassa::api {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

std::string client(std::string peer, Fields headers) {
  static const std::vector<ops::AddressRange> kProxies = {*ops::AddressRange::parse("10.0.0.0/8"),
                                                          *ops::AddressRange::parse("::1")};
  http::Request request;
  request.remote_address = std::move(peer);
  request.headers = std::move(headers);
  return client_address(request, kProxies);
}

TEST(ClientAddress, APeerThatIsNoProxyIsTheClientWhateverItSays) {
  EXPECT_EQ(client("192.0.2.1", {}), "192.0.2.1");
  EXPECT_EQ(client("192.0.2.1", {{"x-forwarded-for", "198.51.100.7"}}), "192.0.2.1");
}

TEST(ClientAddress, BehindAProxyItIsTheLastAddressThatNoProxyOfOursHas) {
  EXPECT_EQ(client("10.0.0.1", {{"x-forwarded-for", "198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client("::1", {{"x-forwarded-for", "198.51.100.7, 10.2.2.2"}}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {}), "10.0.0.1");
}

TEST(ClientAddress, WhatTheClientItselfForwardedIsNotBelieved) {
  EXPECT_EQ(client("10.0.0.1", {{"x-forwarded-for", "203.0.113.9, 198.51.100.7"}}), "198.51.100.7");
  EXPECT_EQ(client("10.0.0.1", {{"x-forwarded-for", "10.9.9.9, 198.51.100.7"}}), "198.51.100.7");
  // Our proxy adds a field of its own behind the client's: both count as one list.
  EXPECT_EQ(
      client("10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}, {"x-forwarded-for", "198.51.100.7"}}),
      "198.51.100.7");
}

TEST(ClientAddress, NoOtherHeaderIsRead) {
  EXPECT_EQ(client("10.0.0.1", {{"forwarded", "for=198.51.100.7"},
                                {"x-real-ip", "198.51.100.7"},
                                {"true-client-ip", "198.51.100.7"},
                                {"cf-connecting-ip", "198.51.100.7"}}),
            "10.0.0.1");
}

TEST(ClientAddress, AnEmptyPlaceEndsTheList) {
  EXPECT_EQ(client("10.0.0.1", {{"x-forwarded-for", "198.51.100.7, "}}), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", {{"x-forwarded-for", ""}}), "10.0.0.1");
}

}  // namespace
}  // namespace kassa::api

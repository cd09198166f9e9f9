#include "callbacks/address_guard.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/un.h>

#include <cstring>
#include <string>

namespace kassa::callbacks {
namespace {

bool judged_as_socket_address(const std::string& text) {
  sockaddr_storage storage{};
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1) << text;
    v6.sin6_family = AF_INET6;
    std::memcpy(&storage, &v6, sizeof v6);
  }
  return is_public_address(reinterpret_cast<const sockaddr*>(&storage));
}

TEST(AddressGuard, LetsThePublicInternetPass) {
  for (const char* text :
       {"8.8.8.8",         "1.1.1.1",         "9.255.255.255",        "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",     "126.255.255.255",      "128.0.0.1",
        "169.253.255.255", "169.255.0.0",     "172.15.255.255",       "172.32.0.0",
        "192.0.1.0",       "192.167.255.255", "192.169.0.0",          "198.17.255.255",
        "198.20.0.0",      "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::200e",
        "2001:200::1",     "::ffff:8.8.8.8",  "64:ff9b::808:808",     "2002:808:808::1"}) {
    EXPECT_TRUE(judged_as_socket_address(text)) << text;
    EXPECT_TRUE(is_public_address(std::string_view(text))) << text;
  }
}

TEST(AddressGuard, RefusesWhatIsNot) {
  for (const char* text :
       {// IPv4: unspecified, private, CGNAT, loopback, link-local (cloud metadata), reserved …
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255",
        "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255",
        "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255",
        // IPv6: unspecified, loopback, unique local, link-local, site-local, multicast, discard …
        "::", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "100::1",
        "2001:db8::1", "3fff::1", "5f00::1", "4000::1",
        // … and what carries an IPv4 address or a tunnel.
        "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::127.0.0.1",
        "2002:7f00:1::1", "2002:a00:1::1", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2001::1", "2001:10::1", "2001:20::1"}) {
    EXPECT_FALSE(judged_as_socket_address(text)) << text;
    EXPECT_FALSE(is_public_address(std::string_view(text))) << text;
  }
}

TEST(AddressGuard, RefusesWhatIsNoIpAddress) {
  for (const char* text : {"", "localhost", "8.8.8", "8.8.8.8.8", "08.8.8.8x", "2606:::1"}) {
    EXPECT_FALSE(is_public_address(std::string_view(text))) << text;
  }
  EXPECT_FALSE(is_public_address(std::string_view("fe80::1%eth0")));
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(reinterpret_cast<const sockaddr*>(&local)));
}

}  // namespace
}  // namespace kassa::callbacks

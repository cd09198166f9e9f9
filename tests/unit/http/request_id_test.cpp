#include "http/request_id.hpp"

#include <gtest/gtest.h>

namespace kassa::http {
namespace {

TEST(RequestId, WordsAreRepeated) {
  for (const char* id : {"a", "order-17_b.2", "1732443322", "0190a6c2-7d1c-7e9a-8f00-123456789012",
                         "4bf92f3577b34da6a3ce929d0e0e4736", "01HZX3K5W9T1R8Q2V7M4B6N0CD",
                         "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    const bool in_row = std::string_view(id) == "1732443322";  // ten digits: may be a phone
    EXPECT_EQ(is_request_id(id), !in_row) << id;
  }
  EXPECT_TRUE(is_request_id(std::string(64, 'x')));
}

TEST(RequestId, WhatCouldForgeOrFloodALogIsNot) {
  EXPECT_FALSE(is_request_id(""));
  EXPECT_FALSE(is_request_id(std::string(65, 'x')));
  for (const char* id : {"a b", "a\tb", "a=b", "a\"b", "a;b", "\xd0\xb0", "a/b", "{}"}) {
    EXPECT_FALSE(is_request_id(id)) << id;
  }
}

TEST(RequestId, WhatCouldBeACardOrAPhoneIsNot) {
  for (const char* id :
       {"4400430140020306", "card-4400-4301-4002-0306", "77001234567", "7.700.123_45-67",
        "x4400430140020306x", "44004301400203064400430140020306"}) {
    EXPECT_FALSE(is_request_id(id)) << id;
  }
}

TEST(RequestId, ACardIsNoTraceBecauseOfWhatStandsBesideIt) {
  for (const char* id :
       {"4400430140020306-aaaaaaaaaaaaaaaa", "4400430140020306aaaaaaaaaaaaaaaa",
        "44004301-4002-0306-aaaa-aaaaaaaaaaaa", "4400-4301-4002-0306-aaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa77001234567", "77001234567aaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(is_request_id(id)) << id;
  }
}

TEST(RequestId, OursDifferAndMayBeRepeated) {
  RequestIds ids("5f3a9c01-1");
  std::string first;
  std::string second;
  ids.next(first);
  ids.next(second);
  EXPECT_EQ(first, "5f3a9c01-1-1");
  EXPECT_EQ(second, "5f3a9c01-1-2");
}

}  // namespace
}  // namespace kassa::http

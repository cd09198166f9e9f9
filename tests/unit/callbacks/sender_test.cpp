#include "callbacks/sender.hpp"

#include <gtest/gtest.h>

#include "unit/callbacks/sink.hpp"

namespace kassa::callbacks {
namespace {

using namespace std::chrono_literals;

Sent send_and_wait(Sender& sender, Letter letter) {
  sender.send(std::move(letter));
  for (;;) {
    auto ended = sender.poll(1'000ms);
    if (!ended.empty()) return std::move(ended.front());
  }
}

Letter letter_to(const std::string& url, bool allow_private_addresses) {
  Letter letter;
  letter.url = url;
  letter.body = "{}";
  letter.allow_http = true;
  letter.allow_private_addresses = allow_private_addresses;
  return letter;
}

TEST(Sender, AConnectionOfATestProjectIsNotSharedWithALiveOne) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  Sender sender({});
  EXPECT_EQ(send_and_wait(sender, letter_to(sink.url(), true)).failure, SendFailure::none);
  // libcurl would take the open connection, whose socket was judged for somebody else.
  const Sent sent = send_and_wait(sender, letter_to(sink.url(), false));
  EXPECT_EQ(sent.failure, SendFailure::address_refused);
  EXPECT_EQ(sink.requests().size(), 1U);
  EXPECT_EQ(sink.connections(), 1);
}

TEST(Sender, ANameThatResolvesToAPrivateAddressIsRefused) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  Sender sender({});
  for (const std::string host : {"localhost", "127.0.0.1", "0x7f000001", "127.1", "[::1]"}) {
    const std::string url = "http://" + host + ":" + std::to_string(sink.port()) + "/";
    EXPECT_EQ(send_and_wait(sender, letter_to(url, false)).failure, SendFailure::address_refused)
        << host;
  }
  EXPECT_EQ(sink.connections(), 0);
}

TEST(Sender, ManyAtOnce) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  Sender sender({});
  for (int i = 0; i < 100; ++i) sender.send(letter_to(sink.url(), true));
  std::size_t delivered = 0;
  while (sender.in_flight() > 0) {
    for (const Sent& sent : sender.poll(1'000ms)) {
      delivered += sent.failure == SendFailure::none ? 1 : 0;
    }
  }
  EXPECT_EQ(delivered, 100U);
}

/// What may be sent, as the test says.
struct Permission {
  std::atomic<bool> granted{true};
  [[nodiscard]] SenderOptions options() {
    return {.may_send = [this](domain::GatewayId) { return granted.load(); }};
  }
};

TEST(Sender, WhatIsNotOursIsNotSent) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  Permission permission;
  permission.granted = false;
  Sender sender(permission.options());
  const Sent sent = send_and_wait(sender, letter_to(sink.url(), true));
  EXPECT_EQ(sent.failure, SendFailure::lease_lost);
  EXPECT_EQ(sent.http_status, 0);
  EXPECT_NE(sent.excerpt.find("stood still"), std::string::npos) << sent.excerpt;
  EXPECT_EQ(sink.connections(), 0);
}

TEST(Sender, WhatIsNotOursByTheTimeItIsConnectedIsNotSent) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  std::atomic<int> asked{0};
  Sender sender({.may_send = [&](domain::GatewayId) { return ++asked == 1; }});
  sender.send(letter_to(sink.url(), true));
  // The first to ask is the poll; whoever asks next, the request has not gone out.
  std::vector<Sent> ended;
  while (ended.empty()) ended = sender.poll(1'000ms);
  EXPECT_EQ(ended.front().failure, SendFailure::lease_lost);
  EXPECT_TRUE(sink.requests().empty());
}

TEST(Sender, WhatIsUnderWayIsBrokenOffOnceItIsNotOurs) {
  test::Gate gate;
  test::Sink sink([&](const auto&) {
    gate.wait();
    return test::http_answer(200);
  });
  Permission permission;
  Sender sender(permission.options());
  sender.send(letter_to(sink.url(), true));
  while (sink.requests().empty()) EXPECT_TRUE(sender.poll(1ms).empty());
  permission.granted = false;
  const auto ended = sender.poll(1'000ms);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended.front().failure, SendFailure::lease_lost);
  EXPECT_EQ(sender.in_flight(), 0U);
  gate.open();
}

TEST(Sender, AReplayIsAnybodys) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  Permission permission;
  permission.granted = false;
  Sender sender(permission.options());
  Letter letter = letter_to(sink.url(), true);
  letter.replay = std::make_shared<Replay>(letter.request_id, 1);
  EXPECT_EQ(send_and_wait(sender, std::move(letter)).failure, SendFailure::none);
}

TEST(Origin, IsSchemeHostAndPort) {
  EXPECT_EQ(origin_of("https://Shop.Example/hook?a=1"), "https://shop.example:443");
  EXPECT_EQ(origin_of("http://user:pw@shop.example:8080/#x"), "http://shop.example:8080");
  EXPECT_EQ(origin_of("https://[2606:4700::1]/"), "https://[2606:4700::1]:443");
  EXPECT_EQ(origin_of("ftp://shop.example/"), std::nullopt);
  EXPECT_EQ(origin_of("shop.example/hook"), std::nullopt);
  EXPECT_EQ(origin_of(""), std::nullopt);
}

}  // namespace
}  // namespace kassa::callbacks

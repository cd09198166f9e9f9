// Answers that stay open, over real sockets on loopback.
#include "http/event_stream.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "http/server.hpp"
#include "unit/http/client.hpp"

namespace kassa::http {
namespace {

using namespace std::chrono_literals;
using test::Client;

constexpr std::string_view kAsk = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

class EventStreams : public testing::Test {
 protected:
  EventStreams()
      : router_([](int status, std::string_view) {
          return Response{.status = status, .body = {}, .headers = {}};
        }) {
    router_.add({.path = "/events",
                 .method = "GET",
                 .handler = [this](const Request&, Responder responder) {
                   Response response;
                   response.content_type = "text/event-stream";
                   response.headers = {{"cache-control", "no-store"}};
                   response.stream = stream();
                   responder.send(std::move(response));
                 }});
    options_.threads = 1;
    options_.stream_heartbeat = 1h;
    begin("data: first\n\n");
  }

  /// The next request gets a stream that begins so; `over_` is ready when that has ended.
  void begin(std::string text) {
    auto ended = std::make_shared<std::promise<void>>();
    over_ = ended->get_future();
    auto next = std::make_shared<EventStream>(
        std::shared_ptr<void>(nullptr, [ended](void*) { ended->set_value(); }));
    next->publish(std::move(text));
    const std::lock_guard lock(mutex_);
    stream_ = std::move(next);
  }
  [[nodiscard]] std::shared_ptr<EventStream> stream() {
    const std::lock_guard lock(mutex_);
    return stream_;
  }
  /// Leaves the stream to its connection alone, which must have it.
  bool is_over() {
    {
      const std::lock_guard lock(mutex_);
      stream_.reset();
    }
    return over_.wait_for(5s) == std::future_status::ready;
  }

  std::uint16_t start() {
    server_ = std::make_unique<Server>(options_, router_, nullptr);
    server_->start();
    return server_->port();
  }

  Router router_;
  ServerOptions options_;
  std::mutex mutex_;  // the handler takes the stream on an I/O thread
  std::shared_ptr<EventStream> stream_;
  std::future<void> over_;
  std::unique_ptr<Server> server_;
};

TEST_F(EventStreams, TellAtOnceAndWheneverSomethingIsPublished) {
  Client client(start());
  client.send(kAsk);
  const auto head = client.read();
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->headers.at("content-type"), "text/event-stream");
  EXPECT_EQ(head->headers.at("cache-control"), "no-store");
  EXPECT_EQ(head->headers.at("connection"), "close");
  EXPECT_FALSE(head->headers.contains("content-length"));
  EXPECT_TRUE(client.read_until("data: first\n\n"));
  for (int i = 0; i < 100; ++i) {
    const std::string text = "data: " + std::to_string(i) + "\n\n";
    std::thread([&] { stream()->publish(text); }).join();
    ASSERT_TRUE(client.read_until(text));
  }
}

TEST_F(EventStreams, ManyPublishersEndWithTheNewest) {
  Client client(start());
  client.send(kAsk);
  ASSERT_TRUE(client.read_until("data: first\n\n"));
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1'000; ++i) stream()->publish("data: some\n\n");
    });
  }
  for (auto& thread : threads) thread.join();
  stream()->publish("data: last\n\n");
  EXPECT_TRUE(client.read_until("data: last\n\n"));
}

TEST_F(EventStreams, SayThatTheyLive) {
  options_.stream_heartbeat = 20ms;
  Client client(start());
  client.send(kAsk);
  ASSERT_TRUE(client.read_until("data: first\n\n"));
  EXPECT_TRUE(client.read_until(":\n\n:\n\n"));
  stream()->publish("data: later\n\n");
  EXPECT_TRUE(client.read_until("data: later\n\n"));
}

TEST_F(EventStreams, EndWithTheirReader) {
  const auto port = start();
  {
    Client client(port);
    client.send(kAsk);
    ASSERT_TRUE(client.read_until("data: first\n\n"));
  }
  EXPECT_TRUE(is_over());
}

TEST_F(EventStreams, EndWhenTheirReaderSpeaks) {
  Client client(start());
  client.send(kAsk);
  ASSERT_TRUE(client.read_until("data: first\n\n"));
  client.send(kAsk);
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(is_over());
}

TEST_F(EventStreams, AReaderThatTakesNothingIsDropped) {
  options_.write_timeout = 100ms;
  begin("data: " + std::string(16'000'000, 'x') + "\n\n");
  Client client(start());
  client.send(kAsk);
  ASSERT_TRUE(client.read_until("data: xxx"));  // and no more of it
  EXPECT_TRUE(is_over());
}

TEST_F(EventStreams, WhatASlowReaderHasNotBegunToReadIsReplaced) {
  begin("data: " + std::string(16'000'000, 'x') + "\n\n");
  Client client(start());
  client.send(kAsk);
  ASSERT_TRUE(client.read_until("data: xxx"));  // it is being written, and does not fit
  for (int i = 0; i < 10; ++i) stream()->publish("data: past " + std::to_string(i) + "\n\n");
  stream()->publish("data: newest\n\n");
  std::string tail;
  std::array<char, 64 * 1024> buffer;
  while (!tail.ends_with("data: newest\n\n")) {
    const auto received = ::recv(client.fd(), buffer.data(), buffer.size(), 0);
    ASSERT_GT(received, 0);
    tail.append(buffer.data(), static_cast<std::size_t>(received));
    if (tail.size() > 1'000) tail.erase(0, tail.size() - 1'000);
  }
  EXPECT_EQ(tail.find("past"), std::string::npos);
}

TEST_F(EventStreams, EndAtOnceWhenTheServerStops) {
  Client client(start());
  client.send(kAsk);
  ASSERT_TRUE(client.read_until("data: first\n\n"));
  const auto begun = std::chrono::steady_clock::now();
  server_->stop(1h);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1min) << "it waited for the stream";
  EXPECT_TRUE(client.closed());
  stream()->publish("data: to nobody\n\n");
  EXPECT_TRUE(is_over());
}

TEST_F(EventStreams, AHeadRequestGetsTheHeadAlone) {
  const auto port = start();
  Client client(port);
  client.send("HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.read(/*to_head=*/true);
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->headers.at("content-type"), "text/event-stream");
  EXPECT_TRUE(client.closed());
  EXPECT_TRUE(is_over());
}

}  // namespace
}  // namespace kassa::http

// The server over real sockets on loopback. Timeouts are options; nothing here sleeps to wait for
// the server, it reads until the server has spoken or closed.
#include "http/server.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include <chrono>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "unit/http/client.hpp"

namespace kassa::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::Answer;
using test::Client;

/// Keeps responders until the test, or a thread of it, answers them.
class Parked {
 public:
  void put(const Request& request, Responder responder) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace_back(&request, std::move(responder));
    changed_.notify_all();
  }
  /// Waits until `count` are there; then takes them all.
  std::vector<std::pair<const Request*, Responder>> take(std::size_t count = 1) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 5s, [&] { return waiting_.size() >= count; });
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<const Request*, Responder>> waiting_;
};

Response text(std::string body) {
  return {.status = 200, .content_type = "text/plain", .body = std::move(body), .headers = {}};
}

class ServerTest : public testing::Test {
 protected:
  ServerTest()
      : router_([](int status, std::string_view path) {
          return Response{.status = status,
                          .body = "{\"status\":" + std::to_string(status) + ",\"path\":\"" +
                                  std::string(path) + "\"}",
                          .headers = {}};
        }) {
    add("POST", "/echo", [](const Request& request, Responder responder) {
      responder.send(text(std::string(request.body)));
    });
    add("GET", "/hello",
        [](const Request&, Responder responder) { responder.send(text("hello")); });
    add("GET", "/target/*", [](const Request& request, Responder responder) {
      responder.send(text(std::string(request.target) + " " + request.remote_address));
    });
    add("GET", "/big", [](const Request&, Responder responder) {
      responder.send(text(std::string(8'000'000, 'b')));
    });
    add("GET", "/drop", [](const Request&, Responder) {});
    add("GET", "/throw", [](const Request&, Responder) { throw std::runtime_error("no"); });
    add("POST", "/park", [this](const Request& request, Responder responder) {
      parked_.put(request, std::move(responder));
    });
    options_.threads = 2;
    options_.listen_port = 0;
  }

  void add(std::string method, std::string path, Handler handler) {
    router_.add(
        {.path = std::move(path), .method = std::move(method), .handler = std::move(handler)});
  }

  std::uint16_t start() {
    server_ = std::make_unique<Server>(options_, router_, nullptr);
    server_->start();
    return server_->port();
  }

  Parked parked_;
  Router router_;
  ServerOptions options_;
  std::unique_ptr<Server> server_;
};

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n" + std::string(fields) +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

int status_of(const std::optional<Answer>& answer) {
  return answer ? answer->status : 0;
}

TEST_F(ServerTest, ServesRequestAfterRequest) {
  Client client(start());
  client.send(get("/hello"));
  auto answer = client.read();
  ASSERT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->headers["content-type"], "text/plain");
  EXPECT_EQ(answer->headers.count("connection"), 0u);
  client.send(post("/echo", "{\"a\":1}"));
  EXPECT_EQ(client.read()->body, "{\"a\":1}");
  client.send("\r\n" + get("/target/x?y=z"));
  EXPECT_EQ(client.read()->body, "/target/x?y=z 127.0.0.1");
  EXPECT_EQ(server_->stats().requests, 3u);
  EXPECT_EQ(server_->stats().connections_open, 1u);
}

TEST_F(ServerTest, EveryAnswerNamesItsRequest) {
  std::mutex mutex;
  std::vector<std::string> told;
  add("GET", "/subject", [](const Request& request, Responder responder) {
    Response response = text(request.id);
    response.subject = "payment-1";
    responder.send(std::move(response));
  });
  options_.id_prefix = "p";
  options_.threads = 1;
  options_.on_answer = [&](const Answered& answered) {
    const std::lock_guard lock(mutex);
    told.push_back((answered.route == nullptr ? "-" : answered.route->path) + " " +
                   std::string(answered.method) + " " + std::string(answered.request_id) + " " +
                   std::string(answered.subject) + " " + std::to_string(answered.status));
  };
  Client client(start());
  const auto asked = [&](const std::string& request) {
    client.send(request);
    return client.read()->headers["x-request-id"];
  };
  const std::string with = "GET /subject HTTP/1.1\r\nHost: a\r\nX-Request-Id: ";
  EXPECT_EQ(asked(with + "mine-1\r\n\r\n"), "mine-1");
  EXPECT_EQ(asked(with + "4400430140020306\r\n\r\n"), "p-1-2");
  EXPECT_EQ(asked(with + "mine-1\r\nx-request-id: mine-2\r\n\r\n"), "p-1-3");
  EXPECT_EQ(asked("GET /nowhere HTTP/1.1\r\nHost: a\r\nx-request-id: lost\r\n\r\n"), "lost");
  EXPECT_EQ(asked("garbage\r\n\r\n"), "p-1-5");
  const std::lock_guard lock(mutex);
  EXPECT_THAT(told, testing::ElementsAre(
                        "/subject GET mine-1 payment-1 200", "/subject GET p-1-2 payment-1 200",
                        "/subject GET p-1-3 payment-1 200", "- GET lost  404", "-  p-1-5  400"));
}

TEST_F(ServerTest, AnAnswerThatComesTooLateStillNamesItsRequest) {
  options_.answer_timeout = 50ms;
  Client client(start());
  client.send(post("/park", "{}", "x-request-id: slow-1\r\n"));
  const auto answer = client.read();
  ASSERT_EQ(status_of(answer), 503);
  EXPECT_EQ(answer->headers.at("x-request-id"), "slow-1");
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Client client(start());
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += post("/echo", "body " + std::to_string(i));
  client.send(requests);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.read()->body, "body " + std::to_string(i));
}

TEST_F(ServerTest, TakesRequestsByteByByte) {
  Client client(start());
  const std::string requests =
      post("/echo", "one") +
      "POST /echo HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "transfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n" +
      get("/hello");
  for (const char byte : requests) client.send({&byte, 1});
  EXPECT_EQ(client.read()->body, "one");
  EXPECT_EQ(client.read()->body, "two");
  EXPECT_EQ(client.read()->body, "hello");
}

TEST_F(ServerTest, TakesBodiesOfAnySize) {
  Client client(start());
  for (const std::size_t size : {0u, 1u, 2'000u, 4'000u, 4'096u, 20'000u, 65'536u}) {
    const std::string body(size, 'x');
    client.send(post("/echo", body) + get("/hello"));
    EXPECT_EQ(client.read()->body, body);
    EXPECT_EQ(client.read()->body, "hello");
  }
}

TEST_F(ServerTest, TakesAChunkedBodyAndDropsItsTrailer) {
  std::size_t signatures = 1;
  add("POST", "/signed", [&](const Request& request, Responder responder) {
    signatures = request.header_count("x-signature");
    responder.send(text(std::string(request.body)));
  });
  Client client(start());
  client.send(
      "POST /signed HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "transfer-encoding: chunked\r\n\r\n");
  std::string body;
  for (int i = 0; i < 60; ++i) {
    body += std::string(1'000, static_cast<char>('a' + i % 26));
    client.send("3e8\r\n" + body.substr(body.size() - 1'000) + "\r\n");
  }
  client.send("0\r\nX-Signature: late\r\n\r\n" + get("/hello"));
  EXPECT_EQ(client.read()->body, body);
  EXPECT_EQ(signatures, 0u);
  EXPECT_EQ(client.read()->body, "hello");
}

TEST_F(ServerTest, BidsToContinueOnlyIfItWillTakeTheBody) {
  Client client(start());
  const auto expecting = [](std::string_view path, int size) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\nExpect: 100-continue\r\n"
           "Content-Length: " +
           std::to_string(size) + "\r\n\r\n";
  };
  client.send(expecting("/echo", 4));
  ASSERT_TRUE(client.read_until("HTTP/1.1 100 Continue\r\n\r\n"));
  client.send("body");
  EXPECT_EQ(client.read()->body, "body");
  client.send(expecting("/echo", 70'000));
  EXPECT_EQ(status_of(client.read()), 413);
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, AnswersHeadAsGetWithoutBody) {
  Client client(start());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nHEAD /none HTTP/1.1\r\nHost: a\r\n\r\n" +
              get("/hello"));
  auto answer = client.read(/*to_head=*/true);
  ASSERT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->headers["content-length"], "5");
  EXPECT_EQ(status_of(client.read(/*to_head=*/true)), 404);
  EXPECT_EQ(client.read()->body, "hello");
}

TEST_F(ServerTest, ClosesWhenAskedAndForHttp10) {
  const auto port = start();
  for (const std::string request :
       {"GET /hello HTTP/1.0\r\n\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"}) {
    Client client(port);
    client.send(request);
    auto answer = client.read();
    ASSERT_EQ(status_of(answer), 200);
    EXPECT_EQ(answer->headers["connection"], "close");
    EXPECT_TRUE(client.closed());
  }
}

TEST_F(ServerTest, RefusesByRouteBeforeAnythingElse) {
  Client client(start());
  const auto exchange = [&](const std::string& request) {
    client.send(request);
    return client.read();
  };
  auto answer = exchange(post("/none", "{}"));
  EXPECT_EQ(status_of(answer), 404);
  EXPECT_EQ(answer->body, "{\"status\":404,\"path\":\"/none\"}");
  answer = exchange(get("/echo"));
  EXPECT_EQ(status_of(answer), 405);
  EXPECT_EQ(answer->headers["allow"], "POST");
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n";
  EXPECT_EQ(status_of(exchange(head + "\r\n{}")), 415);
  EXPECT_EQ(status_of(exchange(head + "content-type: text/plain\r\n\r\n{}")), 415);
  EXPECT_EQ(status_of(exchange(head + "content-type: Application/JSON; Charset=UTF-8\r\n\r\n{}")),
            200);
  EXPECT_EQ(status_of(exchange(post("/none", std::string(100, 'x')))), 404);
  // The bodies have been stepped over: the connection is in step.
  EXPECT_EQ(exchange(get("/hello"))->body, "hello");
  EXPECT_EQ(server_->stats().bad_requests, 5u);
}

TEST_F(ServerTest, AsksItsGateBeforeTheRoute) {
  router_.set_gate([](const Request& request) -> std::optional<Response> {
    if (request.header("x-guess").empty()) return std::nullopt;
    EXPECT_TRUE(request.body.empty());
    return Response{.status = 429, .body = "slower", .headers = {{"retry-after", "1"}}};
  });
  Client client(start());
  const std::string guess = " HTTP/1.1\r\nHost: a\r\nx-guess: yes\r\nContent-Length: 2\r\n";
  const std::string json = "content-type: application/json\r\n";
  for (const std::string& request : {
           "POST /echo" + guess + json + "\r\n{}",  // else 200
           "POST /none" + guess + json + "\r\n{}",  // 404
           "PUT /echo" + guess + json + "\r\n{}",   // 405
           "POST /echo" + guess + "\r\n{}",         // 415
       }) {
    client.send(request);
    auto answer = client.read();
    ASSERT_EQ(status_of(answer), 429) << request;
    EXPECT_EQ(answer->body, "slower");
    EXPECT_EQ(answer->headers["retry-after"], "1");
    EXPECT_FALSE(answer->headers.contains("allow"));
  }
  client.send(get("/hello"));
  EXPECT_EQ(client.read()->body, "hello") << "in step, and nobody else is refused";
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nx-guess: yes\r\nContent-Length: 99999999\r\n" +
              json + "\r\n");
  EXPECT_EQ(status_of(client.read()), 429) << "413, and nothing is read of it";
}

TEST_F(ServerTest, RefusesMalformedRequestsAndCloses) {
  const auto port = start();
  const std::vector<std::string> bad = {
      "GET / HTTP/1.1\n\n",
      "GET /hello HTTP/1.1\r\n\r\n",
      "BAD\r\n\r\n",
      "\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n"};
  for (const auto& request : bad) {
    Client client(port);
    // What is smuggled behind it must not be served.
    client.send(request + get("/hello"));
    auto answer = client.read();
    EXPECT_EQ(status_of(answer), 400) << request;
    if (answer) {
      EXPECT_EQ(answer->headers["connection"], "close");
    }
    client.shut_down_sending();
    EXPECT_TRUE(client.closed()) << request;
  }
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(ServerTest, BoundsTheHead) {
  const auto port = start();
  const std::string line(20'000, 'a');
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "x: y\r\n";
  const std::vector<std::pair<std::string, int>> cases = {
      {"GET /" + line, 414},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nx: " + line, 431},
      {"GET /hello HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", 431},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nx: " + line.substr(0, 16'000) + "\r\n\r\n", 200}};
  for (const auto& [request, status] : cases) {
    Client client(port);
    client.send(request);
    EXPECT_EQ(status_of(client.read()), status) << request.substr(0, 40);
  }
}

TEST_F(ServerTest, RefusesALargeBodySoThatItsSenderSeesIt) {
  const auto port = start();
  const std::string body(10'000'000, 'x');
  Client stated(port);
  EXPECT_TRUE(stated.send(post("/echo", body)));
  EXPECT_EQ(status_of(stated.read()), 413);
  EXPECT_TRUE(stated.closed());

  Client chunked(port);
  EXPECT_TRUE(
      chunked.send("POST /echo HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n"));
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(chunked.send("2710\r\n" + body.substr(0, 10'000) + "\r\n"));
  }
  EXPECT_EQ(status_of(chunked.read()), 413);
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(ServerTest, HoldsNoMoreBodiesThanTheRouteHasSlots) {
  router_.add({.path = "/upload",
               .method = "POST",
               .body_bytes_max = 1'000'000,
               .body_slots = std::make_shared<BodySlots>(1),
               .handler = [this](const Request& request, Responder responder) {
                 parked_.put(request, std::move(responder));
               }});
  const auto port = start();
  const std::string body(100'000, 'x');
  Client first(port);
  // Its body has not even come: the slot is what it may need.
  first.send(
      "POST /upload HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "Expect: 100-continue\r\ncontent-length: 100000\r\n\r\n");
  ASSERT_TRUE(first.read_until("100 Continue\r\n\r\n"));
  Client second(port);
  second.send(post("/upload", body));
  EXPECT_EQ(status_of(second.read()), 503);

  first.send(body);
  for (auto& [request, responder] : parked_.take()) {
    EXPECT_EQ(request->body.size(), body.size());
    responder.send(text("taken"));
  }
  EXPECT_EQ(status_of(first.read()), 200);
  // The slot is free before the answer is there: whoever has read it may send the next at once.
  for (int i = 0; i < 100; ++i) {
    Client next(port);
    next.send(post("/upload", body));
    for (auto& [request, responder] : parked_.take()) responder.send(text("taken"));
    ASSERT_EQ(status_of(next.read()), 200) << i;
  }
  first.send(get("/hello"));
  EXPECT_EQ(status_of(first.read()), 200);
}

TEST(BodySlots, AreOneForAPathAtATime) {
  const auto slots = std::make_shared<BodySlots>(2);
  auto one = slots->take("/one");
  EXPECT_NE(one, nullptr);
  EXPECT_EQ(slots->take("/one"), nullptr);
  auto two = slots->take("/two");
  EXPECT_NE(two, nullptr);
  EXPECT_EQ(slots->take("/three"), nullptr);
  one.reset();
  one = slots->take("/three");
  EXPECT_NE(one, nullptr);
  two.reset();
  EXPECT_NE(slots->take("/one"), nullptr);
}

TEST_F(ServerTest, AGoneSenderGivesItsSlotBack) {
  const auto slots = std::make_shared<BodySlots>(1);
  router_.add({.path = "/upload",
               .method = "POST",
               .body_bytes_max = 1'000'000,
               .body_slots = slots,
               .handler = [](const Request&, Responder responder) { responder.send(text("")); }});
  const auto port = start();
  {
    Client gone(port);
    gone.send(
        "POST /upload HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
        "Expect: 100-continue\r\ncontent-length: 100000\r\n\r\n");
    ASSERT_TRUE(gone.read_until("100 Continue\r\n\r\n"));
    EXPECT_EQ(slots->take("/other"), nullptr);
  }
  server_->stop(5s);
  EXPECT_NE(slots->take("/other"), nullptr);
}

TEST_F(ServerTest, LooksAtTheHeadBeforeItReadsTheBody) {
  router_.add({.path = "/guarded/*",
               .method = "POST",
               .body_bytes_max = 100'000'000,
               .before_body = [](const Request& request) -> std::optional<Response> {
                 if (request.path == "/guarded/known") return std::nullopt;
                 return Response{.status = 404, .body = "nothing here", .headers = {}};
               },
               .handler =
                   [](const Request& request, Responder responder) {
                     responder.send(text(std::to_string(request.body.size())));
                   }});
  const auto port = start();
  Client stranger(port);
  stranger.send(
      "POST /guarded/other HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "content-length: 90000000\r\n\r\nonly this much");
  const auto answer = stranger.read();
  ASSERT_EQ(status_of(answer), 404);
  EXPECT_EQ(answer->body, "nothing here");
  EXPECT_TRUE(stranger.closed());
  EXPECT_EQ(server_->stats().requests, 0u);
  Client known(port);
  known.send(post("/guarded/known", std::string(200'000, 'x')));
  EXPECT_EQ(known.read()->body, "200000");
}

TEST_F(ServerTest, WritesALargeAnswerToASlowReader) {
  Client client(start());
  client.send(get("/big") + get("/hello"));
  EXPECT_EQ(client.read()->body.size(), 8'000'000u);
  EXPECT_EQ(client.read()->body, "hello");
}

TEST_F(ServerTest, GivesUpOnSlowSenders) {
  options_.head_timeout = 100ms;
  options_.body_timeout = 100ms;
  options_.idle_timeout = 100ms;
  const auto port = start();
  const auto started = steady_clock::now();
  Client silent(port);
  Client slow_head(port);
  Client slow_body(port);
  Client idle(port);
  slow_head.send("GET /hello HT");
  const std::string whole = post("/echo", "0123456789");
  slow_body.send(whole.substr(0, whole.size() - 1));
  idle.send(get("/hello"));
  EXPECT_EQ(idle.read()->body, "hello");
  EXPECT_TRUE(silent.closed());
  EXPECT_EQ(status_of(slow_head.read()), 408);
  EXPECT_EQ(status_of(slow_body.read()), 408);
  EXPECT_TRUE(idle.closed());
  EXPECT_LT(steady_clock::now() - started, 3s);
}

TEST_F(ServerTest, GivesUpOnATricklingHead) {
  options_.head_timeout = 200ms;
  Client client(start());
  // A byte every now and then must not move the deadline.
  const auto started = steady_clock::now();
  bool sent = client.send("GET /hello HTTP/1.1\r\nx: ");
  while (sent && steady_clock::now() - started < 3s) {
    sent = client.send("a") && !client.readable_within(5ms);
  }
  EXPECT_EQ(status_of(client.read()), 408);
  EXPECT_LT(steady_clock::now() - started, 2s);
}

/// A route for large bodies from slow lines.
struct SlowLines : ServerTest {
  std::uint16_t start(std::size_t bytes_per_s_min) {
    router_.add({.path = "/upload",
                 .method = "POST",
                 .body_bytes_max = 100'000,
                 .body_bytes_per_s_min = bytes_per_s_min,
                 .error_page =
                     [](int status, const Request& request) {
                       return Response{.status = status,
                                       .body = "sorry, " + std::string(request.path),
                                       .headers = {}};
                     },
                 .handler =
                     [](const Request& request, Responder responder) {
                       responder.send(text(std::to_string(request.body.size())));
                     }});
    return ServerTest::start();
  }
  /// A byte every now and then, until an answer comes or `until`; how many.
  static std::size_t trickle(Client& client, steady_clock::time_point until, std::size_t at_most) {
    std::size_t sent = 0;
    while (sent < at_most && steady_clock::now() < until && client.send("x")) {
      ++sent;
      if (client.readable_within(2ms)) break;
    }
    return sent;
  }
};

TEST_F(SlowLines, WhatHasComeBuysTime) {
  options_.body_timeout = 1s;
  constexpr std::size_t kSize = 50'000;
  const auto port = start(/*bytes_per_s_min=*/1);
  for (const std::string_view how : {"whole", "chunked"}) {
    SCOPED_TRACE(how);
    const std::string head =
        how == "whole" ? "content-length: " + std::to_string(kSize) : "transfer-encoding: chunked";
    Client client(port);
    client.send("POST /upload HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n" + head +
                "\r\n\r\n" + (how == "whole" ? "" : "c350\r\n"));
    const auto sent = trickle(client, steady_clock::now() + 1'500ms, kSize - 1);
    client.send(std::string(kSize - sent, 'x') + (how == "whole" ? "" : "\r\n0\r\n\r\n"));
    const auto answer = client.read();
    ASSERT_EQ(status_of(answer), 200);
    EXPECT_EQ(answer->body, std::to_string(kSize));
  }
}

TEST_F(SlowLines, BelowTheRateAreGivenUpOn) {
  options_.body_timeout = 200ms;
  Client client(start(/*bytes_per_s_min=*/1'000'000));
  client.send(
      "POST /upload HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "content-length: 50000\r\n\r\n");
  trickle(client, steady_clock::now() + 3s, 50'000 - 1);
  const auto answer = client.read();
  ASSERT_EQ(status_of(answer), 408);
  EXPECT_EQ(answer->body, "sorry, /upload");
}

TEST_F(SlowLines, MayNotPauseHoweverMuchTheyBought) {
  options_.body_timeout = 200ms;
  Client client(start(/*bytes_per_s_min=*/1));
  client.send(
      "POST /upload HTTP/1.1\r\nHost: a\r\ncontent-type: application/json\r\n"
      "content-length: 50000\r\n\r\n" +
      std::string(40'000, 'x'));  // bought eleven hours
  EXPECT_EQ(status_of(client.read()), 408);
}

TEST_F(SlowLines, HaveTheRoutesOwnWordsForWhatTheServerRefuses) {
  Client client(start(/*bytes_per_s_min=*/1));
  client.send(post("/upload", std::string(100'001, 'x')));
  const auto answer = client.read();
  ASSERT_EQ(status_of(answer), 413);
  EXPECT_EQ(answer->body, "sorry, /upload");
  Client other(server_->port());
  other.send(get("/upload"));
  EXPECT_EQ(other.read()->body, "{\"status\":405,\"path\":\"/upload\"}");
}

TEST_F(ServerTest, AnswersFromAnotherThread) {
  const auto port = start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<Client>(port));
    clients.back()->send(post("/park", std::to_string(i)) + get("/hello"));
  }
  std::thread([this] {
    for (auto& [request, responder] : parked_.take(50)) {
      // The views are alive until now.
      responder.send(text(std::string(request->path) + std::string(request->body)));
    }
  }).join();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(clients[static_cast<std::size_t>(i)]->read()->body, "/park" + std::to_string(i));
    EXPECT_EQ(clients[static_cast<std::size_t>(i)]->read()->body, "hello");
  }
}

TEST_F(ServerTest, DroppedResponderAnswers500) {
  Client client(start());
  client.send(get("/drop"));
  EXPECT_EQ(client.read()->body, "{\"status\":500,\"path\":\"/drop\"}");
  client.send(get("/throw"));
  EXPECT_EQ(client.read()->body, "{\"status\":500,\"path\":\"/throw\"}");
  client.send(post("/park", ""));
  std::thread([this] { parked_.take().clear(); }).join();
  EXPECT_EQ(status_of(client.read()), 500);
  client.send(get("/hello"));
  EXPECT_EQ(client.read()->body, "hello");
}

TEST_F(ServerTest, ARouteSaysItsHandlersFailuresItself) {
  const auto own = [](int status, const Request& request) {
    return Response{.status = status, .body = "sorry, " + std::string(request.path), .headers = {}};
  };
  router_.add({.path = "/own/drop",
               .method = "GET",
               .error_page = own,
               .handler = [](const Request&, Responder) {}});
  router_.add({.path = "/own/away",
               .method = "GET",
               .error_page = own,
               .handler = [](const Request&, Responder) { throw Unavailable("away"); }});
  router_.add({.path = "/own/late",
               .method = "GET",
               .error_page = own,
               .handler = [this](const Request& request, Responder responder) {
                 parked_.put(request, std::move(responder));
               }});
  options_.answer_timeout = 50ms;
  Client client(start());
  for (const auto& [path, status] :
       {std::pair{"/own/drop", 500}, std::pair{"/own/away", 503}, std::pair{"/own/late", 503}}) {
    client.send(get(path));
    const auto answer = client.read();
    EXPECT_EQ(status_of(answer), status) << path;
    EXPECT_EQ(answer->body, "sorry, " + std::string(path));
  }
  parked_.take().clear();
}

TEST_F(ServerTest, AnswersForAHandlerThatIsLate) {
  options_.answer_timeout = 50ms;
  Client client(start());
  client.send(post("/park", "body"));
  auto waiting = parked_.take();
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(status_of(client.read()), 503);
  client.shut_down_sending();
  EXPECT_TRUE(client.closed());
  // The handler may still read the request, and its answer goes nowhere.
  EXPECT_EQ(waiting[0].first->body, "body");
  waiting[0].second.send(text("late"));
}

TEST_F(ServerTest, SurvivesResponderThatOutlivesConnectionAndServer) {
  auto client = std::make_unique<Client>(start());
  client->send(post("/park", "first"));
  auto first = parked_.take();
  client.reset();  // the peer is gone while its request is being handled
  first[0].second.send(text("nobody reads this"));
  Client other(server_->port());
  other.send(post("/park", "second"));
  auto second = parked_.take();
  server_->stop(0ms);
  EXPECT_TRUE(other.closed());
  server_.reset();
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].first->body, "second");
  second[0].second.send(text("too late"));
}

TEST_F(ServerTest, StopFinishesRequestsInProgress) {
  const auto port = start();
  Client idle(port);
  Client busy(port);
  Client kept(port);
  kept.send(get("/hello"));
  EXPECT_EQ(kept.read()->body, "hello");
  busy.send(post("/park", "x"));
  auto waiting = parked_.take();
  ASSERT_EQ(waiting.size(), 1u);
  std::thread stopping([this] { server_->stop(5s); });
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(kept.closed());
  waiting[0].second.send(text("finished"));
  auto answer = busy.read();
  ASSERT_EQ(status_of(answer), 200);
  EXPECT_EQ(answer->body, "finished");
  EXPECT_EQ(answer->headers["connection"], "close");
  stopping.join();
  EXPECT_THROW(Client{port}, std::runtime_error);
  EXPECT_EQ(server_->stats().connections_open, 0u);
}

TEST_F(ServerTest, StopWaitsNoLongerThanItsGrace) {
  Client client(start());
  client.send(post("/park", "x"));
  const auto waiting = parked_.take();
  const auto started = steady_clock::now();
  server_->stop(50ms);
  EXPECT_LT(steady_clock::now() - started, 2s);
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, TurnsAwayOneTooMany) {
  options_.connections_max = 2;
  const auto port = start();
  Client first(port);
  auto second = std::make_unique<Client>(port);
  first.send(get("/hello"));
  second->send(get("/hello"));
  EXPECT_EQ(first.read()->body, "hello");
  EXPECT_EQ(second->read()->body, "hello");
  Client third(port);
  EXPECT_EQ(status_of(third.read()), 503);
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(server_->stats().connections_refused, 1u);
  second.reset();
  // The server sees the end of the connection on its own thread: an answer on the one that is left
  // comes after it, and the count is read until it has fallen.
  for (int i = 0; i < 500 && server_->stats().connections_open > 1; ++i) {
    first.send(get("/hello"));
    EXPECT_EQ(first.read()->body, "hello");
  }
  Client fourth(port);
  fourth.send(get("/hello"));
  EXPECT_EQ(fourth.read()->body, "hello");
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST_F(ServerTest, IdleConnectionsAreCheap) {
  constexpr std::size_t kConnections = 2'000;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_GE(limit.rlim_cur, 2 * kConnections + 100) << "the test needs both ends of each";
  const auto port = start();
  std::vector<std::unique_ptr<Client>> clients;
  clients.reserve(kConnections);
  const std::size_t before = resident_bytes();
  for (std::size_t i = 0; i < kConnections; ++i) {
    clients.push_back(std::make_unique<Client>(port));
    clients.back()->send(get("/hello"));
    ASSERT_EQ(status_of(clients.back()->read()), 200);
  }
  const std::size_t each = (resident_bytes() - std::min(before, resident_bytes())) / kConnections;
  RecordProperty("bytes_per_idle_connection", static_cast<int>(each));
  EXPECT_EQ(server_->stats().connections_open, kConnections);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(each, 10'000u);
#endif
  Client client(port);
  client.send(post("/echo", "still here"));
  EXPECT_EQ(client.read()->body, "still here");
}

/// In a child, whose descriptors run out: exit code 0 if the server neither spun nor died.
int serve_without_descriptors(const Router& router) {
  ServerOptions options;
  options.threads = 1;
  Server server(options, router, nullptr);
  server.start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(std::make_unique<Client>(server.port()));
  clients[0]->send(get("/hello"));
  if (status_of(clients[0]->read()) != 200) return 1;
  // Fill the table, then leave room for the client's end of one connection but not the server's.
  const rlimit limit{.rlim_cur = 64, .rlim_max = 64};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 2;
  std::vector<UniqueFd> fill;
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY)) {
    fill.emplace_back(fd);
  }
  fill.pop_back();
  Client waiting(server.port());
  waiting.send(get("/hello"));
  const std::clock_t cpu_before = std::clock();
  if (waiting.readable_within(300ms)) return 6;  // nobody can have taken it
  const auto cpu_ms = (std::clock() - cpu_before) * 1'000 / CLOCKS_PER_SEC;
  if (cpu_ms > 100) return 3;  // it spins
  clients[0]->send(get("/hello"));
  if (status_of(clients[0]->read()) != 200) return 4;  // those that are there are served
  fill.clear();
  return status_of(waiting.read()) == 200 ? 0 : 5;  // and the one that waited, once there is room
}

TEST_F(ServerTest, OutOfDescriptorsItNeitherSpinsNorDies) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(serve_without_descriptors(router_));
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(ServerTest, RefusesAPortThatIsServed) {
  const auto port = start();
  ServerOptions second = options_;
  second.listen_port = port;
  Server other(second, router_, nullptr);
  EXPECT_THROW(
      {
        try {
          other.start();
        } catch (const std::runtime_error& error) {
          EXPECT_THAT(error.what(), testing::HasSubstr("127.0.0.1:" + std::to_string(port)));
          throw;
        }
      },
      std::runtime_error);
}

class UnixSocketTest : public ServerTest {
 protected:
  UnixSocketTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "kassa-http-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "admin.sock";
    options_.unix_socket_path = path_;
  }
  ~UnixSocketTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::unique_ptr<Server> make() { return std::make_unique<Server>(options_, router_, &router_); }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(UnixSocketTest, IsPrivateAndGoesAway) {
  server_ = make();
  server_->start();
  struct stat status{};
  ASSERT_EQ(::lstat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  Client client(path_.string());
  client.send(get("/target/x"));
  EXPECT_EQ(client.read()->body, "/target/x ");  // no remote address
  server_->stop(1s);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(UnixSocketTest, ReplacesOnlyWhatNobodyServes) {
  const pid_t child = ::fork();  // leaves a socket behind, as a killed process does
  if (child == 0) {
    auto server = make();
    server->start();
    ::_exit(0);
  }
  ASSERT_GT(child, 0);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::is_socket(path_));
  server_ = make();
  server_->start();
  EXPECT_THROW(make()->start(), std::runtime_error);
  Client client(path_.string());
  client.send(get("/hello"));
  EXPECT_EQ(client.read()->body, "hello");
  server_->stop(1s);
  std::ofstream(path_) << "a file";
  EXPECT_THROW(make()->start(), std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
}

std::string mutate(std::string request, std::mt19937_64& random) {
  using namespace std::string_view_literals;
  static constexpr auto kBytes = "\r\n\t :,;=+-019afAZ/?\"\0\x01\x7f\xff"sv;
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (std::size_t count = below(4); count > 0 && !request.empty(); --count) {
    const auto at = below(request.size());
    switch (below(4)) {
      case 0:
        request[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        request.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 2:
        request.erase(at, 1 + below(4));
        break;
      default:
        request.insert(at, request.substr(below(request.size()), below(40)));
    }
  }
  return request;
}

TEST_F(ServerTest, SurvivesGarbage) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  options_.head_timeout = 500ms;
  const auto port = start();
  const std::vector<std::string> good = {
      get("/hello"), post("/echo", "{\"a\":[1,2,3]}"), post("/none", "x"),
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"};
  for (int sent = 0; sent < 20'000;) {
    Client client(port);
    for (int i = 0; i < 20; ++i, ++sent) {
      // Does not read: the server's answers fit into the socket's buffers.
      if (!client.send(mutate(good[random() % good.size()], random))) break;
    }
    ++sent;
  }
  Client client(port);
  client.send(get("/hello"));
  EXPECT_EQ(client.read()->body, "hello");
  EXPECT_GT(server_->stats().bad_requests, 500u);
}

}  // namespace
}  // namespace kassa::http

// The parser by examples, and against Beast's: whatever ours accepts, Beast reads the same.
#include "http/head.hpp"

#include <gtest/gtest.h>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <random>
#include <string>
#include <vector>

#include "http/chunked.hpp"

namespace kassa::http {
namespace {

namespace beast = boost::beast::http;

constexpr std::size_t kFieldsMax = 20;

struct Parsed {
  std::string bytes;  // what `request` points into
  Request request;
  std::expected<Head, int> head;
};

/// On the heap: a short string would take its bytes along when the result is moved.
std::unique_ptr<Parsed> parse(std::string bytes) {
  auto parsed = std::make_unique<Parsed>(Parsed{std::move(bytes), {}, std::unexpected(0)});
  parsed->head = parse_head(parsed->bytes, kFieldsMax, parsed->request);
  return parsed;
}

int status_of(std::string bytes) {
  const auto parsed = parse(std::move(bytes));
  return parsed->head ? 200 : parsed->head.error();
}

std::string post(const std::string& fields) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(Head, GivesViewsOfEverything) {
  const auto parsed = parse(
      "POST /pay/1?a=b?c HTTP/1.1\r\nHost: example.org:80\r\nX-Signature:  a b \t\r\n"
      "Content-Type: application/json\r\nContent-Length: 17\r\nx-empty:\r\n\r\n");
  ASSERT_TRUE(parsed->head);
  const Request& request = parsed->request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/pay/1?a=b?c");
  EXPECT_EQ(request.path, "/pay/1");
  EXPECT_EQ(request.query, "a=b?c");
  EXPECT_EQ(request.header("x-signature"), "a b");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_NE(request.header("x-empty").data(), nullptr);
  EXPECT_EQ(request.header("x-absent").data(), nullptr);
  EXPECT_EQ(request.header_count("host"), 1u);
  EXPECT_EQ(parsed->head->content_length, 17u);
  EXPECT_TRUE(parsed->head->keep_alive);
  EXPECT_FALSE(parsed->head->chunked);
}

TEST(Head, SaysHowTheMessageGoesOn) {
  EXPECT_TRUE(parse(post("Transfer-Encoding: Chunked\r\n"))->head->chunked);
  EXPECT_TRUE(parse(post("Expect: 100-Continue\r\n"))->head->expects_continue);
  EXPECT_FALSE(parse(post("Connection: te, Close\r\n"))->head->keep_alive);
  EXPECT_TRUE(parse(post("Connection: keep-alive\r\n"))->head->keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")->head->keep_alive);
}

TEST(Head, RefusesWhatSmugglesRequests) {
  const std::vector<std::string> fields = {
      "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
      "Content-Length: 1\r\nContent-Length: 2\r\n",
      "Content-Length: 1\r\nContent-Length: 1\r\n",
      "Content-Length: 1, 1\r\n",
      "Content-Length: +1\r\n",
      "Content-Length: -1\r\n",
      "Content-Length: 1 1\r\n",
      "Content-Length: 0x1\r\n",
      "Content-Length:\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Content-Length: 18446744073709551617\r\n",
      "Transfer-Encoding: gzip\r\n",
      "Transfer-Encoding: gzip, chunked\r\n",
      "Transfer-Encoding: chunked, chunked\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding: \"chunked\"\r\n",
      "Transfer-Encoding : chunked\r\n",
      "Transfer-Encoding\t: chunked\r\n",
      "X: a\r\n Transfer-Encoding: chunked\r\n",
      "X: a\r\n\tb\r\n",
      " X: a\r\n",
      "X: a\rb\r\n",
      "X: a\nY: b\r\n",
      "X: a\r\r\n",
      "X: a\x01\r\n",
      "X: a\x7f\r\n",
      std::string("X: a\0b\r\n", 8),
      std::string("X\0: a\r\n", 7),
      ": a\r\n",
      "X\r\n",
      "X y: a\r\n",
      "X(y): a\r\n",
      "Host: b\r\n",
      "Content-Type: a/b\r\nContent-Type: application/json\r\n",
  };
  for (const auto& field : fields) EXPECT_EQ(status_of(post(field)), 400) << field;
}

TEST(Head, RefusesOtherRequestLinesAndHosts) {
  const std::vector<std::string> lines = {"GET / HTTP/1.2",
                                          "GET / HTTP/2.0",
                                          "GET / http/1.1",
                                          "GET /",
                                          "GET  / HTTP/1.1",
                                          "GET / HTTP/1.1 ",
                                          "GET /a b HTTP/1.1",
                                          " GET / HTTP/1.1",
                                          "GET a HTTP/1.1",
                                          "GET * HTTP/1.1",
                                          "GET http://a/ HTTP/1.1",
                                          "G(T / HTTP/1.1",
                                          "GET /\x80 HTTP/1.1",
                                          "GET /#a HTTP/1.1",
                                          "GET /\t HTTP/1.1",
                                          "GET\t/ HTTP/1.1",
                                          "",
                                          "GET / HTTP/1.1\r",
                                          std::string(33, 'A') + " / HTTP/1.1"};
  for (const auto& line : lines) EXPECT_EQ(status_of(line + "\r\nHost: a\r\n\r\n"), 400) << line;
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400) << "HTTP/1.1 without Host";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(Head, CountsFields) {
  std::string fields;
  for (std::size_t i = 1; i < kFieldsMax; ++i) fields += "x: y\r\n";  // and Host
  EXPECT_EQ(status_of(post(fields)), 200);
  EXPECT_EQ(status_of(post(fields + "x: y\r\n")), 431);
}

TEST(HeadScanner, FindsTheEndByteByByte) {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  HeadScanner scanner;
  for (std::size_t size = 0; size < head.size(); ++size) {
    ASSERT_EQ(scanner.scan(std::string_view(head).substr(0, size)), HeadScanner::Found::need_more);
    EXPECT_EQ(scanner.in_request_line(), size < 16);
  }
  ASSERT_EQ(scanner.scan(head + "next"), HeadScanner::Found::head);
  EXPECT_EQ(scanner.size(), head.size());
  EXPECT_EQ(HeadScanner().scan("\r\nGET"), HeadScanner::Found::empty_line);
  EXPECT_EQ(HeadScanner().scan("GET / HTTP/1.1\n"), HeadScanner::Found::bare_lf);
  EXPECT_EQ(HeadScanner().scan("\n"), HeadScanner::Found::bare_lf);
}

TEST(ContentType, Json) {
  for (const auto* good :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json ; Charset=UTF-8", "application/json; charset=\"utf-8\""}) {
    EXPECT_TRUE(is_json(good)) << good;
  }
  for (const auto* bad :
       {"", "text/json", "application/jsonp", "application/json; charset=latin1",
        "application/json;", "application/json, text/html", "application/x-www-form-urlencoded"}) {
    EXPECT_FALSE(is_json(bad)) << bad;
  }
}

struct Decoded {
  ChunkedDecoder::Found found;
  std::string body;
  std::string rest;
};

/// Feeds `step` bytes at a time.
Decoded decode(std::string_view coded, std::size_t step, std::size_t body_bytes_max = 100) {
  ChunkedDecoder decoder(body_bytes_max);
  Decoded result{ChunkedDecoder::Found::need_more, {}, {}};
  while (!coded.empty() && result.found == ChunkedDecoder::Found::need_more) {
    std::string_view piece = coded.substr(0, step);
    coded.remove_prefix(piece.size());
    result.found = decoder.decode(piece, result.body);
    result.rest = std::string(piece) + std::string(coded);
  }
  return result;
}

TEST(Chunked, DecodesInAnyPieces) {
  const std::string coded =
      "5\r\nhello\r\n0A;name=\"v\" ;x\r\n, world...\r\n0\r\nX-T: 1\r\n\r\nGET /";
  for (std::size_t step = 1; step <= coded.size(); ++step) {
    const auto result = decode(coded, step);
    EXPECT_EQ(result.found, ChunkedDecoder::Found::end) << step;
    EXPECT_EQ(result.body, "hello, world...");
    EXPECT_EQ(result.rest, "GET /");
  }
}

TEST(Chunked, RefusesWhatIsNotExactlyIt) {
  const std::vector<std::string> bad = {"\r\n",
                                        "g\r\n",
                                        "-1\r\n",
                                        "0x5\r\n",
                                        " 5\r\n",
                                        "5 x\r\n",
                                        "5\nhello\r\n",
                                        "5;a\nb\r\n",
                                        "5\r\nhello5\r\n",
                                        "5\r\nhelloo\r\n",
                                        "5\r\nhello\n0\r\n\r\n",
                                        "000000005\r\n",
                                        "fffffffff\r\n",
                                        "5;" + std::string(300, 'x'),
                                        "0\r\nX: a\rb\r\n\r\n",
                                        "0\r\n\n"};
  for (const auto& coded : bad) {
    for (const std::size_t step : {std::size_t{1}, coded.size()}) {
      EXPECT_EQ(decode(coded, step).found, ChunkedDecoder::Found::malformed) << coded;
    }
  }
}

TEST(Chunked, BoundsBodyAndTrailer) {
  EXPECT_EQ(decode("65\r\n", 1).found, ChunkedDecoder::Found::too_large);
  EXPECT_EQ(decode("ffffffff\r\n", 1).found, ChunkedDecoder::Found::too_large);
  EXPECT_EQ(decode("60\r\n" + std::string(96, 'x') + "\r\n5\r\n", 7).found,
            ChunkedDecoder::Found::too_large);
  std::string trailer = "0\r\n";
  for (int i = 0; i < 100; ++i) trailer += "x: " + std::string(60, 'y') + "\r\n";
  EXPECT_EQ(decode(trailer, 1000).found, ChunkedDecoder::Found::malformed);
}

/// Breaks a good head in a few places, with the bytes that matter.
std::string mutate(std::string head, std::mt19937_64& random) {
  using namespace std::string_view_literals;
  static constexpr auto kBytes = "\r\n\t :,;=+-0123456789aAzZ/?#*\"\0\x01\x7f\x80\xff"sv;
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (std::size_t count = below(4); count > 0 && !head.empty(); --count) {
    const auto at = below(head.size());
    switch (below(4)) {
      case 0:
        head[at] = kBytes[below(kBytes.size())];
        break;
      case 1:
        head.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 2:
        head.erase(at, 1 + below(3));
        break;
      default:
        head.insert(at, head.substr(below(head.size()), below(30)));
    }
  }
  return head;
}

void expect_beast_agrees(const Parsed& ours, const std::string& bytes) {
  beast::request_parser<beast::empty_body> parser;
  parser.eager(false);
  boost::system::error_code error;
  const auto used = parser.put(boost::asio::buffer(bytes), error);
  ASSERT_TRUE(!error) << error.message() << "\n" << bytes;
  ASSERT_TRUE(parser.is_header_done());
  EXPECT_EQ(used, bytes.size());
  const auto& theirs = parser.get();
  EXPECT_EQ(theirs.method_string(), ours.request.method);
  EXPECT_EQ(theirs.target(), ours.request.target);
  EXPECT_EQ(parser.chunked(), ours.head->chunked);
  EXPECT_EQ(parser.content_length().value_or(0), ours.head->content_length);
  const auto fields = std::distance(theirs.begin(), theirs.end());
  EXPECT_EQ(static_cast<std::size_t>(fields), ours.request.headers.size());
  for (const auto& [name, value] : ours.request.headers) {
    EXPECT_EQ(theirs.count({name.data(), name.size()}), ours.request.header_count(name));
  }
  if (ours.head->keep_alive) {
    EXPECT_TRUE(theirs.keep_alive()) << bytes;
  }
}

TEST(Head, WhatItAcceptsBeastReadsTheSame) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::string> good = {
      "POST /api/v1/x?a=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 12\r\nX-A: b c\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
      "GET /p HTTP/1.0\r\nAccept: */*\r\nExpect: 100-continue\r\n\r\n"};
  int accepted = 0;
  for (int round = 0; round < 50'000 && !testing::Test::HasFailure(); ++round) {
    const std::string bytes = mutate(good[random() % good.size()], random);
    const auto ours = parse(bytes);
    if (!ours->head) continue;
    ++accepted;
    expect_beast_agrees(*ours, bytes);
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace kassa::http

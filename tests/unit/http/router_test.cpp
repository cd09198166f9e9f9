#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/answer.hpp"
#include "http/http.hpp"

namespace kassa::http {
namespace {

Route route(std::string method, std::string path) {
  return {.path = std::move(path), .method = std::move(method), .handler = nullptr};
}

Router example() {
  Router router([](int status, std::string_view) {
    return Response{.status = status, .body = {}, .headers = {}};
  });
  router.add(route("GET", "/*"));
  router.add(route("GET", "/pay/*"));
  router.add(route("POST", "/pay/*"));
  router.add(route("GET", "/pay/static/*"));
  router.add(route("POST", "/pay/*/receipt"));
  router.add(route("POST", "/api/v1/payin"));
  router.add(route("DELETE", "/api/v1/payin"));
  router.add(route("HEAD", "/own"));
  router.add(route("GET", "/own"));
  return router;
}

TEST(Router, MostSpecificPathDecides) {
  const Router router = example();
  const auto path_of = [&](std::string_view method, std::string_view path) {
    const auto match = router.match(method, path);
    return match.route == nullptr ? std::to_string(match.status) + " " + match.allow
                                  : match.route->method + " " + match.route->path;
  };
  EXPECT_EQ(path_of("POST", "/api/v1/payin"), "POST /api/v1/payin");
  EXPECT_EQ(path_of("GET", "/api/v1/payin"), "405 DELETE, POST");  // not the catch-all
  EXPECT_EQ(path_of("POST", "/pay/abc/receipt"), "POST /pay/*/receipt");
  EXPECT_EQ(path_of("GET", "/pay/abc/receipt"), "405 POST");
  EXPECT_EQ(path_of("POST", "/pay//receipt"), "POST /pay/*");
  EXPECT_EQ(path_of("POST", "/pay/receipt"), "POST /pay/*");
  EXPECT_EQ(path_of("POST", "/pay/abc/def/receipt"), "POST /pay/*");
  EXPECT_EQ(path_of("POST", "/pay/abc/receipt/"), "POST /pay/*");
  EXPECT_EQ(path_of("POST", "/pay/abc"), "POST /pay/*");
  EXPECT_EQ(path_of("GET", "/pay/static/x.js"), "GET /pay/static/*");
  EXPECT_EQ(path_of("POST", "/pay/static/x.js"), "405 GET, HEAD");
  EXPECT_EQ(path_of("HEAD", "/pay/abc"), "GET /pay/*");
  EXPECT_EQ(path_of("HEAD", "/own"), "HEAD /own");
  EXPECT_EQ(path_of("GET", "/api/v1/payin/"), "GET /*");
  EXPECT_EQ(path_of("get", "/pay/abc"), "405 GET, HEAD, POST");  // methods are case-sensitive
}

TEST(Router, UnknownPathIs404) {
  Router router([](int, std::string_view) { return Response(); });
  router.add(route("GET", "/pay/*"));
  EXPECT_EQ(router.match("GET", "/pay").status, 404);
  EXPECT_EQ(router.match("GET", "").status, 404);
}

TEST(Router, RefusesADuplicate) {
  Router router = example();
  EXPECT_THROW(router.add(route("POST", "/api/v1/payin")), std::logic_error);
  EXPECT_THROW(router.add(route("GET", "relative")), std::logic_error);
}

TEST(Responder, AnswersOnceAndDropsOnce) {
  struct Counting : Responder::Sink {
    void send(Response&&) override { ++sent; }
    void drop() override { ++dropped; }
    int sent = 0;
    int dropped = 0;
  };
  const auto sink = std::make_shared<Counting>();
  {
    Responder first(sink);
    Responder second(std::move(first));
    second.send({});
    second.send({});
    Responder third(sink);
    third = Responder(sink);  // the overwritten one answers, too
  }
  EXPECT_EQ(sink->sent, 1);
  EXPECT_EQ(sink->dropped, 2);
}

TEST(Answer, HeadersCannotSplitIt) {
  Response response{.status = 302, .body = "{}", .headers = {}};
  response.headers = {{"location", "https://example.org/\r\nset-cookie: a=b"},
                      {"x-good", "1"},
                      {"bad name", "1"},
                      {"x-nul", std::string("a\0b", 3)},
                      {"Content-Length", "77"},
                      {"Transfer-Encoding", "chunked"}};
  std::string text;
  append_head(response, /*close=*/false, text);
  EXPECT_EQ(text,
            "HTTP/1.1 302 Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
            "x-good: 1\r\n\r\n");
}

TEST(Answer, StatusWithoutBody) {
  std::string text;
  append_head({.status = 204, .body = {}, .headers = {}}, /*close=*/true, text);
  EXPECT_EQ(text, "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
}

TEST(Answer, StatusThatIsNoneBecomes500) {
  std::string text;
  append_head({.status = 100, .body = {}, .headers = {}}, /*close=*/false, text);
  EXPECT_THAT(text, testing::StartsWith("HTTP/1.1 500 "));
}

}  // namespace
}  // namespace kassa::http

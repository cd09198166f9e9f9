#include "api/answer_tally.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/merchant/endpoints.hpp"
#include "ops/log.hpp"
#include "unit/ops/temporary_directory.hpp"

namespace kassa::api {
namespace {

using ops::Metric;
using testing::HasSubstr;
using testing::Not;

/// The log goes to a file at that level, and back to stderr.
class LogFile {
 public:
  explicit LogFile(ops::log::Level level) {
    const auto started =
        ops::log::start({.level = level, .format = ops::log::Format::json, .file = path()});
    EXPECT_TRUE(started.has_value());
  }
  ~LogFile() { (void)ops::log::start({}); }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  [[nodiscard]] std::string text() const {
    std::ostringstream out;
    out << std::ifstream(path()).rdbuf();
    return out.str();
  }

 private:
  [[nodiscard]] std::string path() const { return (folder_.path() / "log").string(); }

  ops::TemporaryDirectory folder_;
};

http::Route route(std::string path, std::string endpoint = {}) {
  http::Route route;
  route.path = std::move(path);
  route.endpoint = std::move(endpoint);
  return route;
}

TEST(AnswerTally, CountsByEndpointAndStatus) {
  ops::Metrics metrics;
  AnswerTally tally(metrics);
  const http::Route info = route("/api/v1/payment/p2p/payin/info");
  const http::Route page = route("/pay/*", "page");
  tally.add({.route = &info, .status = 200, .took = std::chrono::milliseconds(2)});
  tally.add({.route = &info, .status = 404});
  tally.add({.route = &page, .status = 200});
  tally.add({.status = 404});
  const auto count = [&](std::string_view endpoint, std::string_view status) {
    return metrics.duration(Metric::http_request, endpoint, status).count();
  };
  EXPECT_EQ(count(info.path, "200"), 1U);
  EXPECT_EQ(count(info.path, "404"), 1U);
  EXPECT_EQ(count("page", "200"), 1U);
  EXPECT_EQ(count("none", "404"), 1U);
  EXPECT_EQ(metrics.duration(Metric::http_request, info.path, "200").sum(), 2'000U);
  EXPECT_EQ(metrics.counter(Metric::http_answers, "4xx").value(), 2U);
}

TEST(AnswerTally, EveryEndpointOfMerchantsHasItsSeries) {
  const auto& declarations = ops::Metrics::declarations();
  const auto request = std::ranges::find(declarations, std::string_view("http_request"),
                                         &ops::MetricDeclaration::name);
  ASSERT_NE(request, declarations.end());
  const auto endpoints = ops::Metrics::values_of(*request, 0);
  for (const auto path : merchant_paths()) EXPECT_THAT(endpoints, testing::Contains(path));
}

TEST(AnswerTally, ALineNamesTheRequestAndThePaymentButNotThePath) {
  const LogFile file(ops::log::Level::debug);
  ops::Metrics metrics;
  AnswerTally tally(metrics);
  const http::Route page = route("/pay/*", "page");
  tally.add(
      {.route = &page, .method = "GET", .request_id = "r-1", .subject = "0190", .status = 200});
  EXPECT_THAT(file.text(), HasSubstr(R"("event":"http.answered","x_request_id":"r-1",)"
                                     R"("endpoint":"page","status":200,"us":0,)"
                                     R"("request_id":"0190"})"));
}

TEST(AnswerTally, OnlyA500IsLoggedAtEveryLevel) {
  const LogFile file(ops::log::Level::error);
  ops::Metrics metrics;
  AnswerTally tally(metrics);
  tally.add({.request_id = "fine", .status = 200});
  tally.add({.request_id = "busy", .status = 503});
  tally.add({.request_id = "broken", .status = 500});
  EXPECT_THAT(file.text(), HasSubstr(R"("x_request_id":"broken")"));
  EXPECT_THAT(file.text(), Not(HasSubstr("fine")));
  EXPECT_THAT(file.text(), Not(HasSubstr("busy")));
}

}  // namespace
}  // namespace kassa::api

#include "ops/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "domain/check.hpp"

namespace kassa::ops {
namespace {

using std::chrono::microseconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, ACounterCountsFromZero) {
  Metrics metrics;
  EXPECT_THAT(metrics.render(), HasSubstr("# TYPE kassa_callbacks_delivered_total counter\n"
                                          "kassa_callbacks_delivered_total 0\n"));
  metrics.counter(Metric::callbacks_delivered).add();
  metrics.counter(Metric::callbacks_delivered).add(4);
  EXPECT_THAT(metrics.render(), HasSubstr("\nkassa_callbacks_delivered_total 5\n"));
}

TEST(Metrics, ACopiedTotalNeverGoesBack) {
  Metrics metrics;
  Counter& counter = metrics.counter(Metric::http_connections_accepted);
  counter.raise_to(10);
  counter.raise_to(7);
  EXPECT_EQ(counter.value(), 10U);
}

TEST(Metrics, AGaugeGoesBothWays) {
  Metrics metrics;
  metrics.gauge(Metric::queue_length).set(3);
  metrics.gauge(Metric::queue_length).add(-5);
  EXPECT_THAT(metrics.render(), HasSubstr("\nkassa_queue_length -2\n"));
}

TEST(Metrics, ALabelsUnknownValueIsOther) {
  Metrics metrics;
  metrics.counter(Metric::http_answers, "2xx").add(2);
  EXPECT_THAT(metrics.render(), HasSubstr("kassa_http_answers_total{status=\"2xx\"} 2\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("kassa_http_answers_total{status=\"5xx\"} 0\n"));
  EXPECT_THAT(metrics.render(), Not(HasSubstr("status=\"other\"")));
  metrics.counter(Metric::http_answers, "9xx").add();
  EXPECT_THAT(metrics.render(), HasSubstr("kassa_http_answers_total{status=\"other\"} 1\n"));
}

TEST(Metrics, OfTwoLabelsTheSeriesThatCountedAreShown) {
  Metrics metrics;
  EXPECT_THAT(metrics.render(), Not(HasSubstr("kassa_payment_changes_total{")));
  metrics.counter(Metric::payment_changes, "payout", "decline").add();
  metrics.counter(Metric::payment_changes, "payout", "no such state").add();
  metrics.counter(Metric::payment_changes, "loan", "success").add(3);
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("\nkassa_payment_changes_total{kind=\"payout\",state=\"decline\"} 1\n"
                              "kassa_payment_changes_total{kind=\"payout\",state=\"other\"} 1\n"
                              "kassa_payment_changes_total{kind=\"other\",state=\"success\"} 3\n"));
  EXPECT_THAT(text, Not(HasSubstr("kind=\"payin\"")));
}

TEST(Metrics, ALabelledHistogramHasItsLabelsBeforeTheBound) {
  Metrics metrics;
  metrics.duration(Metric::http_request, "/healthz", "200").observe(microseconds(100));
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("kassa_http_request_seconds_bucket"
                              "{endpoint=\"/healthz\",status=\"200\",le=\"0.0001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kassa_http_request_seconds_count"
                              "{endpoint=\"/healthz\",status=\"200\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("status=\"503\"")));
}

TEST(Metrics, ADurationsBucketsAreCumulativeSecondsWithInclusiveBounds) {
  Metrics metrics;
  DurationHistogram& times = metrics.duration(Metric::batch_commit);
  times.observe(microseconds(-4));
  times.observe(microseconds(100));
  times.observe(microseconds(101));
  times.observe(microseconds(20'000'000));
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("# TYPE kassa_batch_commit_seconds histogram\n"
                              "kassa_batch_commit_seconds_bucket{le=\"0.0001\"} 2\n"
                              "kassa_batch_commit_seconds_bucket{le=\"0.00025\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("kassa_batch_commit_seconds_bucket{le=\"10\"} 3\n"
                              "kassa_batch_commit_seconds_bucket{le=\"+Inf\"} 4\n"
                              "kassa_batch_commit_seconds_sum 20.000201\n"
                              "kassa_batch_commit_seconds_count 4\n"));
}

TEST(Metrics, ASizesBucketsArePowersOfTwo) {
  Metrics metrics;
  metrics.size(Metric::batch).observe(512);
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("kassa_batch_bucket{le=\"256\"} 0\n"
                              "kassa_batch_bucket{le=\"512\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kassa_batch_sum 512\nkassa_batch_count 1\n"));
}

TEST(Metrics, AskingByAnotherTypeIsCaught) {
  Metrics metrics;
  EXPECT_THROW((void)metrics.gauge(Metric::callbacks_delivered), domain::CheckFailed);
}

TEST(Metrics, UpdatesOfManyThreadsAllCount) {
  Metrics metrics;
  Counter& counter = metrics.counter(Metric::commands, "applied");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        counter.add();
        metrics.duration(Metric::command_wait).observe(microseconds(i));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 40'000U);
  EXPECT_THAT(metrics.render(), HasSubstr("kassa_command_wait_seconds_count 40000\n"));
}

TEST(Metrics, EveryLineIsInThePrometheusFormat) {
  Metrics metrics;
  const std::regex comment("# (HELP|TYPE) kassa_[a-z_0-9]+ .+");
  const std::regex sample(
      R"re(kassa_[a-z_0-9]+(\{([a-z]+="[^"\\]*",?)+\})? -?[0-9]+(\.[0-9]+)?)re");
  std::istringstream lines(metrics.render());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(std::regex_match(line, comment) || std::regex_match(line, sample)) << line;
  }
}

TEST(Metrics, EveryDeclarationIsSound) {
  std::set<std::string_view> names;
  const std::regex name_form("[a-z][a-z_]*[a-z]");
  for (const MetricDeclaration& declaration : Metrics::declarations()) {
    EXPECT_TRUE(names.insert(declaration.name).second) << declaration.name << " twice";
    EXPECT_TRUE(std::regex_match(std::string(declaration.name), name_form)) << declaration.name;
    EXPECT_FALSE(declaration.help.empty()) << declaration.name;
    EXPECT_EQ(declaration.label.empty(), declaration.values.empty()) << declaration.name;
    EXPECT_EQ(std::ranges::count(declaration.label, '|'),
              std::ranges::count(declaration.values, '|'))
        << declaration.name;
    EXPECT_EQ(declaration.help.find('\n'), std::string_view::npos) << declaration.name;
  }
}

}  // namespace
}  // namespace kassa::ops

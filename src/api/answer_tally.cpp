#include "api/answer_tally.hpp"

#include <algorithm>
#include <string>

#include "ops/log.hpp"

namespace kassa::api {
namespace {

using ops::Metric;
namespace log = ops::log;

/// Never the path as it was sent: that of a page is a secret, and any other may be somebody's text.
std::string_view endpoint_of(const http::Route* route) {
  if (route == nullptr) return "none";
  return route->endpoint.empty() ? route->path : route->endpoint;
}

}  // namespace

AnswerTally::AnswerTally(ops::Metrics& metrics)
    : metrics_(metrics),
      families_{
          &metrics.counter(Metric::http_answers, "2xx"),
          &metrics.counter(Metric::http_answers, "3xx"),
          &metrics.counter(Metric::http_answers, "4xx"),
          &metrics.counter(Metric::http_answers, "5xx"),
      } {}

void AnswerTally::add(const http::Answered& answered) {
  const std::string_view endpoint = endpoint_of(answered.route);
  families_[static_cast<std::size_t>(std::clamp(answered.status / 100, 2, 5) - 2)]->add();
  metrics_.duration(Metric::http_request, endpoint, std::to_string(answered.status))
      .observe(answered.took);
  const bool failed = answered.status == 500;
  if (!failed && log::level() > log::Level::debug) return;
  const auto write = failed ? log::error : log::debug;
  write("http.answered", {{"x_request_id", answered.request_id},
                          {"endpoint", endpoint},
                          {"status", answered.status},
                          {"us", answered.took.count()},
                          {"request_id", answered.subject.empty() ? "-" : answered.subject}});
}

}  // namespace kassa::api

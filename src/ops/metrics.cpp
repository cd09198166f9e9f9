#include "ops/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <variant>

#include "domain/check.hpp"
#include "ops/build_info.hpp"

namespace kassa::ops {
namespace {

constexpr std::string_view kOther = "other";

std::vector<std::string_view> split(std::string_view values) {
  std::vector<std::string_view> out;
  while (!values.empty()) {
    const auto comma = values.find(',');
    out.push_back(values.substr(0, comma));
    values = comma == std::string_view::npos ? std::string_view{} : values.substr(comma + 1);
  }
  return out;
}

/// Seconds with six decimals, from whole microseconds: exact, where a double would drift.
std::string seconds_text(std::uint64_t us) {
  std::string text = fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string full_name(const MetricDeclaration& declaration) {
  switch (declaration.type) {
    case MetricType::counter:
      return fmt::format("kassa_{}_total", declaration.name);
    case MetricType::duration:
      return fmt::format("kassa_{}_seconds", declaration.name);
    case MetricType::gauge:
    case MetricType::size:
      break;
  }
  return fmt::format("kassa_{}", declaration.name);
}

std::string_view prometheus_type(MetricType type) {
  if (type == MetricType::counter) return "counter";
  return type == MetricType::gauge ? "gauge" : "histogram";
}

}  // namespace

// One label value's numbers. The vectors that hold these are sized in the constructor, for good.
struct Metrics::Series {
  std::string_view label_value;
  std::variant<std::monostate, std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
               std::unique_ptr<DurationHistogram>, std::unique_ptr<SizeHistogram>>
      cell;

  void render(std::string& out, const MetricDeclaration& declaration) const;
  [[nodiscard]] bool is_untouched() const;
};

struct Metrics::Family {
  MetricDeclaration declaration;
  std::vector<Series> series;  // in the order of the values; of a labelled one the last is "other"
};

void Counter::raise_to(std::uint64_t total) {
  std::uint64_t seen = value();
  while (seen < total && !value_.compare_exchange_weak(seen, total, std::memory_order_relaxed)) {
  }
}

void Histogram::observe(std::uint64_t value) {
  const auto bound = std::ranges::lower_bound(*bounds_, value);
  const auto bucket = static_cast<std::size_t>(bound - bounds_->begin());
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

const std::vector<MetricDeclaration>& Metrics::declarations() {
  static const std::vector<MetricDeclaration> all = {
#define KASSA_METRIC_ROW(name, type, help, label, values) \
  {#name, MetricType::type, help, label, values},
      KASSA_METRICS(KASSA_METRIC_ROW)
#undef KASSA_METRIC_ROW
  };
  return all;
}

Metrics::Metrics() {
  for (const MetricDeclaration& declaration : declarations()) {
    Family family{declaration, {}};
    std::vector<std::string_view> values = split(declaration.values);
    values.push_back(declaration.label.empty() ? std::string_view{} : kOther);
    for (const std::string_view value : values) {
      Series series{value, {}};
      switch (declaration.type) {
        case MetricType::counter:
          series.cell = std::make_unique<Counter>();
          break;
        case MetricType::gauge:
          series.cell = std::make_unique<Gauge>();
          break;
        case MetricType::duration:
          series.cell = std::make_unique<DurationHistogram>();
          break;
        case MetricType::size:
          series.cell = std::make_unique<SizeHistogram>();
          break;
      }
      family.series.push_back(std::move(series));
    }
    families_.push_back(std::move(family));
  }
}

Metrics::~Metrics() = default;

Metrics::Series& Metrics::find(Metric metric, MetricType type, std::string_view label_value) {
  Family& family = families_[static_cast<std::size_t>(metric)];
  KASSA_CHECK(family.declaration.type == type,
              fmt::format("metric {} is of another type", family.declaration.name));
  for (Series& series : family.series) {
    if (series.label_value == label_value) return series;
  }
  return family.series.back();
}

Counter& Metrics::counter(Metric metric, std::string_view label_value) {
  return *std::get<std::unique_ptr<Counter>>(find(metric, MetricType::counter, label_value).cell);
}

Gauge& Metrics::gauge(Metric metric, std::string_view label_value) {
  return *std::get<std::unique_ptr<Gauge>>(find(metric, MetricType::gauge, label_value).cell);
}

DurationHistogram& Metrics::duration(Metric metric, std::string_view label_value) {
  return *std::get<std::unique_ptr<DurationHistogram>>(
      find(metric, MetricType::duration, label_value).cell);
}

SizeHistogram& Metrics::size(Metric metric, std::string_view label_value) {
  return *std::get<std::unique_ptr<SizeHistogram>>(
      find(metric, MetricType::size, label_value).cell);
}

namespace {

// The `{…}` of a sample: the metric's own label, then a histogram's `le`, as far as there are any.
std::string labels(const MetricDeclaration& declaration, std::string_view label_value,
                   std::string_view bound = {}) {
  std::string text;
  if (!declaration.label.empty()) text = fmt::format("{}=\"{}\"", declaration.label, label_value);
  if (!bound.empty()) text += fmt::format("{}le=\"{}\"", text.empty() ? "" : ",", bound);
  return text.empty() ? text : "{" + text + "}";
}

void render_histogram(std::string& out, const MetricDeclaration& declaration,
                      std::string_view label_value, const Histogram& histogram) {
  const bool is_time = declaration.type == MetricType::duration;
  const auto number = [&](std::uint64_t value) {
    return is_time ? seconds_text(value) : std::to_string(value);
  };
  const std::string name = full_name(declaration);
  const auto to = std::back_inserter(out);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    count += histogram.in_bucket(i);
    const std::string bound =
        i < histogram.bounds().size() ? number(histogram.bounds()[i]) : std::string("+Inf");
    fmt::format_to(to, "{}_bucket{} {}\n", name, labels(declaration, label_value, bound), count);
  }
  const std::string own = labels(declaration, label_value);
  fmt::format_to(to, "{}_sum{} {}\n{}_count{} {}\n", name, own, number(histogram.sum()), name, own,
                 count);
}

}  // namespace

bool Metrics::Series::is_untouched() const {
  if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&cell)) {
    return (*counter)->value() == 0;
  }
  if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&cell)) return (*gauge)->value() == 0;
  return false;
}

void Metrics::Series::render(std::string& out, const MetricDeclaration& declaration) const {
  const auto to = std::back_inserter(out);
  const auto line = [&](auto value) {
    fmt::format_to(to, "{}{} {}\n", full_name(declaration), labels(declaration, label_value),
                   value);
  };
  if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&cell)) {
    line((*counter)->value());
  } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&cell)) {
    line((*gauge)->value());
  } else if (const auto* times = std::get_if<std::unique_ptr<DurationHistogram>>(&cell)) {
    render_histogram(out, declaration, label_value, **times);
  } else if (const auto* sizes = std::get_if<std::unique_ptr<SizeHistogram>>(&cell)) {
    render_histogram(out, declaration, label_value, **sizes);
  }
}

std::string Metrics::render() const {
  const BuildInfo build = build_info();
  std::string out = fmt::format(
      "# HELP kassa_build_info What is running\n# TYPE kassa_build_info gauge\n"
      "kassa_build_info{{version=\"{}\",revision=\"{}\"}} 1\n",
      build.version, build.revision);
  for (const Family& family : families_) {
    const MetricDeclaration& declaration = family.declaration;
    const std::string name = full_name(declaration);
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, declaration.help,
                   name, prometheus_type(declaration.type));
    for (const Series& series : family.series) {
      const bool is_other = !declaration.label.empty() && series.label_value == kOther;
      if (!is_other || !series.is_untouched()) series.render(out, declaration);
    }
  }
  return out;
}

}  // namespace kassa::ops

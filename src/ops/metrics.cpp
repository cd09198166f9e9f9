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

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find(at);
    out.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

/// Where the value stands in the list, or behind its end: that is "other".
std::size_t index_of(const std::vector<std::string_view>& values, std::string_view value) {
  return static_cast<std::size_t>(std::ranges::find(values, value) - values.begin());
}

/// Seconds with six decimals, from whole microseconds: exact, where a double would drift.
std::string seconds_text(std::uint64_t us) {
  std::string text = fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace

std::string Metrics::full_name(const MetricDeclaration& declaration) {
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

std::vector<std::string_view> Metrics::values_of(const MetricDeclaration& declaration,
                                                 std::size_t label) {
  const auto lists = split(declaration.values, '|');
  return label < lists.size() ? split(lists[label], ',') : std::vector<std::string_view>{};
}

namespace {

std::string_view prometheus_type(MetricType type) {
  if (type == MetricType::counter) return "counter";
  return type == MetricType::gauge ? "gauge" : "histogram";
}

}  // namespace

// The numbers of one value of the label, or of one of each. The vectors that hold these are sized
// in the constructor, for good.
struct Metrics::Series {
  std::string_view value;
  std::string_view second;
  std::variant<std::monostate, std::unique_ptr<Counter>, std::unique_ptr<Gauge>,
               std::unique_ptr<DurationHistogram>, std::unique_ptr<SizeHistogram>>
      cell;

  void render(std::string& out, const MetricDeclaration& declaration) const;
  [[nodiscard]] bool is_untouched() const;
  [[nodiscard]] bool is_other() const { return value == kOther || second == kOther; }
};

struct Metrics::Family {
  MetricDeclaration declaration;
  std::vector<std::string_view> values;   // of its label
  std::vector<std::string_view> seconds;  // of its second one
  // Value by value and within it second by second; behind each list comes "other".
  std::vector<Series> series;

  /// Series that may be hundreds are shown once they count something. Others are there from the
  /// first moment, so that what happens once is seen to rise.
  [[nodiscard]] bool is_sparse() const {
    return !seconds.empty() || (!values.empty() && declaration.type != MetricType::counter &&
                                declaration.type != MetricType::gauge);
  }
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

std::uint64_t Histogram::count() const {
  std::uint64_t count = 0;
  for (const auto& bucket : counts_) count += bucket.load(std::memory_order_relaxed);
  return count;
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
    Family family{declaration, values_of(declaration, 0), values_of(declaration, 1), {}};
    const auto with_other = [](std::vector<std::string_view> values) {
      values.push_back(values.empty() ? std::string_view{} : kOther);
      return values;
    };
    for (const std::string_view value : with_other(family.values)) {
      for (const std::string_view second : with_other(family.seconds)) {
        family.series.push_back(make_series(declaration.type, value, second));
      }
    }
    families_.push_back(std::move(family));
  }
}

Metrics::Series Metrics::make_series(MetricType type, std::string_view value,
                                     std::string_view second) {
  Series series{value, second, {}};
  switch (type) {
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
  return series;
}

Metrics::~Metrics() = default;

Metrics::Series& Metrics::find(Metric metric, MetricType type, std::string_view value,
                               std::string_view second) {
  Family& family = families_[static_cast<std::size_t>(metric)];
  KASSA_CHECK(family.declaration.type == type,
              fmt::format("metric {} is of another type", family.declaration.name));
  const std::size_t row = index_of(family.values, value);
  return family.series[row * (family.seconds.size() + 1) + index_of(family.seconds, second)];
}

Counter& Metrics::counter(Metric metric, std::string_view value, std::string_view second) {
  Series& series = find(metric, MetricType::counter, value, second);
  return *std::get<std::unique_ptr<Counter>>(series.cell);
}

Gauge& Metrics::gauge(Metric metric, std::string_view value, std::string_view second) {
  Series& series = find(metric, MetricType::gauge, value, second);
  return *std::get<std::unique_ptr<Gauge>>(series.cell);
}

DurationHistogram& Metrics::duration(Metric metric, std::string_view value,
                                     std::string_view second) {
  Series& series = find(metric, MetricType::duration, value, second);
  return *std::get<std::unique_ptr<DurationHistogram>>(series.cell);
}

SizeHistogram& Metrics::size(Metric metric, std::string_view value, std::string_view second) {
  Series& series = find(metric, MetricType::size, value, second);
  return *std::get<std::unique_ptr<SizeHistogram>>(series.cell);
}

namespace {

// `endpoint="page",status="200"`: the metric's own labels, as far as there are any.
std::string own_labels(const MetricDeclaration& declaration, std::string_view value,
                       std::string_view second) {
  const auto names = split(declaration.label, '|');
  std::string text;
  if (!names.empty()) text = fmt::format("{}=\"{}\"", names[0], value);
  if (names.size() > 1) text += fmt::format(",{}=\"{}\"", names[1], second);
  return text;
}

// The `{…}` of a sample: its own labels, then a histogram's `le`.
std::string braced(std::string text, std::string_view bound = {}) {
  if (!bound.empty()) text += fmt::format("{}le=\"{}\"", text.empty() ? "" : ",", bound);
  return text.empty() ? text : "{" + text + "}";
}

void render_histogram(std::string& out, const MetricDeclaration& declaration,
                      const std::string& labels, const Histogram& histogram) {
  const bool is_time = declaration.type == MetricType::duration;
  const auto number = [&](std::uint64_t value) {
    return is_time ? seconds_text(value) : std::to_string(value);
  };
  const std::string name = Metrics::full_name(declaration);
  const auto to = std::back_inserter(out);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= histogram.bounds().size(); ++i) {
    count += histogram.in_bucket(i);
    const std::string bound =
        i < histogram.bounds().size() ? number(histogram.bounds()[i]) : std::string("+Inf");
    fmt::format_to(to, "{}_bucket{} {}\n", name, braced(labels, bound), count);
  }
  const std::string own = braced(labels);
  fmt::format_to(to, "{}_sum{} {}\n{}_count{} {}\n", name, own, number(histogram.sum()), name, own,
                 count);
}

}  // namespace

bool Metrics::Series::is_untouched() const {
  if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&cell)) {
    return (*counter)->value() == 0;
  }
  if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&cell)) return (*gauge)->value() == 0;
  if (const auto* times = std::get_if<std::unique_ptr<DurationHistogram>>(&cell)) {
    return (*times)->count() == 0;
  }
  if (const auto* sizes = std::get_if<std::unique_ptr<SizeHistogram>>(&cell)) {
    return (*sizes)->count() == 0;
  }
  return true;
}

void Metrics::Series::render(std::string& out, const MetricDeclaration& declaration) const {
  const auto to = std::back_inserter(out);
  const std::string labels = own_labels(declaration, value, second);
  const auto line = [&](auto number) {
    fmt::format_to(to, "{}{} {}\n", full_name(declaration), braced(labels), number);
  };
  if (const auto* counter = std::get_if<std::unique_ptr<Counter>>(&cell)) {
    line((*counter)->value());
  } else if (const auto* gauge = std::get_if<std::unique_ptr<Gauge>>(&cell)) {
    line((*gauge)->value());
  } else if (const auto* times = std::get_if<std::unique_ptr<DurationHistogram>>(&cell)) {
    render_histogram(out, declaration, labels, **times);
  } else if (const auto* sizes = std::get_if<std::unique_ptr<SizeHistogram>>(&cell)) {
    render_histogram(out, declaration, labels, **sizes);
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
      const bool waits = series.is_other() || family.is_sparse();
      if (!waits || !series.is_untouched()) series.render(out, declaration);
    }
  }
  return out;
}

}  // namespace kassa::ops

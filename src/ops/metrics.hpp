// Counters, gauges and histograms, rendered as Prometheus text (exposition format 0.0.4).
//
// What there is to count is declared in metrics_table.hpp. Updates are relaxed atomic additions on
// cells of their own cache line: no lock, no allocation, no lookup but an array index (and, for a
// labelled one, a walk over its few values). Thread-safe; render() may run beside updates and then
// sees some of them.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ops/metrics_table.hpp"

namespace kassa::ops {

enum class Metric : std::uint16_t {
#define KASSA_METRIC_ID(name, type, help, label, values) name,
  KASSA_METRICS(KASSA_METRIC_ID)
#undef KASSA_METRIC_ID
};

enum class MetricType : std::uint8_t { counter, gauge, duration, size };

struct MetricDeclaration {
  std::string_view name;
  MetricType type;
  std::string_view help;
  std::string_view label;   // empty: no label; "a|b": two
  std::string_view values;  // separated by commas; of two labels their lists by "|"
};

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  /// For a total that is counted elsewhere and copied here before rendering; it never goes back.
  void raise_to(std::uint64_t total);
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<std::int64_t> value_{0};
};

/// Upper bounds of the buckets, both inclusive, as Prometheus has them; a last one holds the rest.
inline constexpr std::array<std::uint64_t, 16> kDurationBoundsUs = {
    100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
    50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};
inline constexpr std::array<std::uint64_t, 16> kSizeBounds = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};

class Histogram {
 public:
  explicit Histogram(const std::array<std::uint64_t, 16>& bounds) : bounds_(&bounds) {}

  void observe(std::uint64_t value);
  [[nodiscard]] const std::array<std::uint64_t, 16>& bounds() const { return *bounds_; }
  [[nodiscard]] std::uint64_t in_bucket(std::size_t i) const {  // not cumulative; 16 is the rest
    return counts_[i].load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::array<std::uint64_t, 16>* bounds_;
  alignas(64) std::array<std::atomic<std::uint64_t>, 17> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

class DurationHistogram : public Histogram {
 public:
  DurationHistogram() : Histogram(kDurationBoundsUs) {}
  /// A negative duration (a clock that went back between two readings) counts as none.
  void observe(std::chrono::microseconds took) {
    Histogram::observe(took.count() < 0 ? 0 : static_cast<std::uint64_t>(took.count()));
  }
};

class SizeHistogram : public Histogram {
 public:
  SizeHistogram() : Histogram(kSizeBounds) {}
};

class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  // Asking for a metric by another type than it was declared with is a KASSA_CHECK. The references
  // live as long as this object: a hot path may keep one.
  [[nodiscard]] Counter& counter(Metric metric, std::string_view value = {},
                                 std::string_view second = {});
  [[nodiscard]] Gauge& gauge(Metric metric, std::string_view value = {},
                             std::string_view second = {});
  [[nodiscard]] DurationHistogram& duration(Metric metric, std::string_view value = {},
                                            std::string_view second = {});
  [[nodiscard]] SizeHistogram& size(Metric metric, std::string_view value = {},
                                    std::string_view second = {});

  /// Everything, in the order of the table, with the build's version as kassa_build_info.
  [[nodiscard]] std::string render() const;

  [[nodiscard]] static const std::vector<MetricDeclaration>& declarations();
  /// "kassa_batch_commit_seconds": what a declared metric is called on the page.
  [[nodiscard]] static std::string full_name(const MetricDeclaration& declaration);
  /// The values that a label may have, "other" apart; of the first label or the second.
  [[nodiscard]] static std::vector<std::string_view> values_of(const MetricDeclaration& declaration,
                                                               std::size_t label);

 private:
  struct Series;
  struct Family;

  [[nodiscard]] static Series make_series(MetricType type, std::string_view value,
                                          std::string_view second);
  [[nodiscard]] Series& find(Metric metric, MetricType type, std::string_view value,
                             std::string_view second);

  std::vector<Family> families_;
};

}  // namespace kassa::ops

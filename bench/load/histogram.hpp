// Latencies by log-linear buckets, as HdrHistogram keeps them: 64 to each power of two, so that a
// percentile is off by at most 1.6 %. Recording costs a shift and an add. One thread.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace kassa::bench {

class Histogram {
 public:
  /// Any unit; the load generator records nanoseconds.
  void record(std::uint64_t value) {
    ++buckets_[index_of(value)];
    ++count_;
    max_ = std::max(max_, value);
  }

  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }

  /// The value below or at which `per_100k` of 100,000 recorded ones lie (99,900: p99.9), rounded
  /// up to its bucket's end; 0 when nothing was recorded.
  [[nodiscard]] std::uint64_t percentile(std::uint32_t per_100k) const {
    const std::uint64_t wanted = (count_ * per_100k + 99'999) / 100'000;
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted && seen > 0) return std::min(end_of(i), max_);
    }
    return max_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }

 private:
  static constexpr unsigned kSubBits = 6;
  static constexpr std::uint64_t kSubs = 1U << kSubBits;
  static constexpr std::size_t kBuckets = (64 - kSubBits + 1) * kSubs;

  static std::size_t index_of(std::uint64_t value) {
    if (value < kSubs) return value;
    const auto exponent = static_cast<unsigned>(std::bit_width(value)) - 1;
    const std::uint64_t sub = (value >> (exponent - kSubBits)) & (kSubs - 1);
    return (exponent - kSubBits + 1) * kSubs + sub;
  }
  static std::uint64_t end_of(std::size_t index) {
    if (index < kSubs) return index;
    const std::uint64_t shift = index / kSubs - 1;
    return ((index % kSubs + kSubs + 1) << shift) - 1;
  }

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace kassa::bench

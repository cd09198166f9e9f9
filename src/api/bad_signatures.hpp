// Guessing protection: more than so many bad signatures a second from one address, and that address
// is answered 429 before any other check (wire §3.2). Thread-safe; forgets everything each second,
// so it can't grow beyond what one second brings.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kassa::api {

class BadSignatures {
 public:
  explicit BadSignatures(std::int64_t per_second_max) : max_(per_second_max) {}

  [[nodiscard]] bool blocked(std::string_view address, std::int64_t unix_s) {
    if (max_ <= 0 || second_.load() != unix_s) return false;
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(std::string(address));
    return found != counts_.end() && found->second > max_;
  }

  void add(std::string_view address, std::int64_t unix_s) {
    if (max_ <= 0) return;
    const std::lock_guard lock(mutex_);
    if (second_.load() != unix_s) {
      counts_.clear();
      second_.store(unix_s);
    }
    ++counts_[std::string(address)];
  }

 private:
  const std::int64_t max_;
  std::atomic<std::int64_t> second_{0};
  std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> counts_;
};

}  // namespace kassa::api

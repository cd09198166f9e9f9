// Values that must never reach a log, an error text or a metric.
//
// `Secret<T>` has no stream operator and no formatter, so printing one does not compile; reading it
// is the visible word `reveal()`, which a reviewer can search for.
#pragma once

#include <utility>

namespace kassa::domain {

template <class T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}

  [[nodiscard]] const T& reveal() const { return value_; }
  bool operator==(const Secret&) const = default;

 private:
  T value_{};
};

}  // namespace kassa::domain

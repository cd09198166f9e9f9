// Phone patterns by currency, compiled (wire §4: the pattern is configuration).
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "domain/money.hpp"

namespace re2 {
class RE2;
}

namespace kassa::protocol {

/// Immutable once filled; may then be asked from any thread.
class PhonePatterns {
 public:
  PhonePatterns();
  PhonePatterns(PhonePatterns&&) noexcept;
  PhonePatterns& operator=(PhonePatterns&&) noexcept;
  ~PhonePatterns();

  /// An RE2 pattern that the whole phone must match; the error says what is wrong with it. An empty
  /// one takes any phone.
  [[nodiscard]] std::expected<void, std::string> add(domain::Currency currency,
                                                     std::string_view pattern);
  /// True as well for a currency that has no pattern.
  [[nodiscard]] bool allow(domain::Currency currency, std::string_view phone) const;

 private:
  std::map<domain::Currency, std::unique_ptr<const re2::RE2>> patterns_;
};

}  // namespace kassa::protocol

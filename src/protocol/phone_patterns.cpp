#include "protocol/phone_patterns.hpp"

#include <re2/re2.h>

namespace kassa::protocol {

PhonePatterns::PhonePatterns() = default;
PhonePatterns::PhonePatterns(PhonePatterns&&) noexcept = default;
PhonePatterns& PhonePatterns::operator=(PhonePatterns&&) noexcept = default;
PhonePatterns::~PhonePatterns() = default;

std::expected<void, std::string> PhonePatterns::add(domain::Currency currency,
                                                    std::string_view pattern) {
  if (pattern.empty()) {
    patterns_.erase(currency);
    return {};
  }
  auto compiled =
      std::make_unique<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
  if (!compiled->ok()) return std::unexpected(compiled->error());
  patterns_[currency] = std::move(compiled);
  return {};
}

bool PhonePatterns::allow(domain::Currency currency, std::string_view phone) const {
  const auto pattern = patterns_.find(currency);
  return pattern == patterns_.end() ||
         RE2::FullMatch(re2::StringPiece(phone.data(), phone.size()), *pattern->second);
}

}  // namespace kassa::protocol

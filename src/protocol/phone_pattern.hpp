// What a phone of a currency looks like: a pattern in RE2, which is configuration (wire §4).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kassa::protocol {

/// What is wrong with the pattern, or nothing. Asked before one is stored.
[[nodiscard]] std::optional<std::string> pattern_error(std::string_view pattern);

/// Whether it matches the whole phone. An empty pattern takes any, a broken one none: nothing is
/// let through because a rule can't be read.
[[nodiscard]] bool phone_matches(const std::string& pattern, std::string_view phone);

}  // namespace kassa::protocol

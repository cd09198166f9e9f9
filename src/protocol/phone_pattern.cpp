#include "protocol/phone_pattern.hpp"

#include <re2/re2.h>

#include <memory>
#include <unordered_map>

namespace kassa::protocol {
namespace {

/// Compiling a pattern costs a hundred times matching it. Few exist: one for each currency.
const RE2& compiled(const std::string& pattern) {
  thread_local std::unordered_map<std::string, std::unique_ptr<const RE2>> patterns;
  auto& entry = patterns[pattern];
  if (!entry) entry = std::make_unique<const RE2>(pattern, RE2::Quiet);
  return *entry;
}

}  // namespace

std::optional<std::string> pattern_error(std::string_view pattern) {
  const RE2 re2(re2::StringPiece(pattern.data(), pattern.size()), RE2::Quiet);
  if (re2.ok()) return std::nullopt;
  return re2.error();
}

bool phone_matches(const std::string& pattern, std::string_view phone) {
  if (pattern.empty()) return true;
  const RE2& re2 = compiled(pattern);
  return re2.ok() && RE2::FullMatch(re2::StringPiece(phone.data(), phone.size()), re2);
}

}  // namespace kassa::protocol

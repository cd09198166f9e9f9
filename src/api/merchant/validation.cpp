#include "api/merchant/validation.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace kassa::api {
namespace {

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Compiling a pattern costs a hundred times matching it. Few exist: one for each currency.
const re2::RE2& compiled(const std::string& pattern) {
  thread_local std::unordered_map<std::string, std::unique_ptr<re2::RE2>> patterns;
  auto& entry = patterns[pattern];
  if (!entry) entry = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
  return *entry;
}

}  // namespace

bool ProjectRules::currency_enabled(domain::Currency currency) const {
  return project_.currencies.contains(currency);
}

bool ProjectRules::method_enabled(protocol::Operation operation, domain::Currency currency,
                                  std::string_view method) const {
  const auto found = project_.currencies.find(currency);
  if (found == project_.currencies.end()) return false;
  switch (operation) {
    case protocol::Operation::kPayin:
      return has(found->second.payin_methods, method);
    case protocol::Operation::kPayout:
      return has(found->second.payout_methods, method);
    case protocol::Operation::kWidget:
      return has(found->second.widget_methods, method);
  }
  return false;
}

bool ProjectRules::bank_known(std::string_view symbol) const {
  return config_.banks.find(symbol) != config_.banks.end();
}

bool ProjectRules::phone_allowed(domain::Currency currency, std::string_view phone) const {
  const auto* rules = config_.currency(currency);
  if (rules == nullptr || rules->phone_pattern.empty()) return true;
  const re2::RE2& pattern = compiled(rules->phone_pattern);
  return pattern.ok() && re2::RE2::FullMatch({phone.data(), phone.size()}, pattern);
}

protocol::BankCodeRule ProjectRules::bank_code_rule(domain::Currency currency,
                                                    std::string_view payout_method) const {
  const auto* rules = config_.currency(currency);
  if (rules == nullptr) return protocol::BankCodeRule::kIgnored;
  if (has(rules->bank_code_required, payout_method)) return protocol::BankCodeRule::kRequired;
  if (has(rules->bank_code_checked, payout_method)) return protocol::BankCodeRule::kOptional;
  return protocol::BankCodeRule::kIgnored;
}

}  // namespace kassa::api

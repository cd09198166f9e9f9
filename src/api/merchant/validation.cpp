#include "api/merchant/validation.hpp"

#include <algorithm>

#include "protocol/phone_pattern.hpp"

namespace kassa::api {

using domain::has_word;

bool ProjectRules::currency_enabled(domain::Currency currency) const {
  return project_.currencies.contains(currency);
}

bool ProjectRules::method_enabled(protocol::Operation operation, domain::Currency currency,
                                  std::string_view method) const {
  const auto found = project_.currencies.find(currency);
  if (found == project_.currencies.end() || config_.methods_off.contains(method)) return false;
  switch (operation) {
    case protocol::Operation::kPayin:
      return has_word(found->second.payin_methods, method);
    case protocol::Operation::kPayout:
      return has_word(found->second.payout_methods, method);
    case protocol::Operation::kWidget:
      return has_word(found->second.widget_methods, method);
  }
  return false;
}

bool ProjectRules::bank_known(std::string_view symbol) const {
  return config_.banks.find(symbol) != config_.banks.end();
}

bool ProjectRules::bank_switched_off(std::string_view symbol) const {
  return config_.banks_off.contains(symbol);
}

bool ProjectRules::bank_code_switched_off(std::string_view code) const {
  return std::ranges::any_of(config_.banks_off, [&](const std::string& symbol) {
    const auto bank = config_.banks.find(symbol);
    return bank != config_.banks.end() && bank->second.code == code;
  });
}

bool ProjectRules::phone_allowed(domain::Currency currency, std::string_view phone) const {
  const auto* rules = config_.currency(currency);
  return rules == nullptr || protocol::phone_matches(rules->phone_pattern, phone);
}

protocol::BankCodeRule ProjectRules::bank_code_rule(domain::Currency currency,
                                                    std::string_view payout_method) const {
  const auto* rules = config_.currency(currency);
  if (rules == nullptr) return protocol::BankCodeRule::kIgnored;
  if (has_word(rules->bank_code_required, payout_method)) return protocol::BankCodeRule::kRequired;
  if (has_word(rules->bank_code_checked, payout_method)) return protocol::BankCodeRule::kOptional;
  return protocol::BankCodeRule::kIgnored;
}

}  // namespace kassa::api

// A project's configuration, as the validation of its requests asks about it.
#pragma once

#include <optional>

#include "domain/config.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {

class ProjectRules final : public protocol::ValidationContext {
 public:
  ProjectRules(const domain::Config& config, const domain::Project& project)
      : config_(config), project_(project) {}

  bool currency_enabled(domain::Currency currency) const override;
  bool method_enabled(protocol::Operation operation, domain::Currency currency,
                      std::string_view method) const override;
  bool bank_known(std::string_view symbol) const override;
  bool bank_switched_off(std::string_view symbol) const override;
  bool bank_code_switched_off(std::string_view code) const override;
  bool phone_allowed(domain::Currency currency, std::string_view phone) const override;
  protocol::BankCodeRule bank_code_rule(domain::Currency currency,
                                        std::string_view payout_method) const override;
  bool http_urls_allowed() const override { return project_.test; }

 private:
  const domain::Config& config_;
  const domain::Project& project_;
};

/// What some configuration would have taken: a create that was accepted is the same call again
/// (wire §10.2) although a method, a bank or a currency it names was switched off or taken away
/// since. Only the body's own form counts, and which of its fields are any.
class AnyRules final : public protocol::ValidationContext {
 public:
  /// Whether a bank's code is a field is as today, or as said.
  explicit AnyRules(const ProjectRules& today,
                    std::optional<protocol::BankCodeRule> bank_code = std::nullopt)
      : today_(today), bank_code_(bank_code) {}

  bool currency_enabled(domain::Currency) const override { return true; }
  bool method_enabled(protocol::Operation, domain::Currency, std::string_view) const override {
    return true;
  }
  bool bank_known(std::string_view) const override { return true; }
  bool phone_allowed(domain::Currency, std::string_view) const override { return true; }
  protocol::BankCodeRule bank_code_rule(domain::Currency currency,
                                        std::string_view payout_method) const override {
    return bank_code_ ? *bank_code_ : today_.bank_code_rule(currency, payout_method);
  }
  bool http_urls_allowed() const override { return true; }

 private:
  const ProjectRules& today_;
  std::optional<protocol::BankCodeRule> bank_code_;
};

}  // namespace kassa::api

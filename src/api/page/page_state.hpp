// What the payer's page knows of its payment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/gateway.hpp"
#include "domain/states.hpp"

namespace kassa::api {

struct PageState {
  std::int32_t version = 0;
  domain::Instant now;
  domain::PaymentKind kind = domain::PaymentKind::payin;
  domain::State state;
  std::string status_description;
  std::int64_t amount = 0;
  std::int64_t old_amount = 0;
  std::int64_t initial_amount = 0;
  std::string currency;
  std::int32_t digits = 2;
  std::int64_t created_at_s = 0;
  std::int64_t expires_at_s = 0;
  std::int64_t lifetime_s = 0;
  std::string method;  // empty: null
  std::string widget_method;
  std::string bank;
  struct BankOffer {
    std::string symbol;
    std::string name;
    bool available = false;
  };
  struct MethodOffer {
    std::string widget_method;
    std::string method;
    std::vector<BankOffer> banks;
  };
  struct Choice {
    bool made = false;
    std::vector<MethodOffer> methods;
  };
  std::optional<Choice> choice;
  struct Recipient {
    std::string kind;
    std::string number;
    std::string holder;
    std::string bank_symbol;
    std::string bank_name;
    std::string bank_country;
  };
  std::optional<Recipient> recipient;
  std::string qr_text;
  std::string redirect_url;
  std::string language;
  std::string brand_name;
  bool test = false;
  bool can_choose = false;
  bool can_confirm = false;
  bool can_cancel = false;
  bool can_receipt = false;
};

}  // namespace kassa::api

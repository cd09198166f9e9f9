// What the payer's page shows, all of it: read once, rendered as HTML (page.hpp), as JSON for the
// page's script (docs/page.md), and told to open pages when it changes (streams.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/gateway.hpp"
#include "api/page/brand.hpp"

namespace kassa::api {

/// Personal data in the clear: lives as long as the answer, and never goes to a log. An empty text
/// is null in the JSON. Times are of the payment's clock.
struct PageState {
  domain::RequestId request_id;
  std::int32_t version = 0;  // grows with every event of the payment
  domain::Instant now;
  domain::PaymentKind kind = domain::PaymentKind::payin;
  domain::State state;
  std::string status_description;
  std::string payment_id;  // the merchant's: what a payer can quote to the shop

  std::int64_t amount = 0;  // minor units
  std::int64_t old_amount = 0;
  std::int64_t initial_amount = 0;
  std::string currency;
  std::int32_t digits = 2;
  std::int64_t created_at_s = 0;
  std::int64_t expires_at_s = 0;
  std::int64_t lifetime_s = 0;

  std::string method;
  std::string widget_method;
  std::string bank;  // a symbol: chosen, or where the payer pays from

  struct BankOffer {
    std::string symbol;
    std::string name;
    bool available = false;  // could be given now
  };
  struct MethodOffer {
    std::string widget_method;
    std::string method;
    std::vector<BankOffer> banks;  // by name
  };
  struct Choice {
    bool made = false;  // and requisites are being looked for; it may still be changed
    std::vector<MethodOffer> methods;
  };
  std::optional<Choice> choice;  // there while the payer may choose

  struct Recipient {
    std::string kind;  // "card", "phone", "account"
    std::string number;
    std::string holder;
    std::string bank_symbol;
    std::string bank_name;
    std::string bank_country;
  };
  std::optional<Recipient> recipient;  // there while it may be shown (wire §5.1)
  std::string qr_text;

  std::string redirect_url;
  std::string language;  // of the payer's, else of their country, else "en"
  PageBrand brand;
  bool test = false;

  bool can_choose = false;
  bool can_confirm = false;
  bool can_cancel = false;
  bool can_show_receipt = false;
  std::int32_t receipts = 0;  // shown so far
};

/// Nothing where there is no such payin.
[[nodiscard]] std::optional<PageState> read_page_state(Gateway& gateway, domain::RequestId id);

/// The JSON of docs/page.md, in one line.
[[nodiscard]] std::string render_page_state(const PageState& state);

/// `json`, a rendered state, as an ETag: equal for all that is equal but for the time.
[[nodiscard]] std::string etag_of_page_state(const std::string& json);

}  // namespace kassa::api

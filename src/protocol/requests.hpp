// What merchants ask for, after parsing: the typed form of every request body (wire §4–§7).
//
// Bodies are validated against the declarations of schema.hpp. All wrong fields are reported at
// once; a request that comes back is whole: required fields are there, defaults are filled in,
// `null` and absent are the same. Texts are personal data where the schema says so: don't log them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/money.hpp"
#include "domain/uuid.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_document.hpp"

namespace kassa::protocol {

inline constexpr std::int64_t kLifetimeSecondsMin = 300;
inline constexpr std::int64_t kLifetimeSecondsMax = 600;
inline constexpr std::int64_t kLifetimeSecondsDefault = 600;
inline constexpr std::int64_t kClockAdvanceSecondsMax = 31'536'000;

struct GeneralFields {
  domain::ProjectId project_id;
  std::string payment_id;
  std::optional<std::string> merchant_callback_url;
  std::optional<std::string> merchant_success_callback_url;
  std::optional<std::string> merchant_decline_callback_url;
  std::optional<std::string> redirect_url;
};

struct PaymentFields {
  std::string method;                        // empty: a widget, whose payer chooses
  std::optional<std::string> widget_method;  // widgets only
  std::optional<std::string> payment_system;
  std::int64_t amount_minor = 0;
  domain::Currency currency;
  std::int64_t lifetime_seconds = kLifetimeSecondsDefault;  // payouts have none
  std::optional<std::string> bank_symbol;                   // bank to be paid to
  std::optional<std::string> description;
  std::optional<std::string> extra_param;
};

/// The sender of a payin, the receiver of a payout.
struct PartyFields {
  std::optional<std::string> pan;
  std::optional<std::string> phone;
  std::optional<std::string> bank_symbol;  // senders
  std::optional<std::string> bank_code;    // receivers
  std::optional<std::string> card_holder;
};

struct CustomerFields {
  std::string id;
  std::string ip_address;
  std::string country;
  std::optional<std::string> first_name;
  std::optional<std::string> last_name;
  std::optional<std::string> customer_type;
  std::optional<std::string> language;
  std::optional<std::string> email;
  std::optional<std::string> browser;
  std::optional<std::string> device_type;
  std::optional<std::string> user_agent;
};

struct CreateRequest {
  GeneralFields general;
  PaymentFields payment;
  PartyFields party;
  CustomerFields customer;
};
struct PayinRequest : CreateRequest {};
struct WidgetRequest : CreateRequest {};
struct PayoutRequest : CreateRequest {};

/// info, cancel, confirm.
struct PaymentRef {
  domain::ProjectId project_id;
  std::string payment_id;
};
/// balance/info.
struct ProjectRef {
  domain::ProjectId project_id;
};
struct BankListRequest {
  domain::ProjectId project_id;
  std::optional<domain::Currency> currency;
  std::optional<std::string> method;
};
struct ClockAdvanceRequest {
  domain::ProjectId project_id;
  std::int64_t seconds = 0;
};

enum class Operation : std::uint8_t { kPayin, kPayout, kWidget };
enum class BankCodeRule : std::uint8_t { kIgnored, kOptional, kRequired };

/// What a body has to be checked against besides its own form: the configuration of the project and
/// of its currencies. Called from the thread that validates, only with well-formed values.
class ValidationContext {
 public:
  virtual ~ValidationContext() = default;

  [[nodiscard]] virtual bool currency_enabled(domain::Currency currency) const = 0;
  /// For a widget, `method` is a widget method.
  [[nodiscard]] virtual bool method_enabled(Operation operation, domain::Currency currency,
                                            std::string_view method) const = 0;
  [[nodiscard]] virtual bool bank_known(std::string_view symbol) const = 0;
  /// Whether a phone is one of the currency's country; true where no pattern is configured.
  [[nodiscard]] virtual bool phone_allowed(domain::Currency currency,
                                           std::string_view phone) const = 0;
  [[nodiscard]] virtual BankCodeRule bank_code_rule(domain::Currency currency,
                                                    std::string_view payout_method) const = 0;
  /// Test mode only: live callbacks and redirects go by TLS.
  [[nodiscard]] virtual bool http_urls_allowed() const = 0;
};

template <class Request>
using Validated = std::expected<Request, std::vector<FieldError>>;

/// Errors are in the order in which the schema declares their fields.
[[nodiscard]] Validated<PayinRequest> parse_payin(const JsonDocument& body,
                                                  const ValidationContext& context);
[[nodiscard]] Validated<WidgetRequest> parse_widget(const JsonDocument& body,
                                                    const ValidationContext& context);
[[nodiscard]] Validated<PayoutRequest> parse_payout(const JsonDocument& body,
                                                    const ValidationContext& context);
[[nodiscard]] Validated<PaymentRef> parse_payment_ref(const JsonDocument& body);
[[nodiscard]] Validated<ProjectRef> parse_project_ref(const JsonDocument& body);
[[nodiscard]] Validated<BankListRequest> parse_bank_list(const JsonDocument& body);
[[nodiscard]] Validated<ClockAdvanceRequest> parse_clock_advance(const JsonDocument& body);

/// `general.project_id` as far as it is one: for the 403 that comes before validation (wire §10.1).
[[nodiscard]] std::optional<domain::ProjectId> project_id_of(const JsonDocument& body);

/// The content of a create as bytes, unambiguous and stable: the known fields after parsing with
/// the protocol's defaults filled in, as (path, value) pairs with their lengths, by path (wire
/// §10.2). Two requests are the same exactly when these are equal. Holds personal data: feed it to
/// a keyed hash, keep nothing else. A field added to the schema later doesn't change the bytes of
/// requests that lack it.
[[nodiscard]] std::string content_fingerprint(const PayinRequest& request);
[[nodiscard]] std::string content_fingerprint(const WidgetRequest& request);
[[nodiscard]] std::string content_fingerprint(const PayoutRequest& request);

}  // namespace kassa::protocol

// Configuration that lives in the store: merchants, projects, keys, traders, currencies, banks.
//
// It is stored as settings, one small text value each: (kind, id, name) → value. `build_config`
// turns all of them into the typed, immutable Config that the loop decides with, or says which
// setting is wrong. A new country is a handful of settings, not code (docs/running.md lists them
// all).
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/money.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

struct SettingId {
  std::string kind;  // merchant, project, keyset, trader, operator, currency, bank, country, switch
  std::string id;    // the object's: a UUID, an operator's name, a currency code, a bank symbol …
  std::string name;  // "window.confirmation_s"

  auto operator<=>(const SettingId&) const = default;
};
struct Setting {
  SettingId id;
  std::string value;

  [[nodiscard]] const SettingId& key() const { return id; }
};

/// Windows in seconds (wire §8.3).
struct Windows {
  std::int64_t assignment_s = 120;
  std::int64_t confirmation_s = 1'800;
  std::int64_t no_payment_s = 86'400;  // 600 in test mode
  std::int64_t error_s = 60;
  std::int64_t slot_s = 1'800;
  std::int64_t payout_assignment_s = 900;
  std::int64_t payout_lifetime_s = 1'800;
  std::int64_t incorrect_requisites_s = 86'400;  // 600 in test mode
  std::int64_t payout_failed_s = 86'400;         // 600 in test mode
  std::int64_t reminder_s = 14'400;              // between reminders of what waits for a person
};

struct CallbackUrls {
  std::string intermediate;  // empty: none
  std::string success;
  std::string decline;
};

/// What a project allows and charges in one currency.
struct ProjectCurrency {
  FeeRule payin_fee;
  FeeRule payout_fee;
  std::vector<std::string> payin_methods;
  std::vector<std::string> payout_methods;
  std::vector<std::string> widget_methods;
};

enum class CallbackAlgorithm : std::uint8_t { rsa_sha256 = 1, hmac_sha512 = 2 };

/// A picture that was measured when it was saved.
struct Picture {
  std::string type;  // "svg", "png"; empty: there is none
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::string digest;   // of its content, 16 hexadecimal digits: its name
  std::string content;  // base64url

  [[nodiscard]] bool is_there() const { return !type.empty(); }
};

/// How the payer's page looks, and whom it names. What is empty is Kassa's own.
struct Brand {
  std::string name;  // empty: the project's
  Picture logo;
  Picture logo_dark;        // on a dark ground
  std::string colour;       // "#1d4ed8": buttons and links
  std::string colour_dark;  // the same on a dark ground
  std::string support;      // an e-mail address, a phone number or an https URL
};

struct Project {
  ProjectId id;
  MerchantId merchant_id;
  std::string name;
  bool test = false;
  bool active = true;  // a suspended project refuses creates only (wire §10)
  std::map<Currency, ProjectCurrency> currencies;
  Windows windows;
  CallbackUrls urls;
  std::string redirect_url;
  Brand brand;
  std::vector<std::string> page_origins;  // whose pages may show the payer's page in a frame
  std::string pool_default = "default";
  std::map<std::string, std::string> pool_by_extra_param;
  std::map<std::string, std::string> pool_by_customer_type;
  std::optional<std::int64_t> rate_per_second;  // of requests; absent: the process' default
  std::optional<std::int64_t> rate_burst;
  CallbackAlgorithm callback_algorithm = CallbackAlgorithm::rsa_sha256;
  std::string callback_rsa_private;  // sealed, base64url
  std::string callback_rsa_public;   // PEM
  std::string callback_hmac;         // sealed, base64url; empty: never made

  // What takes their place, told to the merchant before it does; empty: nothing.
  std::string next_callback_rsa_private;
  std::string next_callback_rsa_public;
  std::string next_callback_hmac;
  std::int64_t next_callback_from_s = 0;  // Unix seconds; 0: when somebody says so

  std::vector<std::string> ip_allow;  // addresses and ranges of requests; empty: any

  /// The clock that its payments live by: its own in test mode, the live one otherwise.
  [[nodiscard]] ClockId clock() const { return test ? ClockId{id.value} : ClockId{}; }
};

/// Whether what begins at `from_s` has begun. 0: it never does.
[[nodiscard]] constexpr bool has_begun(std::int64_t from_s, std::int64_t unix_s) {
  return from_s != 0 && from_s <= unix_s;
}

/// What a project's callbacks are signed with at a moment.
struct CallbackSecrets {
  std::string rsa_private;  // sealed, base64url
  std::string rsa_public;   // PEM
  std::string hmac;         // sealed, base64url
};
[[nodiscard]] CallbackSecrets callback_secrets_at(const Project& project, std::int64_t unix_s);

/// Request-signing keys of a project: the RSA public key is also the access token (wire §3).
struct KeySet {
  KeySetId id;
  ProjectId project_id;
  std::string token;        // Base64Url, unpadded, of the SPKI DER; empty: HMAC only
  std::string hmac_secret;  // sealed, base64url; empty: RSA only
  bool active = true;
  std::int64_t created_at_s = 0;  // Unix seconds, 0: before this was written down
  std::int64_t expires_at_s = 0;  // Unix seconds, 0: never

  [[nodiscard]] bool expired(std::int64_t unix_s) const {
    return expires_at_s != 0 && expires_at_s <= unix_s;
  }
};

struct Trader {
  TraderId id;
  std::string name;
  bool test = false;
  bool on = true;
  std::map<Currency, std::int64_t> credit;  // minor units; a currency that is absent has none
  bool unlimited = false;                   // simulated traders

  // Payouts: what they execute, in which currency, for whom, how many at once.
  struct Payouts {
    std::vector<std::string> methods;  // none: they take no payouts in this currency
    std::int64_t amount_min = 1;       // of one payout, minor units
    std::int64_t amount_max = kAmountMinorMax;
  };
  std::map<Currency, Payouts> payouts;
  std::vector<std::string> payout_pools{"default"};
  std::int64_t payout_in_hand_max = 10;
  std::int64_t payout_weight = 1;  // 1 … 1000: how often, compared with the others
  bool payout_asks = false;        // given nothing by itself: they take
};

/// A person who makes and approves settlements, by the name that is stored with them.
struct Operator {
  std::string name;
  bool on = true;
};
/// A kill switch: what it stops is its id (docs/running.md).
struct Switch {
  bool on = true;
  std::string by;         // who flipped it last
  std::int64_t at_s = 0;  // Unix seconds
  std::string why;
};
/// ^[a-z0-9][a-z0-9._-]{0,63}$
[[nodiscard]] bool is_operator_name(std::string_view text);

struct CurrencyRules {
  Currency currency;
  std::string country;         // ISO 3166-1 alpha-2, of its banks
  std::int32_t digits = 2;     // decimal digits of a minor unit
  std::string phone_pattern;   // RE2
  std::string test_phone;      // made-up phones of test mode: "+7000NNNNNNN", N a digit
  std::string unknown_holder;  // what `card_holder` says where nobody knows it
  std::vector<std::string> payin_methods;
  std::vector<std::string> payout_methods;
  std::vector<std::string> widget_methods;
  std::vector<std::string> bank_code_required;  // payout methods that need receiver.bank_code
  std::vector<std::string> bank_code_checked;   // payout methods that take one; others ignore it
};

struct Bank {
  std::string symbol;
  std::string name;
  std::string code;  // 12 digits, or empty
  std::string country;
  std::vector<std::string> currencies;
  std::vector<std::string> methods;
};

struct Country {
  std::string code;
  std::string language;  // of the payer's page where none was asked for
};

struct Config {
  std::int64_t version = 0;
  std::map<SettingId, std::string> settings;
  std::unordered_map<MerchantId, std::string> merchants;  // id → name
  std::unordered_map<ProjectId, Project> projects;
  std::unordered_map<KeySetId, KeySet> key_sets;
  std::unordered_map<TraderId, Trader> traders;
  std::map<std::string, Operator, std::less<>> operators;
  std::map<Currency, CurrencyRules> currencies;
  std::map<std::string, Bank, std::less<>> banks;
  std::map<std::string, Country, std::less<>> countries;
  std::map<std::string, Switch, std::less<>> switches;  // "payins", "bank.kaspi-kzt" …

  // What the switches come to.
  bool payins_on = true;
  bool payouts_on = true;
  std::set<std::string, std::less<>> methods_off;
  std::set<std::string, std::less<>> banks_off;

  [[nodiscard]] const Project* project(ProjectId id) const;
  [[nodiscard]] const Trader* trader(TraderId id) const;
  [[nodiscard]] const CurrencyRules* currency(Currency currency) const;
};
using ConfigPtr = std::shared_ptr<const Config>;

struct SettingError {
  SettingId id;
  std::string message;  // what is wrong and what is allowed
};

/// Every setting, or the first that is wrong. Unknown kinds and names are errors.
[[nodiscard]] std::expected<Config, SettingError> build_config(
    std::map<SettingId, std::string> settings, std::int64_t version);

/// One line a setting, for `kassa project set --help` and docs/running.md.
struct SettingDoc {
  std::string_view kind;
  std::string_view name;  // a part in <> stands for a value: "fee_bp.<currency>"
  std::string_view form;  // what it takes
  std::string_view meaning;
};
[[nodiscard]] std::span<const SettingDoc> setting_docs();

/// "a b c" → {"a", "b", "c"}.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
[[nodiscard]] bool has_word(const std::vector<std::string>& words, std::string_view word);

}  // namespace kassa::domain

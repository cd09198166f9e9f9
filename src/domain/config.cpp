#include "domain/config.hpp"

#include <algorithm>
#include <charconv>
#include <functional>

#include "domain/simulation.hpp"

namespace kassa::domain {
namespace {

/// Collects what the setters say; `fail` names the setting at hand.
struct Builder {
  Config config;
  const SettingId* at = nullptr;
  std::optional<SettingError> error;

  void fail(std::string message) {
    if (!error) error = SettingError{*at, std::move(message)};
  }

  std::int64_t integer(const std::string& value, std::int64_t min, std::int64_t max) {
    std::int64_t number = 0;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (code != std::errc{} || end != value.data() + value.size() || number < min || number > max) {
      fail("must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
      return min;
    }
    return number;
  }

  bool one_of(const std::string& value, std::string_view yes, std::string_view no) {
    if (value == yes) return true;
    if (value != no) fail("must be " + std::string(yes) + " or " + std::string(no));
    return false;
  }

  template <class AnyId>
  AnyId id(const std::string& value) {
    const auto parsed = AnyId::parse(value);
    if (!parsed) fail("must be a UUID");
    return parsed.value_or(AnyId{});
  }

  Currency currency(const std::string& value) {
    const auto parsed = Currency::parse(value);
    if (!parsed) fail("must name a currency by three capital letters");
    return parsed.value_or(Currency{});
  }
};

using Words = std::vector<std::string>;

/// Where the object of a setting lives, made on its first setting.
Project& project_of(Builder& b) {
  const auto id = b.id<ProjectId>(b.at->id);
  auto& project = b.config.projects[id];
  project.id = id;
  return project;
}
KeySet& key_set_of(Builder& b) {
  const auto id = b.id<KeySetId>(b.at->id);
  auto& keys = b.config.key_sets[id];
  keys.id = id;
  return keys;
}
Trader& trader_of(Builder& b) {
  const auto id = b.id<TraderId>(b.at->id);
  auto& trader = b.config.traders[id];
  trader.id = id;
  return trader;
}
Operator& operator_of(Builder& b) {
  if (!is_operator_name(b.at->id)) {
    b.fail(
        "an operator's name is 1 to 64 of a-z, 0-9, dot, hyphen and underscore, and begins with "
        "a letter or digit");
  }
  auto& named = b.config.operators[b.at->id];
  named.name = b.at->id;
  return named;
}
CurrencyRules& currency_of(Builder& b) {
  const auto code = b.currency(b.at->id);
  auto& rules = b.config.currencies[code];
  rules.currency = code;
  return rules;
}
Bank& bank_of(Builder& b) {
  auto& bank = b.config.banks[b.at->id];
  bank.symbol = b.at->id;
  return bank;
}
Country& country_of(Builder& b) {
  auto& country = b.config.countries[b.at->id];
  country.code = b.at->id;
  return country;
}
Switch& switch_of(Builder& b) {
  const std::string& id = b.at->id;
  const bool known = id == "payins" || id == "payouts" || id.starts_with("method.") ||
                     id.starts_with("bank.") || id.starts_with("project.") ||
                     id.starts_with("trader.");
  if (!known) b.fail("is no switch: payins, payouts, method.…, bank.…, project.… or trader.…");
  return b.config.switches[id];
}
ProjectCurrency& project_currency(Builder& b, const std::string& code) {
  return project_of(b).currencies[b.currency(code)];
}

/// "svg 320 80 3fa9c1d2e4b5a697 PHN2Zy…", as a measured file was written (api/page/brand_settings).
Picture picture_of(Builder& b, const std::string& value) {
  constexpr std::int64_t kPixelsMax = 1 << 20;
  const Words words = words_of(value);
  if (words.size() != 5) {
    b.fail("must be a picture as `kassa project set` writes it: TYPE WIDTH HEIGHT DIGEST CONTENT");
    return {};
  }
  return {words[0], static_cast<std::int32_t>(b.integer(words[1], 1, kPixelsMax)),
          static_cast<std::int32_t>(b.integer(words[2], 1, kPixelsMax)), words[3], words[4]};
}

constexpr std::int64_t kYearSeconds = 31'536'000;

/// `rest` is what stands where the name's pattern has <…>.
using Setter = void (*)(Builder& b, const std::string& rest, const std::string& value);

struct Declared {
  SettingDoc doc;
  Setter set;
};

std::int64_t seconds(Builder& b, const std::string& value) {
  return b.integer(value, 1, kYearSeconds);
}

// Every setting there is, declared once: storage, checks, help and documents come from here.
// Order matters only for people.
const Declared kDeclared[] = {
    {{"merchant", "name", "text", "The business that integrates."},
     [](Builder& b, const std::string&, const std::string& v) {
       b.config.merchants[b.id<MerchantId>(b.at->id)] = v;
     }},
    {{"project", "merchant", "UUID", "The merchant that owns the project."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).merchant_id = b.id<MerchantId>(v);
     }},
    {{"project", "name", "text", "Its name, for people."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).name = v; }},
    {{"project", "mode", "test | live", "Fixed when the project is made."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).test = b.one_of(v, "test", "live");
     }},
    {{"project", "state", "active | suspended", "A suspended project refuses creates only."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).active = b.one_of(v, "active", "suspended");
     }},
    {{"project", "currencies", "codes", "Enabled currencies: \"KZT TJS\"."},
     [](Builder& b, const std::string&, const std::string& v) {
       for (const auto& code : words_of(v)) project_currency(b, code);
     }},
    {{"project", "fee_bp.<currency>", "0 … 10000", "Payin fee in basis points of the amount."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).payin_fee.basis_points = b.integer(v, 0, 10'000);
     }},
    {{"project", "fee_fixed.<currency>", "minor units", "Fixed part of the payin fee."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).payin_fee.fixed_minor = b.integer(v, 0, kAmountMinorMax);
     }},
    {{"project", "payout_fee_bp.<currency>", "0 … 10000",
      "Payout fee in basis points of the amount."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).payout_fee.basis_points = b.integer(v, 0, 10'000);
     }},
    {{"project", "payout_fee_fixed.<currency>", "minor units", "Fixed part of the payout fee."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).payout_fee.fixed_minor = b.integer(v, 0, kAmountMinorMax);
     }},
    {{"project", "payin_methods.<currency>", "codes", "Absent: the currency's own list."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).payin_methods = words_of(v);
     }},
    {{"project", "payout_methods.<currency>", "codes", "Absent: the currency's own list."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).payout_methods = words_of(v);
     }},
    {{"project", "widget_methods.<currency>", "codes", "Absent: the currency's own list."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_currency(b, rest).widget_methods = words_of(v);
     }},
    {{"project", "window.assignment_s", "seconds", "How long requisites are looked for (120)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.assignment_s = seconds(b, v);
     }},
    {{"project", "window.confirmation_s", "seconds",
      "From the payer's word to dispute:confirm_timeout (1800)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.confirmation_s = seconds(b, v);
     }},
    {{"project", "window.no_payment_s", "seconds",
      "From dispute:no_payment to decline (86400; test 600)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.no_payment_s = seconds(b, v);
     }},
    {{"project", "window.error_s", "seconds", "From error to decline (60)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.error_s = seconds(b, v);
     }},
    {{"project", "window.slot_s", "seconds",
      "How long after a payin's expiry its requisites and amount stay reserved (1800)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.slot_s = seconds(b, v);
     }},
    {{"project", "window.payout_assignment_s", "seconds",
      "How long a trader is looked for, anew after each hand-over (900)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.payout_assignment_s = seconds(b, v);
     }},
    {{"project", "window.payout_lifetime_s", "seconds",
      "From a trader's taking a payout to dispute:payout_timeout (1800)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.payout_lifetime_s = seconds(b, v);
     }},
    {{"project", "window.incorrect_requisites_s", "seconds",
      "From dispute:incorrect_requisites to decline (86400; test 600)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.incorrect_requisites_s = seconds(b, v);
     }},
    {{"project", "window.payout_failed_s", "seconds",
      "From dispute:payout_failed to decline (86400; test 600)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.payout_failed_s = seconds(b, v);
     }},
    {{"project", "window.reminder_s", "seconds",
      "Between two reminders of a payment that waits for a person (14400)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).windows.reminder_s = seconds(b, v);
     }},
    {{"project", "rate.per_second", "0 … 1000000",
      "Requests a second; 0: no limit. Absent: limits.project_per_second of the process."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).rate_per_second = b.integer(v, 0, 1'000'000);
     }},
    {{"project", "rate.burst", "1 … 10000000",
      "Requests at once after a rest. Absent: limits.project_burst of the process."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).rate_burst = b.integer(v, 1, 10'000'000);
     }},
    {{"project", "url.callback", "https URL", "Intermediate states, where a payment names none."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).urls.intermediate = v;
     }},
    {{"project", "url.success", "https URL", "Success, where a payment names none."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).urls.success = v; }},
    {{"project", "url.decline", "https URL", "Decline, where a payment names none."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).urls.decline = v; }},
    {{"project", "url.redirect", "https URL",
      "Where the payer returns, where a payment names none."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).redirect_url = v; }},
    {{"project", "brand.name", "text",
      "What the payer's page is headed with (the project's name)."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).brand.name = v; }},
    {{"project", "brand.logo", "@FILE", "An SVG or PNG of at most 16 KiB, above the payer's page."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).brand.logo = picture_of(b, v);
     }},
    {{"project", "brand.logo_dark", "@FILE",
      "The same on a dark ground; absent: brand.logo on a white plate."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).brand.logo_dark = picture_of(b, v);
     }},
    {{"project", "brand.colour", "#RRGGBB",
      "Buttons and links; its contrast with the page's light grounds is at least 4.5."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).brand.colour = v; }},
    {{"project", "brand.colour_dark", "#RRGGBB",
      "The same on dark grounds; absent: brand.colour, lightened until it is readable."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).brand.colour_dark = v;
     }},
    {{"project", "brand.support", "e-mail, +phone or https URL", "Where payers find help."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).brand.support = v; }},
    {{"project", "page.origins", "https origins",
      "Shops' pages that may show the payer's page in a frame (none)."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).page_origins = words_of(v);
     }},
    {{"project", "pool.default", "pool", "Which requisites serve the project (default)."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).pool_default = v; }},
    {{"project", "pool.extra_param.<value>", "pool", "For creates with that extra_param."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_of(b).pool_by_extra_param[rest] = v;
     }},
    {{"project", "pool.customer_type.<value>", "pool", "For creates with that customer_type."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       project_of(b).pool_by_customer_type[rest] = v;
     }},
    {{"project", "callback.algorithm", "RSA-SHA256 | HMAC-SHA512", "How callbacks are signed."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).callback_algorithm = b.one_of(v, "RSA-SHA256", "HMAC-SHA512")
                                              ? CallbackAlgorithm::rsa_sha256
                                              : CallbackAlgorithm::hmac_sha512;
     }},
    {{"project", "callback.rsa_private", "sealed", "Set by Kassa."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).callback_rsa_private = v;
     }},
    {{"project", "callback.rsa_public", "PEM", "Set by Kassa; merchants verify with it."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).callback_rsa_public = v;
     }},
    {{"project", "callback.hmac", "sealed", "Set by Kassa."},
     [](Builder& b, const std::string&, const std::string& v) { project_of(b).callback_hmac = v; }},
    {{"project", "callback.next_rsa_private", "sealed", "Set by Kassa."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).next_callback_rsa_private = v;
     }},
    {{"project", "callback.next_rsa_public", "PEM", "Set by Kassa; takes the other's place."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).next_callback_rsa_public = v;
     }},
    {{"project", "callback.next_hmac", "sealed", "Set by Kassa."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).next_callback_hmac = v;
     }},
    {{"project", "callback.next_from", "Unix seconds", "Set by Kassa: when the next key begins."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).next_callback_from_s = b.integer(v, 1, 1LL << 40);
     }},
    {{"project", "ip_allow", "addresses, ranges",
      "Where signed requests may come from: \"203.0.113.7 2001:db8::/32\"; "
      "absent: anywhere."},
     [](Builder& b, const std::string&, const std::string& v) {
       project_of(b).ip_allow = words_of(v);
     }},
    {{"keyset", "project", "UUID", "The project whose requests these keys sign."},
     [](Builder& b, const std::string&, const std::string& v) {
       key_set_of(b).project_id = b.id<ProjectId>(v);
     }},
    {{"keyset", "token", "Base64Url of the SPKI DER", "The public key, which is the access token."},
     [](Builder& b, const std::string&, const std::string& v) { key_set_of(b).token = v; }},
    {{"keyset", "hmac_secret", "sealed", "Set by Kassa."},
     [](Builder& b, const std::string&, const std::string& v) { key_set_of(b).hmac_secret = v; }},
    {{"keyset", "state", "active | revoked", "A revoked key set is unknown."},
     [](Builder& b, const std::string&, const std::string& v) {
       key_set_of(b).active = b.one_of(v, "active", "revoked");
     }},
    {{"keyset", "created_at", "Unix seconds", "Set by Kassa."},
     [](Builder& b, const std::string&, const std::string& v) {
       key_set_of(b).created_at_s = b.integer(v, 0, 1LL << 40);
     }},
    {{"keyset", "expires_at", "Unix seconds", "0: never."},
     [](Builder& b, const std::string&, const std::string& v) {
       key_set_of(b).expires_at_s = b.integer(v, 0, 1LL << 40);
     }},
    {{"trader", "name", "text", "The counterparty's name, for people."},
     [](Builder& b, const std::string&, const std::string& v) { trader_of(b).name = v; }},
    {{"trader", "mode", "test | live", "Fixed when the trader is made."},
     [](Builder& b, const std::string&, const std::string& v) {
       trader_of(b).test = b.one_of(v, "test", "live");
     }},
    {{"trader", "state", "on | off", "No new payins go to a trader that is off."},
     [](Builder& b, const std::string&, const std::string& v) {
       trader_of(b).on = b.one_of(v, "on", "off");
     }},
    {{"trader", "credit.<currency>", "minor units | unlimited",
      "How much they may owe, unfinished payins included; unlimited only in test mode."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       if (v == "unlimited") {
         trader_of(b).unlimited = true;
       } else {
         trader_of(b).credit[b.currency(rest)] = b.integer(v, 0, 1LL << 60);
       }
     }},
    {{"trader", "payout_methods.<currency>", "codes",
      "What they pay out in that currency; absent: nothing."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       trader_of(b).payouts[b.currency(rest)].methods = words_of(v);
     }},
    {{"trader", "payout_min.<currency>", "minor units", "The smallest payout they take (1)."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       trader_of(b).payouts[b.currency(rest)].amount_min = b.integer(v, 1, kAmountMinorMax);
     }},
    {{"trader", "payout_max.<currency>", "minor units", "The largest payout they take."},
     [](Builder& b, const std::string& rest, const std::string& v) {
       trader_of(b).payouts[b.currency(rest)].amount_max = b.integer(v, 1, kAmountMinorMax);
     }},
    {{"trader", "payout_pools", "pools", "Whose payouts they take (default)."},
     [](Builder& b, const std::string&, const std::string& v) {
       trader_of(b).payout_pools = words_of(v);
     }},
    {{"trader", "payout_in_hand_max", "1 … 1000", "How many payouts at once (10)."},
     [](Builder& b, const std::string&, const std::string& v) {
       trader_of(b).payout_in_hand_max = b.integer(v, 1, 1'000);
     }},
    {{"trader", "payout_weight", "1 … 1000", "How often, compared with the others (1)."},
     [](Builder& b, const std::string&, const std::string& v) {
       trader_of(b).payout_weight = b.integer(v, 1, 1'000);
     }},
    {{"trader", "payout_take", "auto | ask",
      "auto: payouts are given to them; ask: they take what they want (auto)."},
     [](Builder& b, const std::string&, const std::string& v) {
       trader_of(b).payout_asks = b.one_of(v, "ask", "auto");
     }},
    {{"operator", "state", "on | off", "Whoever is off makes and decides no settlements."},
     [](Builder& b, const std::string&, const std::string& v) {
       operator_of(b).on = b.one_of(v, "on", "off");
     }},
    {{"currency", "country", "ISO 3166-1", "The country of its banks."},
     [](Builder& b, const std::string&, const std::string& v) { currency_of(b).country = v; }},
    {{"currency", "digits", "0 … 4", "Decimal digits of a minor unit."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).digits = static_cast<std::int32_t>(b.integer(v, 0, 4));
     }},
    {{"currency", "phone_pattern", "RE2", "What a phone of this currency looks like."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).phone_pattern = v;
     }},
    {{"currency", "test_phone", "+7000NNNNNNN", "Made-up phones of test mode; N is a digit."},
     [](Builder& b, const std::string&, const std::string& v) { currency_of(b).test_phone = v; }},
    {{"currency", "unknown_holder", "text", "card_holder where nobody knows it."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).unknown_holder = v;
     }},
    {{"currency", "payin_methods", "codes", "Enabled unless a project says otherwise."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).payin_methods = words_of(v);
     }},
    {{"currency", "payout_methods", "codes", "Enabled unless a project says otherwise."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).payout_methods = words_of(v);
     }},
    {{"currency", "widget_methods", "codes", "Enabled unless a project says otherwise."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).widget_methods = words_of(v);
     }},
    {{"currency", "bank_code_required", "codes", "Payout methods that need receiver.bank_code."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).bank_code_required = words_of(v);
     }},
    {{"currency", "bank_code_checked", "codes", "Payout methods that take receiver.bank_code."},
     [](Builder& b, const std::string&, const std::string& v) {
       currency_of(b).bank_code_checked = words_of(v);
     }},
    {{"bank", "name", "text", "The bank's name, for people."},
     [](Builder& b, const std::string&, const std::string& v) { bank_of(b).name = v; }},
    {{"bank", "code", "12 digits", "The code that payouts name it by."},
     [](Builder& b, const std::string&, const std::string& v) { bank_of(b).code = v; }},
    {{"bank", "country", "ISO 3166-1", "Where it is."},
     [](Builder& b, const std::string&, const std::string& v) { bank_of(b).country = v; }},
    {{"bank", "currencies", "codes", "What it moves."},
     [](Builder& b, const std::string&, const std::string& v) {
       bank_of(b).currencies = words_of(v);
     }},
    {{"bank", "methods", "codes", "By which methods."},
     [](Builder& b, const std::string&, const std::string& v) {
       bank_of(b).methods = words_of(v);
     }},
    {{"switch", "state", "on | off", "No new payments of what is off; what was accepted goes on."},
     [](Builder& b, const std::string&, const std::string& v) {
       switch_of(b).on = b.one_of(v, "on", "off");
     }},
    {{"switch", "by", "text", "Who flipped it last."},
     [](Builder& b, const std::string&, const std::string& v) { switch_of(b).by = v; }},
    {{"switch", "at", "Unix seconds", "When."},
     [](Builder& b, const std::string&, const std::string& v) {
       switch_of(b).at_s = b.integer(v, 0, 1LL << 60);
     }},
    {{"switch", "why", "text", "Why."},
     [](Builder& b, const std::string&, const std::string& v) { switch_of(b).why = v; }},
    {{"country", "language", "ISO 639-1", "The payer's page where no language was asked for."},
     [](Builder& b, const std::string&, const std::string& v) { country_of(b).language = v; }},
};

/// The declared setting of that kind and name; `rest` becomes what stands for its <…>.
const Declared* find_declared(const SettingId& id, std::string& rest) {
  for (const Declared& declared : kDeclared) {
    if (declared.doc.kind != id.kind) continue;
    const auto open = declared.doc.name.find('<');
    if (open == std::string_view::npos) {
      if (declared.doc.name == id.name) return &declared;
    } else if (id.name.size() > open && id.name.starts_with(declared.doc.name.substr(0, open))) {
      rest = id.name.substr(open);
      return &declared;
    }
  }
  return nullptr;
}

/// Disputes that end by themselves do so sooner in test mode, unless a setting says otherwise.
void shorten_windows(Builder& b, Project& project) {
  constexpr std::int64_t kTestSeconds = 600;
  const auto shorten = [&](const char* name, std::int64_t& window) {
    if (!b.config.settings.contains({"project", project.id.text(), name})) window = kTestSeconds;
  };
  shorten("window.no_payment_s", project.windows.no_payment_s);
  shorten("window.incorrect_requisites_s", project.windows.incorrect_requisites_s);
  shorten("window.payout_failed_s", project.windows.payout_failed_s);
}

/// Every test project has two simulated traders, whatever settings name: the second executes what
/// the first hands back.
void add_simulated_traders(Builder& b, const Project& project) {
  for (const TraderId id : {simulated_trader(project.id), second_simulated_trader(project.id)}) {
    Trader& trader = b.config.traders[id];
    trader.id = id;
    trader.test = trader.unlimited = true;
    if (trader.name.empty()) trader.name = "Simulated trader";
    trader.payout_pools = {simulated_pool(project.id)};
  }
}

/// Those of projects and traders are settings of theirs besides.
void throw_switches(Config& config) {
  constexpr std::string_view kMethod = "method.";
  constexpr std::string_view kBank = "bank.";
  for (const auto& [id, one] : config.switches) {
    if (one.on) continue;
    if (id == "payins") config.payins_on = false;
    if (id == "payouts") config.payouts_on = false;
    if (id.starts_with(kMethod)) config.methods_off.insert(id.substr(kMethod.size()));
    if (id.starts_with(kBank)) config.banks_off.insert(id.substr(kBank.size()));
  }
}

/// What no single setting can say: references between objects, and the defaults of test mode.
void connect(Builder& b) {
  SettingId at;
  b.at = &at;
  for (auto& [id, project] : b.config.projects) {
    at = {"project", id.text(), "merchant"};
    if (!b.config.merchants.contains(project.merchant_id)) b.fail("must name a known merchant");
    if (project.test) shorten_windows(b, project);
    if (project.test) add_simulated_traders(b, project);
    at.name = "currencies";
    // Fees and methods of a currency may stay when it is disabled.
    const auto listed = b.config.settings.find(at);
    const Words codes = listed == b.config.settings.end() ? Words{} : words_of(listed->second);
    std::erase_if(project.currencies, [&](const auto& currency) {
      return std::ranges::find(codes, currency.first.text()) == codes.end();
    });
    for (auto& [code, enabled] : project.currencies) {
      const auto rules = b.config.currencies.find(code);
      if (rules == b.config.currencies.end()) {
        b.fail("names " + code.text() + ", which has no settings of kind currency");
        continue;
      }
      if (enabled.payin_methods.empty()) enabled.payin_methods = rules->second.payin_methods;
      if (enabled.payout_methods.empty()) enabled.payout_methods = rules->second.payout_methods;
      if (enabled.widget_methods.empty()) enabled.widget_methods = rules->second.widget_methods;
    }
  }
  for (const auto& [id, keys] : b.config.key_sets) {
    at = {"keyset", id.text(), "project"};
    if (!b.config.projects.contains(keys.project_id)) b.fail("must name a known project");
  }
  for (const auto& [id, trader] : b.config.traders) {
    at = {"trader", id.text(), "mode"};
    if (trader.unlimited && !trader.test) b.fail("unlimited credit is for test traders only");
    for (const auto& [currency, payouts] : trader.payouts) {
      at.name = "payout_min." + currency.text();
      if (payouts.amount_min > payouts.amount_max) b.fail("must not be above payout_max");
    }
  }
}

}  // namespace

bool is_operator_name(std::string_view text) {
  constexpr std::size_t kNameMax = 64;
  constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::string_view kAny = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= kNameMax &&
         kFirst.find(text.front()) != std::string_view::npos &&
         text.find_first_not_of(kAny) == std::string_view::npos;
}

CallbackSecrets callback_secrets_at(const Project& project, std::int64_t unix_s) {
  CallbackSecrets secrets{project.callback_rsa_private, project.callback_rsa_public,
                          project.callback_hmac};
  const bool begun = has_begun(project.next_callback_from_s, unix_s);
  if (begun && !project.next_callback_rsa_private.empty()) {
    secrets.rsa_private = project.next_callback_rsa_private;
    secrets.rsa_public = project.next_callback_rsa_public;
  }
  if (begun && !project.next_callback_hmac.empty()) secrets.hmac = project.next_callback_hmac;
  return secrets;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

const Project* Config::project(ProjectId id) const {
  const auto found = projects.find(id);
  return found == projects.end() ? nullptr : &found->second;
}
const Trader* Config::trader(TraderId id) const {
  const auto found = traders.find(id);
  return found == traders.end() ? nullptr : &found->second;
}
const CurrencyRules* Config::currency(Currency code) const {
  const auto found = currencies.find(code);
  return found == currencies.end() ? nullptr : &found->second;
}

std::expected<Config, SettingError> build_config(std::map<SettingId, std::string> settings,
                                                 std::int64_t version) {
  Builder b;
  b.config.version = version;
  for (const auto& [id, value] : settings) {
    b.at = &id;
    std::string rest;
    if (const Declared* declared = find_declared(id, rest)) {
      declared->set(b, rest, value);
    } else {
      b.fail("is not a setting of " + id.kind);
    }
    if (b.error) return std::unexpected(*b.error);
  }
  b.config.settings = std::move(settings);
  throw_switches(b.config);
  connect(b);
  if (b.error) return std::unexpected(*b.error);
  return std::move(b.config);
}

std::span<const SettingDoc> setting_docs() {
  static const std::vector<SettingDoc> docs = [] {
    std::vector<SettingDoc> all;
    for (const Declared& declared : kDeclared) all.push_back(declared.doc);
    return all;
  }();
  return docs;
}

}  // namespace kassa::domain

// The words of the payer's page: one catalog a language, in data/texts, compiled in and read at the
// first use. A key that the list lacks does not compile; a catalog that lacks one of the list does
// not load, and a test loads them all.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kassa::api {

inline constexpr auto kTextKeys = std::to_array<std::string_view>({
    "language.name",
    "language.choose",
    "choose.title",
    "choose.bank",
    "choose.search",
    "choose.nothing",
    "choose.any",
    "choose.any_text",
    "choose.unavailable",
    "choose.none",
    "choose.again",
    "choose.other_method",
    "choose.other_bank",
    "method.card",
    "method.card_text",
    "method.phone",
    "method.phone_text",
    "method.sbp",
    "method.sbp_text",
    "method.mobile",
    "method.mobile_text",
    "method.abroad_card",
    "method.abroad_card_text",
    "method.abroad",
    "method.abroad_text",
    "method.qr_sbp",
    "method.qr_sbp_text",
    "method.qr_link",
    "method.qr_link_text",
    "looking.title",
    "looking.text",
    "pay.title",
    "pay.amount",
    "pay.card",
    "pay.phone",
    "pay.account",
    "pay.holder",
    "pay.bank",
    "pay.exact",
    "pay.qr",
    "pay.open_bank",
    "pay.code",
    "pay.left",
    "pay.left_text",
    "pay.done",
    "pay.cancel",
    "copy.card",
    "copy.phone",
    "copy.account",
    "copy.amount",
    "copy.code",
    "copy.copied",
    "copy.failed",
    "ask.title",
    "ask.text",
    "ask.text_early",
    "ask.yes",
    "ask.no",
    "paid.title",
    "paid.text",
    "no_payment.title",
    "no_payment.text",
    "different_amount.title",
    "different_amount.text",
    "different_amount.unknown",
    "confirm_timeout.title",
    "confirm_timeout.text",
    "error.title",
    "error.text",
    "receipt.title",
    "receipt.text",
    "receipt.choose",
    "receipt.pick",
    "receipt.send",
    "receipt.sending",
    "receipt.too_large",
    "receipt.wrong_kind",
    "receipt.other",
    "receipt.failed",
    "receipt.sent",
    "receipt.count",
    "success.title",
    "success.text",
    "success.less",
    "decline.title",
    "decline.cancelled_title",
    "decline.cancelled",
    "decline.anti_fraud",
    "decline.nobody",
    "decline.fault",
    "decline.operator",
    "decline.other",
    "decline.dont_send",
    "expired.title",
    "expired.text",
    "back.button",
    "back.soon",
    "back.close",
    "back.stay",
    "back.payment",
    "page.offline",
    "page.unsent",
    "page.test",
    "page.help",
    "page.number",
    "not_found.title",
    "not_found.text",
    "slow_down.title",
    "slow_down.text",
    "not_sent.title",
    "not_sent.text",
    "trouble.title",
    "trouble.text",
});

/// The place of a text in every catalog: `Key("pay.title")`.
class Key {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor)
  consteval Key(const char* name) : at_(place_of(name)) {}
  [[nodiscard]] constexpr std::size_t at() const { return at_; }

 private:
  static consteval std::size_t place_of(std::string_view name) {
    const auto found = std::ranges::find(kTextKeys, name);
    if (found == kTextKeys.end()) throw "no such text";  // ends the compilation
    return static_cast<std::size_t>(found - kTextKeys.begin());
  }
  std::size_t at_;
};

/// The form of a noun that a number asks for (CLDR's cardinal categories, of whole numbers).
enum class Plural : std::uint8_t { one, few, other };

class Texts {
 public:
  /// Of an ISO 639-1 code; English for a language that has no catalog.
  [[nodiscard]] static const Texts& of(std::string_view language);
  [[nodiscard]] static bool has(std::string_view language);
  /// All of them, in the order in which a page offers them.
  [[nodiscard]] static std::span<const Texts> all();

  [[nodiscard]] const std::string& language() const { return language_; }
  [[nodiscard]] std::string_view operator[](Key key) const { return texts_[key.at()]; }

  /// "5 000,00 ₸": minor units as this language writes that currency.
  [[nodiscard]] std::string money(std::int64_t minor, std::int32_t digits,
                                  std::string_view currency) const;
  [[nodiscard]] Plural plural(std::int64_t n) const;
  [[nodiscard]] std::string seconds(std::int64_t n) const;
  [[nodiscard]] std::string minutes(std::int64_t n) const;
  /// "{n} секунду", "{n} минуты": for a script that counts.
  [[nodiscard]] std::string_view seconds_form(Plural plural) const;
  [[nodiscard]] std::string_view minutes_form(Plural plural) const;

 private:
  using Forms = std::array<std::string, 3>;
  friend Texts read_texts(std::string_view language, std::string_view toml);

  std::string language_;
  std::array<std::string, kTextKeys.size()> texts_;
  std::map<std::string, std::string, std::less<>> signs_;
  std::string decimal_;
  std::string group_;
  bool sign_first_ = false;
  bool slavic_ = false;
  Forms seconds_;
  Forms minutes_;
};

/// Reads a catalog. What it lacks, or has and nobody knows, throws and says its name.
[[nodiscard]] Texts read_texts(std::string_view language, std::string_view toml);

/// `text` with each {name} replaced by its value.
[[nodiscard]] std::string filled(
    std::string_view text,
    std::initializer_list<std::pair<std::string_view, std::string_view>> values);

}  // namespace kassa::api

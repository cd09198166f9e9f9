// Whom to pay, how much, how long; and the two buttons.
#include <algorithm>
#include <array>

#include "api/page/qr.hpp"
#include "api/page/view.hpp"

namespace kassa::api {
namespace {

/// How many digits stand together. Margins part them, not spaces, so that a selection copies the
/// number alone.
std::vector<std::string_view> groups_of(std::string_view number, bool is_phone) {
  struct Prefix {
    std::string_view code;
    std::size_t length;
    std::array<std::size_t, 5> groups;
  };
  static constexpr Prefix kPhones[] = {
      {"+7", 12, {2, 3, 3, 2, 2}},   {"+992", 13, {4, 2, 3, 2, 2}}, {"+998", 13, {4, 2, 3, 2, 2}},
      {"+996", 13, {4, 3, 3, 3, 0}}, {"+994", 13, {4, 2, 3, 2, 2}},
  };
  std::array<std::size_t, 5> lengths = {};
  if (is_phone) {
    for (const Prefix& phone : kPhones) {
      if (number.starts_with(phone.code) && number.size() == phone.length) lengths = phone.groups;
    }
  }
  constexpr std::size_t kUsual = 4;  // of cards, and of accounts up to an IBAN's 34
  std::vector<std::string_view> groups;
  while (!number.empty()) {
    const bool has_own = groups.size() < lengths.size() && lengths[groups.size()] != 0;
    const std::size_t length = has_own ? lengths[groups.size()] : kUsual;
    groups.push_back(number.substr(0, length));
    number.remove_prefix(std::min(length, number.size()));
  }
  return groups;
}

/// What a bank's app takes from the clipboard: no grouping, no idle fraction.
std::string plain_amount(std::int64_t minor, std::int32_t digits) {
  std::int64_t scale = 1;
  for (std::int32_t i = 0; i < digits; ++i) scale *= 10;
  std::string text = std::to_string(minor / scale);
  if (minor % scale != 0) {
    const std::string fraction = std::to_string(minor % scale);
    text += "." + std::string(static_cast<std::size_t>(digits) - fraction.size(), '0') + fraction;
  }
  return text;
}

void append_copy(Html& html, const View& view, std::string_view value, std::string_view label) {
  // Without script it could do nothing, so it is hidden until there is one; its place is kept.
  html.raw("<button type=\"button\" class=\"copy\" hidden data-copy=\"")
      .text(value)
      .raw("\" data-done=\"")
      .text(view.t["copy.copied"])
      .raw("\" data-failed=\"")
      .text(view.t["copy.failed"])
      .raw("\" aria-label=\"")
      .text(label)
      .raw(
          "\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path class=\"sheets\" d=\"M9 "
          "9h10v11")
      .raw("H9zM5 15V4h10\"/><path class=\"tick\" d=\"M5 12.5 10 17.5 19 7\"/></svg></button>");
}

void append_number(Html& html, const View& view) {
  const auto& to = *view.state.recipient;
  const bool phone = to.kind == "phone";
  const bool account = to.kind == "account";
  html.raw("<div class=\"row\"><dt>")
      .text(phone     ? view.t["pay.phone"]
            : account ? view.t["pay.account"]
                      : view.t["pay.card"])
      .raw("</dt><dd class=\"number\">");
  for (const std::string_view group : groups_of(to.number, phone)) {
    html.raw("<span>").text(group).raw("</span>");
  }
  append_copy(html, view, to.number,
              phone     ? view.t["copy.phone"]
              : account ? view.t["copy.account"]
                        : view.t["copy.card"]);
  html.raw("</dd></div>");
}

/// Two of them share a line.
void append_half(Html& html, std::string_view name, std::string_view value) {
  html.raw("<div class=\"row half\"><dt>").text(name).raw("</dt><dd>");
  html.text(value).raw("</dd></div>");
}

/// Smaller, the longer it is: an amount is never broken. In characters as they are seen.
Markup size_of(std::string_view money) {
  constexpr std::ptrdiff_t kLong = 13;
  constexpr std::ptrdiff_t kVeryLong = 17;
  const auto length = std::ranges::count_if(
      money, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  if (length >= kVeryLong) return "<dd class=\"very long\">";
  return length >= kLong ? Markup("<dd class=\"long\">") : Markup("<dd>");
}

void append_sum(Html& html, const View& view) {
  const PageState& state = view.state;
  const std::string money = view.money(state.amount);
  html.raw("<div class=\"row sum\"><dt>").text(view.t["pay.amount"]).raw("</dt>");
  html.raw(size_of(money)).text(money);
  append_copy(html, view, plain_amount(state.amount, state.digits), view.t["copy.amount"]);
  html.raw("</dd><dd class=\"exact\">").text(view.t["pay.exact"]).raw("</dd></div>");
}

/// "9:41", and the same in words for who can't see it.
void append_time_left(Html& html, const View& view) {
  const std::int64_t now_ms = view.state.now.time_since_epoch().count();
  const std::int64_t left_ms = std::clamp<std::int64_t>((view.state.expires_at_s * 1000) - now_ms,
                                                        0, view.state.lifetime_s * 1000);
  const std::int64_t left_s = left_ms / 1000;
  const std::string seconds = std::to_string(left_s % 60);
  html.raw("<div class=\"left\"><span aria-hidden=\"true\">")
      .text(view.t["pay.left"])
      .raw("</span><time aria-hidden=\"true\" data-left=\"")
      .number(left_ms)
      .raw("\">")
      .number(left_s / 60)
      .raw(seconds.size() == 1 ? Markup(":0") : Markup(":"))
      .text(seconds)
      .raw("</time><span class=\"hear\"");
  append_counted(html, view, "pay.left_text", &Texts::minutes_form);
  html.raw(">")
      .text(filled(view.t["pay.left_text"],
                   {{"time", view.t.minutes(std::max<std::int64_t>((left_s + 59) / 60, 1))}}))
      .raw("</span><progress aria-hidden=\"true\" max=\"")
      .number(view.state.lifetime_s)
      .raw("\" value=\"")
      .number(left_s)
      .raw("\"></progress></div>");
}

/// A link of the web, or of a bank's app as SBP writes them ("bank100000000111://…"). Nothing else
/// is a link: whoever gives requisites must not choose what a press runs.
bool opens_a_bank(std::string_view text) {
  if (text.starts_with("https://")) return true;
  if (!text.starts_with("bank")) return false;
  const auto end = text.find_first_not_of("0123456789", 4);
  return end != std::string_view::npos && end > 4 && text.substr(end).starts_with("://");
}

/// On a phone the app is what the payer wants, elsewhere the picture: the style puts that first.
void append_qr(Html& html, const View& view) {
  const std::string& text = view.state.qr_text;
  html.raw("<div class=\"scan\">");
  if (opens_a_bank(text)) {
    html.raw("<a class=\"button open\" rel=\"noreferrer\" href=\"")
        .text(text)
        .raw("\">")
        .text(view.t["pay.open_bank"])
        .raw("</a>");
  }
  append_qr_code(html, text, view.t["pay.qr"]);
  html.raw("</div>");
}

void append_code(Html& html, const View& view) {
  html.raw("<div class=\"row code\"><dt>")
      .text(view.t["pay.code"])
      .raw("</dt><dd class=\"number\"><span>")
      .text(view.state.qr_text)
      .raw("</span>");
  append_copy(html, view, view.state.qr_text, view.t["copy.code"]);
  html.raw("</dd></div>");
}

void append_pay(Html& html, const View& view) {
  const PageState& state = view.state;
  append_time_left(html, view);
  html.raw("<dl>");
  append_sum(html, view);
  if (state.qr_text.empty() && state.recipient) append_number(html, view);
  if (!state.qr_text.empty()) append_code(html, view);
  if (state.recipient) {
    const auto& to = *state.recipient;
    if (!to.holder.empty()) append_half(html, view.t["pay.holder"], to.holder);
    append_half(html, view.t["pay.bank"], to.bank_name);
  }
  html.raw("</dl>");
  if (!state.qr_text.empty()) append_qr(html, view);
  if (state.can_confirm) {
    html.raw("<form method=\"post\" data-send action=\"")
        .text(view.action("confirm"))
        .raw("\"><button class=\"button\">")
        .text(view.t["pay.done"])
        .raw("</button></form>");
  }
  append_receipt_link(html, view);
}

void append_question(Html& html, const View& view) {
  html.raw("<p>")
      .text(view.state.can_confirm ? filled(view.t["ask.text"], {{"paid", view.t["pay.done"]}})
                                   : std::string(view.t["ask.text_early"]))
      .raw("</p><form method=\"post\" data-send action=\"")
      .text(view.action("cancel"))
      .raw("\"><button class=\"button danger\">")
      .text(view.t["ask.yes"])
      .raw("</button></form>");
}

void append_ask(Html& html, const View& view) {
  append_question(html, view);
  html.raw("<a class=\"button second\" href=\"")
      .text(view.link())
      .raw("\">")
      .text(view.t["ask.no"])
      .raw("</a>");
}

}  // namespace

Section pay_section(const View& view) {
  return {std::string(view.t["pay.title"]), Section::Tone::calm, append_pay};
}

Section ask_section(const View& view) {
  return {std::string(view.t["ask.title"]), Section::Tone::care, append_ask};
}

void append_ask_dialog(Html& html, const View& view) {
  html.raw("<dialog id=\"ask\" aria-labelledby=\"ask-title\"><h2 id=\"ask-title\">")
      .text(view.t["ask.title"])
      .raw("</h2>");
  append_question(html, view);
  html.raw("<form method=\"dialog\"><button class=\"button second\">")
      .text(view.t["ask.no"])
      .raw("</button></form></dialog>");
}

}  // namespace kassa::api

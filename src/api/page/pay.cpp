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
  std::array<std::size_t, 5> lengths = {4, 4, 4, 4, 4};
  if (is_phone) {
    for (const Prefix& phone : kPhones) {
      if (number.starts_with(phone.code) && number.size() == phone.length) lengths = phone.groups;
    }
  }
  std::vector<std::string_view> groups;
  for (const std::size_t length : lengths) {
    if (length == 0 || number.empty()) break;
    groups.push_back(number.substr(0, length));
    number.remove_prefix(std::min(length, number.size()));
  }
  if (!number.empty()) groups.push_back(number);
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

void append_row(Html& html, std::string_view name, std::string_view value) {
  html.raw("<div class=\"row\"><dt>").text(name).raw("</dt><dd>").text(value).raw("</dd></div>");
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
      .raw("</time><span class=\"hear\">")
      .text(filled(view.t["pay.left_text"],
                   {{"time", view.t.minutes(std::max<std::int64_t>((left_s + 59) / 60, 1))}}))
      .raw("</span><progress aria-hidden=\"true\" max=\"")
      .number(view.state.lifetime_s)
      .raw("\" value=\"")
      .number(left_s)
      .raw("\"></progress></div>");
}

void append_qr(Html& html, const View& view) {
  html.raw("<figure class=\"qr\">");
  append_qr_code(html, view.state.qr_text, view.t["pay.qr"]);
  html.raw("<figcaption>").text(view.t["pay.qr"]).raw("</figcaption></figure>");
  if (view.state.qr_text.starts_with("https://")) {
    html.raw("<a class=\"button second\" rel=\"noreferrer\" href=\"")
        .text(view.state.qr_text)
        .raw("\">")
        .text(view.t["pay.open_bank"])
        .raw("</a>");
  }
}

void append_pay(Html& html, const View& view) {
  const PageState& state = view.state;
  append_time_left(html, view);
  html.raw("<dl><div class=\"row sum\"><dt>")
      .text(view.t["pay.amount"])
      .raw("</dt><dd>")
      .text(view.money(state.amount));
  append_copy(html, view, plain_amount(state.amount, state.digits), view.t["copy.amount"]);
  html.raw("</dd></div>");
  if (state.qr_text.empty() && state.recipient) append_number(html, view);
  if (state.recipient) {
    const auto& to = *state.recipient;
    if (!to.holder.empty()) append_row(html, view.t["pay.holder"], to.holder);
    append_row(html, view.t["pay.bank"], to.bank_name);
  }
  html.raw("</dl>");
  if (!state.qr_text.empty()) append_qr(html, view);
  html.raw("<p class=\"note\">").text(view.t["pay.exact"]).raw("</p>");
  if (state.can_confirm) {
    html.raw("<form method=\"post\" data-send action=\"")
        .text(view.action("confirm"))
        .raw("\"><button class=\"button\">")
        .text(view.t["pay.done"])
        .raw("</button></form>");
  }
}

void append_question(Html& html, const View& view) {
  html.raw("<p>")
      .text(filled(view.t["ask.text"], {{"paid", view.t["pay.done"]}}))
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
  html.raw("<form method=\"dialog\"><button class=\"button second\" autofocus>")
      .text(view.t["ask.no"])
      .raw("</button></form></dialog>");
}

}  // namespace kassa::api

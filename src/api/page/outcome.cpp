// What became of it: looking, being checked, a dispute in human words, the end.
#include <algorithm>

#include "api/page/view.hpp"

namespace kassa::api {
namespace {

namespace state = domain::state;
using Tone = Section::Tone;

void append_text(Html& html, std::string_view text) {
  html.raw("<p>").text(text).raw("</p>");
}

void append_amount(Html& html, const View& view) {
  html.raw("<p class=\"amount\">").text(view.money(view.state.amount)).raw("</p>");
}

void append_looking(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["looking.text"]);
  if (view.state.choice && view.state.choice->made) {
    html.raw("<p class=\"quiet\"><a data-go href=\"")
        .text(view.link("method=" + view.state.widget_method))
        .raw("\">")
        .text(view.t["choose.other_bank"])
        .raw("</a></p>");
  }
}

/// The one thing left to do, or one beside others.
enum class Weight : std::uint8_t { first, second };

/// To the shop. One that names no page of its own may still have a frame, which the script closes.
void append_back(Html& html, const View& view, Weight weight) {
  const Markup look = weight == Weight::first ? Markup("button") : Markup("button second");
  if (view.state.redirect_url.empty()) {
    if (view.state.brand.origins.empty()) return;
    html.raw("<button type=\"button\" hidden id=\"close\" class=\"").raw(look).raw("\">");
    html.text(view.t["back.close"]).raw("</button>");
    return;
  }
  html.raw("<a id=\"back\" rel=\"noreferrer\" class=\"")
      .raw(look)
      .raw("\" href=\"")
      .text(view.state.redirect_url)
      .raw("\">")
      .text(view.t["back.button"])
      .raw("</a>");
}

void append_paid(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["paid.text"]);
  append_receipt(html, view);
  append_back(html, view, Weight::second);
}

void append_no_payment(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["no_payment.text"]);
  append_back(html, view, Weight::first);
  append_receipt(html, view);
}

void append_different_amount(Html& html, const View& view) {
  const bool known = view.state.amount != view.state.initial_amount;
  append_text(html, known ? filled(view.t["different_amount.text"],
                                   {{"amount", view.money(view.state.amount)},
                                    {"asked", view.money(view.state.initial_amount)}})
                          : view.t["different_amount.unknown"]);
  append_receipt(html, view);
  append_back(html, view, Weight::second);
}

void append_confirm_timeout(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["confirm_timeout.text"]);
  append_receipt(html, view);
  append_back(html, view, Weight::second);
}

void append_error(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["error.text"]);
  append_back(html, view, Weight::second);
}

void append_success(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["success.text"]);
  if (view.state.amount < view.state.initial_amount) {
    append_text(html,
                filled(view.t["success.less"], {{"asked", view.money(view.state.initial_amount)}}));
  }
  append_back(html, view, Weight::first);
  if (view.state.redirect_url.empty() || view.asked.stay) return;
  html.raw("<p class=\"hint\" id=\"soon\" data-after=\"").number(kBackAfterS).raw("\"");
  append_counted(html, view, "back.soon", &Texts::seconds_form);
  html.raw(">")
      .text(filled(view.t["back.soon"], {{"time", view.t.seconds(kBackAfterS)}}))
      .raw("</p><p class=\"quiet\"><a data-go id=\"stay\" href=\"")
      .text(view.link("stay=1"))
      .raw("\">")
      .text(view.t["back.stay"])
      .raw("</a></p>");
}

struct Reason {
  std::string_view description;  // of the edge, domain/payin_lifecycle.hpp
  Key text;
  bool may_have_paid;  // no warning against sending: it may have been sent
};
constexpr std::string_view kCancelled = "Canceled by client";
constexpr Reason kReasons[] = {
    {kCancelled, "decline.cancelled", false},
    {"Declined by anti-fraud", "decline.anti_fraud", false},
    {"No requisites available", "decline.nobody", false},
    {"Processing error", "decline.fault", false},
    {"Declined by operator", "decline.operator", true},
};
constexpr Reason kOtherReason = {"", "decline.other", false};

const Reason& reason_of(std::string_view description) {
  const auto* found = std::ranges::find(kReasons, description, &Reason::description);
  return found == std::end(kReasons) ? kOtherReason : *found;
}

void append_decline(Html& html, const View& view) {
  const Reason& reason = reason_of(view.state.status_description);
  append_amount(html, view);
  append_text(html, view.t[reason.text]);
  if (!reason.may_have_paid) append_text(html, view.t["decline.dont_send"]);
  append_back(html, view, Weight::first);
  append_receipt_link(html, view);
}

void append_expired(Html& html, const View& view) {
  append_amount(html, view);
  append_text(html, view.t["expired.text"]);
  append_text(html, view.t["decline.dont_send"]);
  append_back(html, view, Weight::first);
  append_receipt_link(html, view);
}

bool is_expiry(std::string_view description) {
  return description == "Expired" || description == "Not paid in time";
}

}  // namespace

Section looking_section(const View& view) {
  return {std::string(view.t["looking.title"]), Tone::wait, append_looking};
}

Section outcome_section(const View& view) {
  const auto section = [&view](Key title, Tone tone, void (*body)(Html&, const View&)) {
    return Section{std::string(view.t[title]), tone, body};
  };
  const domain::State at = view.state.state;
  if (at == state::paid) return section("paid.title", Tone::wait, append_paid);
  if (at == state::no_payment) return section("no_payment.title", Tone::care, append_no_payment);
  if (at == state::different_amount) {
    return section("different_amount.title", Tone::care, append_different_amount);
  }
  if (at == state::confirm_timeout) {
    return section("confirm_timeout.title", Tone::later, append_confirm_timeout);
  }
  if (at == state::success) return section("success.title", Tone::good, append_success);
  if (at == state::decline && is_expiry(view.state.status_description)) {
    return section("expired.title", Tone::bad, append_expired);
  }
  if (at == state::decline && view.state.status_description == kCancelled) {
    return section("decline.cancelled_title", Tone::ended, append_decline);
  }
  if (at == state::decline) return section("decline.title", Tone::bad, append_decline);
  return section("error.title", Tone::care, append_error);
}

}  // namespace kassa::api

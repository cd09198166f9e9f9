// The widget's choice: a method, then a bank. Links and forms only, so it works without script.
#include <algorithm>

#include "api/page/view.hpp"

namespace kassa::api {
namespace {

using MethodOffer = PageState::MethodOffer;
using BankOffer = PageState::BankOffer;

struct MethodWords {
  std::string_view method;
  Key name;
  Key text;
};
constexpr MethodWords kMethods[] = {
    {"card-p2p", "method.card", "method.card_text"},
    {"phone-p2p", "method.phone", "method.phone_text"},
    {"sbp-p2p", "method.sbp", "method.sbp_text"},
    {"mobile-p2p", "method.mobile", "method.mobile_text"},
    {"international-card-p2p", "method.abroad_card", "method.abroad_card_text"},
    {"international-p2p", "method.abroad", "method.abroad_text"},
    {"qr-sbp", "method.qr_sbp", "method.qr_sbp_text"},
    {"qr-link-p2p", "method.qr_link", "method.qr_link_text"},
};

const MethodWords& words_of(std::string_view method) {
  const auto* found = std::ranges::find(kMethods, method, &MethodWords::method);
  return found == std::end(kMethods) ? kMethods[0] : *found;
}

/// The method whose banks are shown; null: none is chosen yet, so the methods are.
const MethodOffer* shown_method(const View& view) {
  const auto& methods = view.state.choice->methods;
  if (methods.size() == 1) return methods.data();
  const std::string& wanted =
      view.asked.method.empty() ? view.state.widget_method : view.asked.method;
  const auto found = std::ranges::find(methods, wanted, &MethodOffer::widget_method);
  return found == methods.end() ? nullptr : &*found;
}

/// The first letter of a name, as the bank's mark.
std::string_view initial_of(std::string_view name) {
  std::size_t length = name.empty() ? 0 : 1;
  while (length < name.size() && (static_cast<unsigned char>(name[length]) & 0xC0U) == 0x80U) {
    ++length;
  }
  return name.substr(0, length);
}

/// Where no bank is known there is nothing to say either.
bool is_available(const MethodOffer& offer) {
  return offer.banks.empty() || std::ranges::any_of(offer.banks, &BankOffer::available);
}

/// Nothing can be given now, so a choice would end in a wait for nothing.
void append_none(Html& html, const View& view, std::string_view query) {
  html.raw("<p class=\"note\">").text(view.t["choose.none"]).raw("</p>");
  html.raw("<a class=\"button second\" data-go href=\"")
      .text(view.link(query))
      .raw("\">")
      .text(view.t["choose.again"])
      .raw("</a>");
}

void append_method(Html& html, const View& view, const MethodOffer& offer) {
  const MethodWords& words = words_of(offer.method);
  const bool available = is_available(offer);
  html.raw("<li><a class=\"option\"");
  if (available) {
    html.raw(" data-go href=\"").text(view.link("method=" + offer.widget_method)).raw("\"");
  } else {
    html.raw(" role=\"link\" aria-disabled=\"true\"");
  }
  html.raw("><span class=\"words\"><b>")
      .text(view.t[words.name])
      .raw("</b><small>")
      .text(available ? view.t[words.text] : view.t["choose.unavailable"])
      .raw("</small></span></a></li>");
}

void append_methods(Html& html, const View& view) {
  const auto& methods = view.state.choice->methods;
  if (std::ranges::none_of(methods, is_available)) append_none(html, view, "method=any");
  html.raw("<ul class=\"list\">");
  for (const MethodOffer& offer : methods) append_method(html, view, offer);
  html.raw("</ul>");
}

void append_bank(Html& html, const View& view, const BankOffer& bank) {
  html.raw("<li data-name=\"").text(bank.name).raw("\"><button class=\"option\" name=\"bank\" ");
  html.raw("value=\"").text(bank.symbol).raw("\"");
  if (!bank.available) html.raw(" disabled");
  html.raw("><span class=\"mark\" aria-hidden=\"true\">")
      .text(initial_of(bank.name))
      .raw("</span><span class=\"words\"><b>")
      .text(bank.name)
      .raw("</b>");
  if (!bank.available) {
    html.raw("<small>").text(view.t["choose.unavailable"]).raw("</small>");
  }
  html.raw("</span></button></li>");
}

/// Worth a search field: more than fit on a phone's screen.
constexpr std::size_t kBanksWithoutSearchMax = 6;

void append_banks(Html& html, const View& view) {
  const MethodOffer& offer = *shown_method(view);
  const bool available = is_available(offer);
  if (!available) append_none(html, view, "method=" + offer.widget_method);
  if (offer.banks.size() > kBanksWithoutSearchMax) {
    html.raw("<input class=\"search\" type=\"search\" id=\"search\" hidden autocomplete=\"off\" ")
        .raw("placeholder=\"")
        .text(view.t["choose.search"])
        .raw("\" aria-label=\"")
        .text(view.t["choose.search"])
        .raw("\">");
  }
  html.raw("<form method=\"post\" data-send action=\"")
      .text(view.action("choose"))
      .raw("\"><input type=\"hidden\" name=\"widget_method\" value=\"")
      .text(offer.widget_method)
      .raw("\"><ul class=\"list\" id=\"banks\">")
      .raw("<li data-always><button class=\"option\" name=\"bank\" value=\"\"")
      .raw(available ? Markup(">") : Markup(" disabled>"))
      .raw("<span class=\"mark any\" aria-hidden=\"true\">★</span><span class=\"words\"><b>")
      .text(view.t["choose.any"])
      .raw("</b><small>")
      .text(view.t["choose.any_text"])
      .raw("</small></span></button></li>");
  for (const bool now : {true, false}) {
    for (const BankOffer& bank : offer.banks) {
      if (bank.available == now) append_bank(html, view, bank);
    }
  }
  html.raw("</ul></form><p id=\"nothing\" class=\"hint\" role=\"status\" data-text=\"")
      .text(view.t["choose.nothing"])
      .raw("\"></p>");
  if (view.state.choice->methods.size() > 1) {
    html.raw("<p class=\"quiet\"><a data-go href=\"")
        .text(view.link("method=any"))
        .raw("\">")
        .text(view.t["choose.other_method"])
        .raw("</a></p>");
  }
}

}  // namespace

Section choose_section(const View& view) {
  if (shown_method(view) == nullptr) {
    return {std::string(view.t["choose.title"]), Section::Tone::calm, append_methods};
  }
  return {std::string(view.t["choose.bank"]), Section::Tone::calm, append_banks};
}

}  // namespace kassa::api

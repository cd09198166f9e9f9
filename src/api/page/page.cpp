#include "api/page/page.hpp"

#include "api/page/frame.hpp"
#include "domain/methods.hpp"

namespace kassa::api {
namespace {

using domain::State;
namespace state = domain::state;

constexpr std::string_view kLooking = "Looking for payment details";
struct Heading {
  State at;
  std::string_view title;
  std::string_view text;
};
constexpr Heading kHeadings[] = {
    {state::new_, kLooking, "This takes a few seconds. The page refreshes itself."},
    {state::requisites, kLooking, "This takes a few seconds. The page refreshes itself."},
    {state::awaiting_confirm, "Make the transfer",
     "Send exactly this amount to these details, then press the button."},
    {state::paid, "Waiting for the money",
     "Thank you. We are waiting for the bank to confirm the transfer."},
    {state::no_payment, "The time to pay is over",
     "If you have sent the money, contact the shop: it can still be found."},
    {state::different_amount, "Another amount arrived",
     "A person is looking at it. Contact the shop if this takes long."},
    {state::confirm_timeout, "Not confirmed yet",
     "A person is looking for your transfer. Contact the shop if this takes long."},
    {state::error, "Something went wrong", "We are working on it. You have not been charged."},
    {state::decline, "Payment declined", "Do not send any money for this payment."},
    {state::success, "Payment received", "You can close this page."},
};

const Heading& heading_of(State at) {
  for (const Heading& heading : kHeadings) {
    if (heading.at == at) return heading;
  }
  return kHeadings[0];
}

void row(Html& html, std::string_view name, std::string_view value) {
  html.raw("<dt>").raw(name).raw("</dt><dd>").text(value).raw("</dd>");
}

void button(Html& html, const std::string& path, std::string_view action, std::string_view css,
            std::string_view label) {
  html.raw(R"(<form method="post" action=")")
      .text(path + "/" + std::string(action))
      .raw(R"("><button class=")")
      .raw(css)
      .raw(R"(">)")
      .raw(label)
      .raw("</button></form>");
}

/// One method with its banks: chosen by a button, without script.
void offer(Html& html, const std::string& path, const PageState& page,
           const PageState::MethodOffer& method) {
  html.raw(R"(<form method="post" action=")")
      .text(path + "/choose")
      .raw(R"("><input type="hidden" name="widget_method" value=")")
      .text(method.widget_method)
      .raw(R"("><label>Bank <select name="bank"><option value="">Any bank</option>)");
  for (const auto& bank : method.banks) {
    if (!bank.available) continue;
    html.raw("<option value=\"").text(bank.symbol).raw("\"");
    if (bank.symbol == page.bank) html.raw(" selected");
    html.raw(">").text(bank.name).raw("</option>");
  }
  html.raw(R"(</select></label><button class="go">)")
      .text(domain::is_phone_method(method.method) ? "Pay by phone number" : "Pay to a card")
      .raw("</button></form>");
}

/// What the payer is waited for, or nothing that refreshing would lose.
bool waits_for_choice(const PageState& page) {
  return page.choice && !page.choice->made;
}

constexpr Heading kChoose{state::requisites, "How do you want to pay?",
                          "Choose how to send the money. You will then see whom to pay."};

}  // namespace

std::string format_amount(std::int64_t minor, std::int32_t digits) {
  std::string text = std::to_string(minor);
  const auto places = static_cast<std::size_t>(digits);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  std::string whole = text.substr(0, text.size() - places);
  for (std::size_t at = whole.size(); at > 3; at -= 3) whole.insert(at - 3, "\u00a0");
  return places == 0 ? whole : whole + "." + text.substr(text.size() - places);
}

std::string render_page(const PageState& page, const std::string& path) {
  const Heading& heading = waits_for_choice(page) ? kChoose : heading_of(page.state);
  const std::string amount = format_amount(page.amount, page.digits) + " " + page.currency;
  const bool refreshes = !domain::is_final(page.state) && !waits_for_choice(page);
  Html html;
  html.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
      .raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
      .raw("<meta name=\"robots\" content=\"noindex\">");
  if (refreshes) html.raw("<meta http-equiv=\"refresh\" content=\"5\">");
  html.raw("<title>").raw(heading.title).raw("</title><style>").raw(kPageStyle);
  html.raw("</style></head><body><main><h1>").raw(heading.title).raw("</h1><p>");
  html.raw(heading.text).raw("</p><dl>");
  row(html, "Amount", amount);
  if (page.recipient) {
    const auto& to = *page.recipient;
    row(html, to.kind == "phone" ? "Phone" : "Card", to.number);
    if (!to.holder.empty()) row(html, "Holder", to.holder);
    row(html, "Bank", to.bank_name);
  }
  if (page.can_confirm) {
    const std::int64_t left =
        std::max<std::int64_t>(page.expires_at_s - domain::unix_seconds(page.now), 0);
    row(html, "Time left", std::to_string(left / 60) + " min " + std::to_string(left % 60) + " s");
  }
  if (page.state == state::decline) row(html, "Reason", page.status_description);
  if (page.receipts > 0) row(html, "Receipts shown", std::to_string(page.receipts));
  html.raw("</dl>");
  if (page.choice) {
    for (const auto& method : page.choice->methods) offer(html, path, page, method);
  }
  if (page.can_confirm) button(html, path, "confirm", "go", "I have paid");
  if (page.can_cancel) button(html, path, "cancel", "no", "Cancel the payment");
  if (page.can_show_receipt) html.raw(link(path + "/receipt", "Show a receipt"));
  if (domain::is_final(page.state) && !page.redirect_url.empty()) {
    html.raw("<p><a rel=\"noreferrer\" href=\"")
        .text(page.redirect_url)
        .raw("\">Back to the shop</a></p>");
  }
  html.raw("</main></body></html>");
  return html.take();
}

http::Response page_response(const PageState& page, const std::string& path, const http::Request&) {
  return html_response(200, render_page(page, path));
}

}  // namespace kassa::api

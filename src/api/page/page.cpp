#include "api/page/page.hpp"

#include "api/page/html.hpp"
#include "callbacks/picture.hpp"
#include "domain/methods.hpp"

namespace kassa::api {
namespace {

using domain::State;
using protocol::PaymentPicture;
namespace state = domain::state;

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;"
    "background:Canvas;color:CanvasText}main{max-width:26rem;margin:0 auto;padding:2rem 1rem}"
    "h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem}dl{margin:1rem 0}"
    "dt{font-size:.85rem;opacity:.75}dd{margin:0 0 .75rem;font-size:1.15rem;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}form{margin:.5rem 0}"
    "button{font:inherit;width:100%;padding:.75rem;border-radius:.5rem;border:1px solid}"
    ".go{background:#0b57d0;color:#fff;border-color:#0b57d0}.no{background:transparent;"
    "color:inherit}";

/// No script, no frame, nothing from elsewhere; the one style is named by its hash-free nonce-less
/// 'unsafe-inline' for styles only, since nothing of anybody's ever stands in it.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

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

http::Response html_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  response.headers = {{"cache-control", "no-store"},
                      {"content-security-policy", std::string(kPolicy)},
                      {"referrer-policy", "no-referrer"},
                      {"x-content-type-options", "nosniff"}};
  return response;
}

http::Response no_page() {
  Html html;
  html.raw("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Not found</title>")
      .raw("<meta name=\"viewport\" content=\"width=device-width\"><style>")
      .raw(kStyle)
      .raw(
          "</style><main><h1>Not found</h1><p>This link leads nowhere. Ask the shop for a new "
          "one.</p></main></html>");
  return html_response(404, html.take());
}

/// The path of a URL: "/pay" of "http://127.0.0.1:8080/pay".
std::string path_of(const std::string& url) {
  const auto host = url.find("://");
  const auto path = url.find('/', host == std::string::npos ? 0 : host + 3);
  std::string out = path == std::string::npos ? std::string() : url.substr(path);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

void show(Gateway& gateway, const std::string& base, std::string_view token,
          http::Responder responder) {
  const auto id = gateway.ring.open_page_token(token);
  const auto reader = gateway.readers.borrow();
  const auto view = id ? reader->payment(*id) : std::nullopt;
  if (!view) {
    responder.send(no_page());
    return;
  }
  const auto config = gateway.engine.config();
  const auto picture = gateway.pictures.of_payment(view->payment, view->requisites, *config);
  const auto* rules = config->currency(view->payment.currency);
  const std::int64_t offset_ms =
      view->payment.clock.is_nil() ? 0 : reader->test_clock(view->payment.clock).offset_ms;
  const std::int64_t now_s =
      domain::unix_seconds(gateway.clock.now() + domain::Duration{offset_ms});
  responder.send(html_response(200, render_page(picture, base + "/" + std::string(token), now_s,
                                                rules ? rules->digits : 2)));
}

/// After a button: back to the page, which then shows the true state, whatever became of the press.
template <class Command>
void press(Gateway& gateway, const std::string& base, std::string_view token,
           http::Responder responder) {
  const auto id = gateway.ring.open_page_token(token);
  if (!id) {
    responder.send(no_page());
    return;
  }
  Command command{.request_id = *id};
  command.actor.kind = domain::ActorKind::payer;
  gateway.engine.submit(std::move(command), engine::Source::api,
                        [location = base + "/" + std::string(token),
                         responder = std::move(responder)](domain::Decision&& decision) mutable {
                          const bool missing =
                              !decision &&
                              decision.error().code == domain::RefusalCode::payment_not_found;
                          if (missing) {
                            responder.send(no_page());
                            return;
                          }
                          http::Response back = html_response(303, "");
                          back.headers.emplace_back("location", location);
                          responder.send(std::move(back));
                        });
}

void add(http::Router& router, const std::string& path, std::string method, http::Handler handler) {
  http::Route route;
  route.path = path;
  route.method = std::move(method);
  route.body_bytes_max = 1024;
  route.json_only = false;
  route.endpoint = "page";
  route.handler = std::move(handler);
  router.add(std::move(route));
}

}  // namespace

std::string format_amount(std::int64_t minor, std::int32_t digits) {
  std::string text = std::to_string(minor);
  const auto places = static_cast<std::size_t>(digits);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  std::string whole = text.substr(0, text.size() - places);
  for (std::size_t at = whole.size(); at > 3; at -= 3) whole.insert(at - 3, "\u00a0");
  return places == 0 ? whole : whole + "." + text.substr(text.size() - places);
}

std::string render_page(const PaymentPicture& picture, const std::string& action_path,
                        std::int64_t now_s, std::int32_t digits) {
  const Heading& heading = heading_of(picture.state);
  const std::string amount = format_amount(picture.amount, digits) + " " + picture.currency;
  Html html;
  html.raw("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
      .raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
      .raw("<meta name=\"robots\" content=\"noindex\">");
  if (!domain::is_final(picture.state)) html.raw("<meta http-equiv=\"refresh\" content=\"5\">");
  html.raw("<title>").raw(heading.title).raw("</title><style>").raw(kStyle);
  html.raw("</style></head><body><main><h1>").raw(heading.title).raw("</h1><p>");
  html.raw(heading.text).raw("</p><dl>");
  row(html, "Amount", amount);
  if (protocol::tells_recipient(picture) && picture.recipient) {
    const auto& to = *picture.recipient;
    row(html, domain::is_phone_method(picture.method) ? "Phone" : "Card", to.number);
    if (!to.holder.empty()) row(html, "Holder", to.holder);
    row(html, "Bank", to.bank_name);
  }
  if (picture.state == state::awaiting_confirm) {
    const std::int64_t left = std::max<std::int64_t>(picture.expiration_date - now_s, 0);
    row(html, "Time left", std::to_string(left / 60) + " min " + std::to_string(left % 60) + " s");
  }
  if (picture.state == state::decline) row(html, "Reason", picture.status_description);
  html.raw("</dl>");
  if (picture.state == state::awaiting_confirm) {
    button(html, action_path, "confirm", "go", "I have paid");
  }
  if (picture.state == state::awaiting_confirm || picture.state == state::requisites) {
    button(html, action_path, "cancel", "no", "Cancel the payment");
  }
  if (domain::is_final(picture.state) && !picture.redirect_url.empty()) {
    html.raw("<p><a rel=\"noreferrer\" href=\"")
        .text(picture.redirect_url)
        .raw("\">Back to the shop</a></p>");
  }
  html.raw("</main></body></html>");
  return html.take();
}

void add_page_routes(Gateway& gateway, http::Router& router) {
  const std::string base = path_of(gateway.settings.public_page_base);
  add(router, base + "/*", "GET",
      [&gateway, base](const http::Request& request, http::Responder responder) {
        show(gateway, base, request.path.substr(base.size() + 1), std::move(responder));
      });
  add(router, base + "/*", "POST",
      [&gateway, base](const http::Request& request, http::Responder responder) {
        const std::string_view rest = request.path.substr(base.size() + 1);
        const auto slash = rest.find('/');
        const auto token = rest.substr(0, slash);
        const auto action = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
        if (action == "confirm") {
          press<domain::ConfirmPayin>(gateway, base, token, std::move(responder));
        } else if (action == "cancel") {
          press<domain::CancelPayin>(gateway, base, token, std::move(responder));
        } else {
          responder.send(no_page());
        }
      });
}

}  // namespace kassa::api

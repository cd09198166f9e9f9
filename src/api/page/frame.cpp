#include "api/page/frame.hpp"

#include "api/page/assets.hpp"
#include "api/page/texts.hpp"

namespace kassa::api {
namespace {

/// Nothing inline, nothing from elsewhere; a form may lead to this page alone. Who may frame it
/// follows.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors";

std::string policy_for(std::span<const std::string> origins) {
  std::string policy(kPolicy);
  for (const std::string& origin : origins) policy += " " + origin;
  if (origins.empty()) policy += " 'none'";
  return policy;
}

struct Plain {
  int status;
  Key title;
  Key text;
  Sign sign = Sign::bad;
  std::string page = {};        // where a button leads, if there is one
  bool asks_by_itself = false;  // for that page, a little later
};

http::Response plain_page(const Plain& plain, const std::string& base, std::string_view language) {
  constexpr std::string_view kAgainAfterS = "3";
  const Texts& t = Texts::of(language);
  Html html;
  append_head(html, base, t.language(), t[plain.title]);
  if (plain.asks_by_itself) {
    html.raw("<meta http-equiv=\"refresh\" content=\"").text(kAgainAfterS).raw(";url=");
    html.text(plain.page).raw("\">");
  }
  html.raw("</head><body class=\"plain\"><main class=\"")
      .raw(plain.sign == Sign::bad ? Markup("bad") : Markup("care"))
      .raw("\">");
  append_sign(html, plain.sign);
  html.raw("<h1>").text(t[plain.title]).raw("</h1><p>").text(t[plain.text]).raw("</p>");
  if (!plain.page.empty()) {
    html.raw("<a class=\"button\" href=\"").text(plain.page).raw("\">");
    html.text(t["back.payment"]).raw("</a>");
  }
  html.raw("</main></body></html>");
  http::Response response = html_response(plain.status, html.take());
  if (plain.status == 503) response.headers.emplace_back("retry-after", std::string(kAgainAfterS));
  return response;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> private_headers() {
  return {{"cache-control", "no-store"},
          {"referrer-policy", "no-referrer"},
          {"x-content-type-options", "nosniff"}};
}

http::Response html_response(int status, std::string body, std::span<const std::string> origins) {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  response.headers = private_headers();
  response.headers.emplace_back("content-security-policy", policy_for(origins));
  return response;
}

void append_head(Html& html, const std::string& base, std::string_view language,
                 std::string_view title) {
  html.raw("<!doctype html><html lang=\"")
      .text(language)
      .raw("\"><head><meta charset=\"utf-8\"><title>")
      .text(title)
      .raw("</title><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
      .raw("<meta name=\"color-scheme\" content=\"light dark\">")
      .raw("<meta name=\"robots\" content=\"noindex\"><link rel=\"icon\" href=\"data:,\">");
  if (const auto css = asset_path("assets/page.css"); !css.empty()) {
    html.raw("<link rel=\"stylesheet\" href=\"").text(base).raw("/").text(css).raw("\">");
  }
}

void append_sign(Html& html, Sign sign) {
  html.raw("<svg class=\"sign\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">");
  switch (sign) {
    case Sign::wait:
      html.raw("<circle cx=\"24\" cy=\"24\" r=\"20\"/><path d=\"M24 4a20 20 0 0 1 20 20\"/>");
      break;
    case Sign::good:
      html.raw("<circle cx=\"24\" cy=\"24\" r=\"22\"/><path d=\"m14.5 24.5 6.5 6.5 13-14\"/>");
      break;
    case Sign::care:
      html.raw("<circle cx=\"24\" cy=\"24\" r=\"22\"/><path d=\"M24 13v14m0 6.5v.5\"/>");
      break;
    case Sign::ended:
      html.raw("<circle cx=\"24\" cy=\"24\" r=\"22\"/><path d=\"M15 24h18\"/>");
      break;
    case Sign::later:
      html.raw("<circle cx=\"24\" cy=\"24\" r=\"22\"/><path d=\"M24 12v12l8 5\"/>");
      break;
    case Sign::bad:
      html.raw("<circle cx=\"24\" cy=\"24\" r=\"22\"/><path d=\"m17 17 14 14m0-14L17 31\"/>");
      break;
  }
  html.raw("</svg>");
}

std::string_view language_for(const http::Request& request) {
  // Weights are not worth a parser here: browsers send the dearest first.
  std::string_view accepted = request.header("accept-language");
  while (!accepted.empty()) {
    const std::string_view language = accepted.substr(0, 2);
    if (Texts::has(language)) return Texts::of(language).language();
    const auto comma = accepted.find(',');
    if (comma == std::string_view::npos) break;
    accepted.remove_prefix(comma + 1);
    while (accepted.starts_with(' ')) accepted.remove_prefix(1);
  }
  return "en";
}

http::Response no_page(const std::string& base, std::string_view language) {
  return plain_page({.status = 404, .title = "not_found.title", .text = "not_found.text"}, base,
                    language);
}

http::Response slow_down_page(const std::string& base, std::string_view language) {
  http::Response response = plain_page(
      {.status = 429, .title = "slow_down.title", .text = "slow_down.text"}, base, language);
  response.headers.emplace_back("retry-after", "1");
  return response;
}

http::Response trouble_page(int status, const std::string& base, std::string_view language,
                            const std::string& page) {
  return plain_page({.status = status,
                     .title = "trouble.title",
                     .text = "trouble.text",
                     .sign = Sign::care,
                     .page = page,
                     .asks_by_itself = true},
                    base, language);
}

http::Response not_sent_page(const std::string& base, std::string_view language,
                             const std::string& page) {
  return plain_page({.status = 503,
                     .title = "not_sent.title",
                     .text = "not_sent.text",
                     .sign = Sign::care,
                     .page = page},
                    base, language);
}

http::Response see_other(std::string location) {
  http::Response back = html_response(303, "");
  back.headers.emplace_back("location", std::move(location));
  return back;
}

}  // namespace kassa::api

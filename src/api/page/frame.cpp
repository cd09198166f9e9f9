#include "api/page/frame.hpp"

#include "api/page/assets.hpp"
#include "api/page/texts.hpp"

namespace kassa::api {
namespace {

/// Nothing inline, nothing from elsewhere, no frames; a form may lead to this page alone.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

http::Response plain_page(int status, const std::string& base, std::string_view language, Key title,
                          Key text) {
  const Texts& t = Texts::of(language);
  Html html;
  append_head(html, base, t.language(), t[title]);
  html.raw("</head><body class=\"plain\"><main class=\"bad\">");
  append_sign(html, Sign::bad);
  html.raw("<h1>").text(t[title]).raw("</h1><p>").text(t[text]).raw("</p></main></body></html>");
  return html_response(status, html.take());
}

}  // namespace

std::vector<std::pair<std::string, std::string>> private_headers() {
  return {{"cache-control", "no-store"},
          {"referrer-policy", "no-referrer"},
          {"x-content-type-options", "nosniff"}};
}

http::Response html_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  response.headers = private_headers();
  response.headers.emplace_back("content-security-policy", kPolicy);
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
  return plain_page(404, base, language, "not_found.title", "not_found.text");
}

http::Response slow_down_page(const std::string& base, std::string_view language) {
  http::Response response = plain_page(429, base, language, "slow_down.title", "slow_down.text");
  response.headers.emplace_back("retry-after", "1");
  return response;
}

http::Response see_other(std::string location) {
  http::Response back = html_response(303, "");
  back.headers.emplace_back("location", std::move(location));
  return back;
}

}  // namespace kassa::api

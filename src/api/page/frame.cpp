#include "api/page/frame.hpp"

namespace kassa::api {
namespace {

/// No script, no frame, nothing from elsewhere; the one style is named by its hash-free nonce-less
/// 'unsafe-inline' for styles only, since nothing of anybody's ever stands in it.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'";

}  // namespace

const std::string_view kPageStyle =
    ":root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0;"
    "background:Canvas;color:CanvasText}main{max-width:26rem;margin:0 auto;padding:2rem 1rem}"
    "h1{font-size:1.25rem;margin:0 0 .25rem}p{margin:.25rem 0 1rem}dl{margin:1rem 0}"
    "dt{font-size:.85rem;opacity:.75}dd{margin:0 0 .75rem;font-size:1.15rem;"
    "font-variant-numeric:tabular-nums;overflow-wrap:anywhere}form{margin:.5rem 0}"
    "button{font:inherit;width:100%;padding:.75rem;border-radius:.5rem;border:1px solid}"
    ".go{background:#0b57d0;color:#fff;border-color:#0b57d0}.no{background:transparent;"
    "color:inherit}";

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

http::Response plain_page(int status, std::string_view title, std::string_view text,
                          std::string_view more) {
  Html html;
  html.raw("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>")
      .raw(title)
      .raw("</title><meta name=\"viewport\" content=\"width=device-width\">")
      .raw("<meta name=\"robots\" content=\"noindex\"><style>")
      .raw(kPageStyle)
      .raw("</style><main><h1>")
      .raw(title)
      .raw("</h1><p>")
      .text(text)
      .raw("</p>")
      .raw(more)
      .raw("</main></html>");
  return html_response(status, html.take());
}

http::Response no_page() {
  return plain_page(404, "Not found", "This link leads nowhere. Ask the shop for a new one.");
}

http::Response see_other(std::string location) {
  http::Response back = html_response(303, "");
  back.headers.emplace_back("location", std::move(location));
  return back;
}

std::string link(const std::string& path, std::string_view label) {
  Html html;
  html.raw("<p><a href=\"").text(path).raw("\">").raw(label).raw("</a></p>");
  return html.take();
}

}  // namespace kassa::api

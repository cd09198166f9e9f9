#include "api/docs_page.hpp"

#include "api/page/assets.hpp"
#include "api/page/html.hpp"

namespace kassa::api {
namespace {

/// Swagger UI's pictures are part of its style, as data.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// Every address is relative: the page works below whatever path a proxy serves it.
std::string document() {
  Html html;
  html.raw(
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Kassa API</title>"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<link rel=\"icon\" href=\"data:,\">");
  const std::string style = asset_path("docs/docs.css");
  const std::string script = asset_path("docs/docs.js");
  if (!style.empty()) html.raw("<link rel=\"stylesheet\" href=\"").text(style).raw("\">");
  if (!script.empty()) {
    html.raw("<script type=\"module\" src=\"").text(script).raw("\"></script>");
  }
  html.raw(
      "</head><body><p class=\"about\">What is shown here is the description at "
      "<a href=\"openapi.json\">openapi.json</a>, OpenAPI 3.1. Requests are signed with the "
      "merchant&rsquo;s key, so none is sent from this page; <code>kassa sign</code> signs one by "
      "hand.</p><main id=\"api\" data-description=\"openapi.json\"></main>");
  if (!script.empty()) {
    html.raw("<p class=\"about\"><a href=\"docs/licences.txt\">Licences</a> of this page</p>");
  }
  return html.raw("</body></html>").take();
}

}  // namespace

void add_docs_routes(http::Router& router) {
  router.get("/docs", [body = document()](const http::Request&, http::Responder responder) {
    http::Response page;
    page.content_type = "text/html; charset=utf-8";
    page.body = body;
    page.headers = {{"cache-control", "no-cache"},
                    {"content-security-policy", std::string(kPolicy)},
                    {"referrer-policy", "no-referrer"},
                    {"x-content-type-options", "nosniff"}};
    responder.send(std::move(page));
  });
  router.get("/docs/*", [](const http::Request& request, http::Responder responder) {
    responder.send(page_assets().answer(request, request.path.substr(1)));
  });
}

}  // namespace kassa::api

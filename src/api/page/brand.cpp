#include "api/page/brand.hpp"

#include "api/page/picture.hpp"
#include "encoding/base64.hpp"

namespace kassa::api {
namespace {

constexpr std::string_view kFolder = "brand/";

PageBrand::Logo logo_of(const domain::Picture& picture) {
  if (!picture.is_there()) return {};
  return {std::string(kFolder) + file_name(picture), picture.width, picture.height};
}

/// The picture of that name, whosever it is: it is known by what is in it.
const domain::Picture* find_picture(const domain::Config& config, std::string_view name) {
  for (const auto& [id, project] : config.projects) {
    for (const auto* picture : {&project.brand.logo, &project.brand.logo_dark}) {
      if (picture->is_there() && file_name(*picture) == name) return picture;
    }
  }
  return nullptr;
}

http::Response kept_for_ever(std::string_view content_type, std::string body) {
  http::Response response;
  response.content_type = content_type;
  response.body = std::move(body);
  response.headers = {{"cache-control", "public, max-age=31536000, immutable"},
                      {"x-content-type-options", "nosniff"}};
  return response;
}

http::Response picture_response(const domain::Picture& picture) {
  const bool svg = picture.type == "svg";
  http::Response response = kept_for_ever(svg ? "image/svg+xml" : "image/png",
                                          encoding::from_base64(picture.content).value_or(""));
  // Opened by itself an SVG is a document: of no origin, without scripts, and alone.
  response.headers.emplace_back(
      "content-security-policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox");
  return response;
}

/// Of an earlier look, or nobody's.
http::Response not_there() {
  http::Response response;
  response.status = 404;
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

http::Response read_brand_file(const Gateway& gateway, std::string_view name) {
  if (auto style = style_of(name)) return kept_for_ever("text/css; charset=utf-8", *style);
  const auto config = gateway.engine.config();
  const auto* picture = find_picture(*config, name);
  return picture == nullptr ? not_there() : picture_response(*picture);
}

void append_image(Html& html, const std::string& base, const PageBrand& brand) {
  const bool both = !brand.logo_dark.path.empty() && !brand.logo.path.empty();
  const PageBrand::Logo& logo = brand.logo.path.empty() ? brand.logo_dark : brand.logo;
  if (both) {
    html.raw("<picture><source media=\"(prefers-color-scheme:dark)\" width=\"")
        .number(brand.logo_dark.width)
        .raw("\" height=\"")
        .number(brand.logo_dark.height)
        .raw("\" srcset=\"")
        .text(base)
        .raw("/")
        .text(brand.logo_dark.path)
        .raw("\">");
  }
  html.raw("<img src=\"")
      .text(base)
      .raw("/")
      .text(logo.path)
      .raw("\" width=\"")
      .number(logo.width)
      .raw("\" height=\"")
      .number(logo.height)
      .raw("\" alt=\"")
      .text(logo.is_wide() ? std::string_view(brand.name) : "")
      .raw("\"");
  // Made for one ground: on the other it stands on a plate of the first.
  if (!both)
    html.raw(brand.logo.path.empty() ? Markup(" class=\"night\"") : Markup(" class=\"day\""));
  html.raw(">");
  if (both) html.raw("</picture>");
}

}  // namespace

PageBrand brand_of(const domain::Project& project) {
  const domain::Brand& brand = project.brand;
  return {.name = brand.name.empty() ? project.name : brand.name,
          .logo = logo_of(brand.logo),
          .logo_dark = logo_of(brand.logo_dark),
          .colours = colours_of(brand),
          .support = contact_of(brand.support),
          .origins = project.page_origins};
}

void append_brand_head(Html& html, const std::string& base, const PageBrand& brand) {
  if (brand.colours) {
    html.raw("<link rel=\"stylesheet\" href=\"")
        .text(base)
        .raw("/brand/")
        .text(style_name(*brand.colours))
        .raw("\">");
  }
}

void append_brand(Html& html, const std::string& base, const PageBrand& brand) {
  html.raw("<div class=\"brand\">");
  const bool has_logo = !brand.logo.path.empty() || !brand.logo_dark.path.empty();
  if (has_logo) append_image(html, base, brand);
  const bool logo_holds_name =
      brand.logo.path.empty() ? brand.logo_dark.is_wide() : brand.logo.is_wide();
  if (!has_logo || !logo_holds_name) html.raw("<span>").text(brand.name).raw("</span>");
  html.raw("</div>");
}

void add_brand_routes(Gateway& gateway, const std::string& base, http::Router& router) {
  const std::string folder = base + "/" + std::string(kFolder);
  router.get(folder + "*",
             [&gateway, folder](const http::Request& request, http::Responder responder) {
               responder.send(read_brand_file(gateway, request.path.substr(folder.size())));
             });
}

}  // namespace kassa::api

#include "api/page/assets.hpp"

namespace kassa::api {

std::span<const http::StaticFile> embedded_assets();  // generated: cmake/rooms.cmake

const http::StaticFiles& page_assets() {
  static const http::StaticFiles assets(embedded_assets());
  return assets;
}

std::string asset_path(std::string_view name) {
  return page_assets().path_of(name);
}

void add_asset_routes(const std::string& base, http::Router& router) {
  const auto add = [&](std::string path, std::size_t prefix_size) {
    router.get(std::move(path),
               [prefix_size](const http::Request& request, http::Responder responder) {
                 responder.send(page_assets().answer(request, request.path.substr(prefix_size)));
               });
  };
  const std::string folder = base + "/";
  for (const std::string& path : page_assets().paths()) {
    if (!path.contains('/')) add(folder + path, folder.size());
  }
  // Those of an earlier version are asked for by pages that are open since: not there any more, and
  // no guess at a link.
  add(folder + "assets/*", folder.size());
}

}  // namespace kassa::api

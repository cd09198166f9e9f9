// What machines ask about Kassa itself: /healthz, /readyz, /metrics, /openapi.json.
#pragma once

#include "api/gateway.hpp"

namespace kassa::api {

/// One of these paths: whoever watches Kassa isn't slowed down.
[[nodiscard]] bool is_service_path(std::string_view path);

void add_service_routes(Gateway& gateway, http::Router& router);

}  // namespace kassa::api

// What machines ask about Kassa itself: /healthz, /readyz, /metrics, and /openapi.json.
#pragma once

#include "api/gateway.hpp"

namespace kassa::api {

/// Whether whoever asks for it isn't slowed down: who watches Kassa where merchants connect, or
/// reads what it can do.
[[nodiscard]] bool is_service_path(const Gateway& gateway, std::string_view path);

/// /healthz, /readyz, /metrics.
void add_watch_routes(Gateway& gateway, http::Router& router);
void add_openapi_route(Gateway& gateway, http::Router& router);

}  // namespace kassa::api

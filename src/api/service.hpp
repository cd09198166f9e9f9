// What machines ask about Kassa itself: /healthz, /readyz, /metrics, /openapi.json.
#pragma once

#include "api/gateway.hpp"

namespace kassa::api {

void add_service_routes(Gateway& gateway, http::Router& router);

}  // namespace kassa::api

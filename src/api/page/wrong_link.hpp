// What a wrong link to a page is answered, wherever it is noticed.
#pragma once

#include "api/gateway.hpp"

namespace kassa::api {

/// The one 404 of them all, counted; whoever tries many is told to wait: 429.
[[nodiscard]] http::Response wrong_link(Gateway& gateway, const http::Request& request);

}  // namespace kassa::api

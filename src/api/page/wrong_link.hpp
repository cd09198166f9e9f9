// What a wrong link to a page is answered, wherever it is noticed.
#pragma once

#include <string>

#include "api/gateway.hpp"

namespace kassa::api {

/// What all pages are below: the path of `public_page_base`, "/pay" of "https://shop.example/pay".
[[nodiscard]] std::string page_base(const Gateway& gateway);

/// The one 404 of them all, counted; whoever tries many is told to wait: 429.
[[nodiscard]] http::Response wrong_link(Gateway& gateway, const http::Request& request);

}  // namespace kassa::api

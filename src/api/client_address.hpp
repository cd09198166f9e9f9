// Whose request it is: the peer's address, or behind a trusted proxy the forwarded one.
#pragma once

#include <span>
#include <string>

#include "http/http.hpp"
#include "ops/address_range.hpp"

namespace kassa::api {

/// Walks `x-forwarded-for` from its end, where our own proxies have written, over addresses of
/// trusted proxies; the first other one is the client. From a peer that is no trusted proxy the
/// header is anybody's invention and isn't read.
[[nodiscard]] std::string client_address(const http::Request& request,
                                         std::span<const ops::AddressRange> trusted_proxies);

}  // namespace kassa::api

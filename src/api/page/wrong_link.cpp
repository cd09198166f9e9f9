#include "api/page/wrong_link.hpp"

#include "api/client_address.hpp"
#include "api/page/frame.hpp"

namespace kassa::api {

http::Response wrong_link(Gateway& gateway, const http::Request& request) {
  const auto address = client_address(request, gateway.settings.security.trusted_proxies);
  const auto now_s = domain::unix_seconds(gateway.clock.now());
  gateway.bad_links.add(address, now_s);
  if (!gateway.bad_links.blocked(address, now_s)) return no_page();
  http::Response wait = plain_page(429, "Too many wrong links", "Wait a moment, then try again.");
  wait.headers.emplace_back("retry-after", "1");
  return wait;
}

}  // namespace kassa::api

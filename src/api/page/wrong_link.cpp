#include "api/page/wrong_link.hpp"

#include "api/client_address.hpp"
#include "api/page/frame.hpp"

namespace kassa::api {

std::string page_base(const Gateway& gateway) {
  const std::string& url = gateway.settings.public_page_base;
  const auto host = url.find("://");
  const auto path = url.find('/', host == std::string::npos ? 0 : host + 3);
  std::string out = path == std::string::npos ? std::string() : url.substr(path);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

http::Response wrong_link(Gateway& gateway, const http::Request& request) {
  const auto address = client_address(request, gateway.settings.security.trusted_proxies);
  const auto now_s = domain::unix_seconds(gateway.clock.now());
  gateway.bad_links.add(address, now_s);
  const std::string base = page_base(gateway);
  const auto language = language_for(request);
  return gateway.bad_links.blocked(address, now_s) ? slow_down_page(base, language)
                                                   : no_page(base, language);
}

}  // namespace kassa::api

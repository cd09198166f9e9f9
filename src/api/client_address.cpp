#include "api/client_address.hpp"

#include <algorithm>

namespace kassa::api {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string client_address(const http::Request& request,
                           std::span<const ops::AddressRange> trusted_proxies) {
  const auto is_trusted = [&](std::string_view address) {
    return std::ranges::any_of(trusted_proxies,
                               [&](const auto& range) { return range.contains(address); });
  };
  // A proxy may add a field of its own behind the client's: they count as one list.
  std::string all;
  for (const auto& [name, value] : request.headers) {
    if (name != "x-forwarded-for") continue;
    if (!all.empty()) all += ',';
    all += value;
  }
  std::string_view client = request.remote_address;
  std::string_view forwarded = all;
  while (!forwarded.empty() && is_trusted(client)) {
    const auto comma = forwarded.rfind(',');
    const auto last = comma == std::string_view::npos ? forwarded : forwarded.substr(comma + 1);
    const auto address = trimmed(last);
    if (address.empty()) break;
    client = address;
    forwarded = comma == std::string_view::npos ? std::string_view() : forwarded.substr(0, comma);
  }
  return std::string(client);
}

}  // namespace kassa::api

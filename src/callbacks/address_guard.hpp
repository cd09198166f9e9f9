// Which addresses a callback may connect to. A callback URL is the merchant's word: without this,
// it could make Kassa knock at the operator's own machines (SSRF), also by a name that resolves
// there only at the second look-up. So the address itself is judged, at the moment of connecting.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace kassa::callbacks {

/// True for an address of the public internet. False for private, loopback, link-local, CGNAT,
/// multicast, unspecified, reserved and documentation ranges, for IPv6 forms that carry such an
/// IPv4 address (mapped, 6to4, NAT64) or any tunnel (Teredo), and for what is no IP address.
[[nodiscard]] bool is_public_address(const sockaddr* address);

/// The same for a numeric text, as libcurl reports a connection's peer.
[[nodiscard]] bool is_public_address(std::string_view numeric);

}  // namespace kassa::callbacks

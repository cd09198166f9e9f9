#include "callbacks/address_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace kassa::callbacks {
namespace {

struct RangeV4 {
  std::uint32_t network;
  int prefix_bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

/// IANA's special-purpose registry, what is not globally reachable, and all from 224.0.0.0 on.
constexpr RangeV4 kNotPublicV4[] = {
    {v4(0, 0, 0, 0), 8},      {v4(10, 0, 0, 0), 8},     {v4(100, 64, 0, 0), 10},
    {v4(127, 0, 0, 0), 8},    {v4(169, 254, 0, 0), 16}, {v4(172, 16, 0, 0), 12},
    {v4(192, 0, 0, 0), 24},   {v4(192, 0, 2, 0), 24},   {v4(192, 88, 99, 0), 24},
    {v4(192, 168, 0, 0), 16}, {v4(198, 18, 0, 0), 15},  {v4(198, 51, 100, 0), 24},
    {v4(203, 0, 113, 0), 24}, {v4(224, 0, 0, 0), 4},    {v4(240, 0, 0, 0), 4},
};

bool is_public_v4(std::uint32_t address) {
  return std::ranges::none_of(kNotPublicV4, [address](const RangeV4& range) {
    return (address ^ range.network) >> (32 - range.prefix_bits) == 0;
  });
}

using BytesV6 = std::array<std::uint8_t, 16>;

std::uint32_t v4_at(const BytesV6& bytes, std::size_t at) {
  return v4(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
}

std::uint16_t group(const BytesV6& bytes, std::size_t index) {
  return static_cast<std::uint16_t>(bytes[2 * index] << 8 | bytes[2 * index + 1]);
}

bool has_zeros(const BytesV6& bytes, std::size_t from, std::size_t to) {
  return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                     bytes.begin() + static_cast<std::ptrdiff_t>(to),
                     [](std::uint8_t byte) { return byte == 0; });
}

bool is_public_v6(const BytesV6& bytes) {
  const bool mapped = has_zeros(bytes, 0, 10) && group(bytes, 5) == 0xFFFF;
  const bool nat64 =
      group(bytes, 0) == 0x0064 && group(bytes, 1) == 0xFF9B && has_zeros(bytes, 4, 12);
  if (mapped || nat64) return is_public_v4(v4_at(bytes, 12));
  if (group(bytes, 0) == 0x2002) return is_public_v4(v4_at(bytes, 2));      // 6to4
  const bool global_unicast = (bytes[0] & 0xE0U) == 0x20;                   // 2000::/3
  const bool ietf = group(bytes, 0) == 0x2001 && group(bytes, 1) < 0x0200;  // Teredo, ORCHID …
  const bool documentation = (group(bytes, 0) == 0x2001 && group(bytes, 1) == 0x0DB8) ||
                             (group(bytes, 0) == 0x3FFF && group(bytes, 1) < 0x1000);
  return global_unicast && !ietf && !documentation;
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4_address{};
    std::memcpy(&v4_address, address, sizeof v4_address);
    return is_public_v4(ntohl(v4_address.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6_address{};
    std::memcpy(&v6_address, address, sizeof v6_address);
    BytesV6 bytes{};
    std::memcpy(bytes.data(), &v6_address.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

bool is_public_address(std::string_view numeric) {
  const std::string text(numeric.substr(0, numeric.find('%')));  // without an IPv6 zone
  in_addr v4_address{};
  if (inet_pton(AF_INET, text.c_str(), &v4_address) == 1) {
    return is_public_v4(ntohl(v4_address.s_addr));
  }
  BytesV6 bytes{};
  return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 && is_public_v6(bytes);
}

}  // namespace kassa::callbacks

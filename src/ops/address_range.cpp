#include "ops/address_range.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace kassa::ops {
namespace {

using Address = std::array<std::uint8_t, 16>;

struct Parsed {
  Address bytes{};
  bool is_ipv4 = false;
};

std::optional<Parsed> parse_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  Parsed parsed;
  if (::inet_pton(AF_INET6, terminated.c_str(), parsed.bytes.data()) == 1) return parsed;
  if (::inet_pton(AF_INET, terminated.c_str(), parsed.bytes.data() + 12) != 1) return std::nullopt;
  std::fill_n(parsed.bytes.begin(), 10, std::uint8_t{0});
  parsed.bytes[10] = parsed.bytes[11] = 0xFF;
  parsed.is_ipv4 = true;
  return parsed;
}

std::optional<int> parse_prefix(std::string_view text, int bits_max) {
  int bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (bits < 0 || bits > bits_max) return std::nullopt;
  return bits;
}

Address masked(const Address& address, int prefix_bits) {
  Address out{};
  for (int i = 0; i < 16; ++i) {
    const int kept = std::clamp(prefix_bits - 8 * i, 0, 8);
    const auto at = static_cast<std::size_t>(i);
    out[at] = static_cast<std::uint8_t>(address[at] & (0xFF00 >> kept));
  }
  return out;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  AddressRange range{address->bytes, 128};
  if (slash != std::string_view::npos) {
    const auto bits = parse_prefix(text.substr(slash + 1), address->is_ipv4 ? 32 : 128);
    if (!bits) return std::nullopt;
    range.prefix_bits = *bits + (address->is_ipv4 ? 96 : 0);
  }
  if (masked(range.network, range.prefix_bits) != range.network) return std::nullopt;
  return range;
}

bool AddressRange::contains(std::string_view address) const {
  const auto parsed = parse_address(address);
  return parsed && masked(parsed->bytes, prefix_bits) == network;
}

}  // namespace kassa::ops

// A range of IP addresses, as configuration writes it: "10.0.0.0/8", "2001:db8::/32", "127.0.0.1".
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kassa::ops {

struct AddressRange {
  /// IPv4 is kept as ::ffff:a.b.c.d, so that a mapped address is in the range of its IPv4 form.
  std::array<std::uint8_t, 16> network{};
  int prefix_bits = 128;

  bool operator==(const AddressRange&) const = default;

  /// Nothing when `text` is not an address or range, or has bits set outside its prefix (a typing
  /// error that would trust more or less than was meant).
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);

  /// False for what is not an address.
  [[nodiscard]] bool contains(std::string_view address) const;
};

}  // namespace kassa::ops

// Money: a 64-bit integer of minor units together with its currency. No floating point near it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kassa::domain {

/// The largest amount of one payment, in minor units (wire.md §4: 1 … 10 000 000 000 000).
inline constexpr std::int64_t kAmountMinorMax = 10'000'000'000'000;

/// The largest sum that is added up to without being asked twice: a day's, a trader's. What settles
/// otherwise than it was asked still fits into 64 bits above it, half a million times over.
inline constexpr std::int64_t kSumMinorMax = 4'000'000'000'000'000'000;

/// An ISO 4217 alpha-3 code. A default one is empty and equals no real currency.
struct Currency {
  std::array<char, 3> letters{};

  auto operator<=>(const Currency&) const = default;

  /// Exactly three capital letters, or nothing.
  [[nodiscard]] static std::optional<Currency> parse(std::string_view text);
  [[nodiscard]] std::string text() const { return {letters.data(), letters.size()}; }
};

/// An amount that knows its currency. Arithmetic between two currencies, or past 64 bits, is a
/// KASSA_CHECK: neither can happen, and a wrong sum is worse than a refused command.
struct Money {
  std::int64_t minor = 0;
  Currency currency;

  bool operator==(const Money&) const = default;
};

[[nodiscard]] Money operator+(const Money& a, const Money& b);
[[nodiscard]] Money operator-(const Money& a, const Money& b);

/// Sum of minor units with the overflow checked.
[[nodiscard]] std::int64_t checked_add(std::int64_t a, std::int64_t b);

/// The same, or nothing where the sum would leave 64 bits: for sums that callers can drive there.
[[nodiscard]] std::optional<std::int64_t> add(std::int64_t a, std::int64_t b);

/// What is kept of a payment: `basis_points` of the amount (1/100 of a per cent), rounded half to
/// even, plus `fixed_minor`; never more than the amount itself.
struct FeeRule {
  std::int64_t basis_points = 0;  // 0 … 10 000
  std::int64_t fixed_minor = 0;   // ≥ 0

  bool operator==(const FeeRule&) const = default;
};
[[nodiscard]] Money fee_of(const Money& amount, const FeeRule& rule);

}  // namespace kassa::domain

template <>
struct std::hash<kassa::domain::Currency> {
  std::size_t operator()(const kassa::domain::Currency& c) const noexcept {
    return (static_cast<std::size_t>(static_cast<unsigned char>(c.letters[0])) << 16) |
           (static_cast<std::size_t>(static_cast<unsigned char>(c.letters[1])) << 8) |
           static_cast<unsigned char>(c.letters[2]);
  }
};

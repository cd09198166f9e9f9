#include "domain/money.hpp"

#include <algorithm>

#include "domain/check.hpp"

namespace kassa::domain {

// Not ISO C++, but both compilers have it; only a typedef can say so.
__extension__ typedef __int128 Int128;  // NOLINT(modernize-use-using)

std::optional<Currency> Currency::parse(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  Currency currency;
  for (std::size_t i = 0; i < 3; ++i) {
    if (text[i] < 'A' || text[i] > 'Z') return std::nullopt;
    currency.letters[i] = text[i];
  }
  return currency;
}

std::optional<std::int64_t> add(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::int64_t checked_add(std::int64_t a, std::int64_t b) {
  const auto sum = add(a, b);
  KASSA_CHECK(sum.has_value(), "a sum of money left 64 bits");
  return *sum;
}

Money operator+(const Money& a, const Money& b) {
  KASSA_CHECK(a.currency == b.currency, "sum of two currencies");
  return {checked_add(a.minor, b.minor), a.currency};
}

Money operator-(const Money& a, const Money& b) {
  KASSA_CHECK(a.currency == b.currency, "difference of two currencies");
  std::int64_t difference = 0;
  KASSA_CHECK(!__builtin_sub_overflow(a.minor, b.minor, &difference),
              "a difference of money left 64 bits");
  return {difference, a.currency};
}

Money fee_of(const Money& amount, const FeeRule& rule) {
  KASSA_CHECK(amount.minor >= 0 && rule.basis_points >= 0 && rule.basis_points <= 10'000 &&
                  rule.fixed_minor >= 0,
              "fee rule out of range");
  // 128 bits hold amount × 10 000 for every 64-bit amount.
  const Int128 scaled = static_cast<Int128>(amount.minor) * rule.basis_points;
  auto whole = static_cast<std::int64_t>(scaled / 10'000);
  const auto rest = static_cast<std::int64_t>(scaled % 10'000);
  if (rest > 5'000 || (rest == 5'000 && (whole & 1) != 0)) ++whole;
  const std::int64_t fee = checked_add(whole, rule.fixed_minor);
  return {std::min(fee, amount.minor), amount.currency};
}

}  // namespace kassa::domain

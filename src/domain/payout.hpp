// The rows of payouts besides the payment itself: who executes it, and whose turn it is.
//
//   given to a trader ─▶ PayoutOrder 1: open ─▶ handed_back
//                    ─▶ PayoutOrder 2: open ─▶ paid          a word names its order
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "domain/time.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

/// How many times traders may hand a payout back; the next one is a dispute (wire §8.2).
inline constexpr std::int32_t kHandBacksMax = 2;

enum class OrderState : std::uint8_t {
  open = 1,  // the trader is paying, or, after its lifetime, may have paid
  paid = 2,
  handed_back = 3,
  wrong_requisites = 4,
  failed = 5,
  revoked = 6,  // taken away: a "paid" for it raises an alarm
};
[[nodiscard]] constexpr std::string_view name(OrderState state) {
  switch (state) {
    case OrderState::open:
      return "open";
    case OrderState::paid:
      return "paid";
    case OrderState::handed_back:
      return "handed_back";
    case OrderState::wrong_requisites:
      return "wrong_requisites";
    case OrderState::failed:
      return "failed";
    case OrderState::revoked:
      return "revoked";
  }
  return "unknown";
}

struct PayoutOrderId {
  RequestId request_id;
  std::int32_t number = 0;  // 1, 2, 3 … within the payout

  auto operator<=>(const PayoutOrderId&) const = default;
};

/// One trader's turn at one payout.
struct PayoutOrder {
  PayoutOrderId id;
  TraderId trader_id;
  OrderState state = OrderState::open;
  Instant taken_at;
  std::optional<Instant> ended_at;

  [[nodiscard]] const PayoutOrderId& key() const { return id; }
};

/// What a trader has in hand of payouts, and their place in the line (domain/payout_routing.hpp).
struct PayoutTurn {
  TraderId trader_id;
  std::int64_t in_hand = 0;  // payouts in `processing:payout_process`
  Instant turn_at{};         // the smallest goes first

  [[nodiscard]] const TraderId& key() const { return trader_id; }
};

}  // namespace kassa::domain

template <>
struct std::hash<kassa::domain::PayoutOrderId> {
  std::size_t operator()(const kassa::domain::PayoutOrderId& id) const noexcept {
    return std::hash<kassa::domain::RequestId>{}(id.request_id) ^
           (static_cast<std::size_t>(id.number) * 0x9E3779B97F4A7C15ULL);
  }
};

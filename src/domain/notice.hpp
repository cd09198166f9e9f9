// Something was seen: money that arrived, a receipt that was shown, a "paid" that came too late. It
// is kept whatever becomes of it, and posts nothing by itself.
//
//   seen ─┬─ whose is it? nobody knows ─▶ waiting ──▶ assigned to a payment, or read
//         └─ a payment's ─┬─ it changed it ───▶ applied
//                         └─ it could not ────▶ attached (unread) ──▶ read, or applied by a person
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/payment.hpp"
#include "domain/requisites.hpp"

namespace kassa::domain {

enum class NoticeKind : std::uint8_t {
  money = 1,      // arrived on requisites
  receipt = 2,    // the payer showed a file (domain/receipt.hpp)
  late_paid = 3,  // a trader says "paid" for an order that is not theirs any more
};
[[nodiscard]] constexpr std::string_view name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::money:
      return "money";
    case NoticeKind::receipt:
      return "receipt";
    case NoticeKind::late_paid:
      return "late_paid";
  }
  return "unknown";
}

enum class NoticeState : std::uint8_t {
  waiting = 1,   // nobody knows whose it is
  attached = 2,  // a payment's, unread
  applied = 3,   // it changed its payment, or a person used it to
  read = 4,      // a person looked, and it changed nothing
};
[[nodiscard]] constexpr std::string_view name(NoticeState state) {
  switch (state) {
    case NoticeState::waiting:
      return "waiting";
    case NoticeState::attached:
      return "attached";
    case NoticeState::applied:
      return "applied";
    case NoticeState::read:
      return "read";
  }
  return "unknown";
}

struct Notice {
  NoticeId id;
  NoticeKind kind = NoticeKind::money;
  NoticeState state = NoticeState::waiting;
  RequestId request_id;        // nil: nobody's yet
  RequisitesId requisites_id;  // nil: it came to none (a receipt, a late "paid")
  Currency currency;
  std::int64_t amount = 0;  // minor units; 0: none was named
  Instant seen_at;          // when the money moved, by its payment's clock
  Instant recorded_at;      // when we were told
  Actor by;                 // who told us
  std::string reason;       // why it is in its state, for operators
  Sealed details;           // NoticeDetails (domain/details.hpp)
  Sealed note;              // of whoever read it; empty: nothing

  [[nodiscard]] const NoticeId& key() const { return id; }
};

/// Who held a slot at one moment (wire: the slot's time), asked of the store.
struct SlotMoment {
  SlotId slot;
  Instant at;

  bool operator==(const SlotMoment&) const = default;
};

}  // namespace kassa::domain

template <>
struct std::hash<kassa::domain::SlotMoment> {
  std::size_t operator()(const kassa::domain::SlotMoment& moment) const noexcept {
    return std::hash<kassa::domain::SlotId>{}(moment.slot) ^
           static_cast<std::size_t>(moment.at.time_since_epoch().count());
  }
};

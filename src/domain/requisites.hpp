// The rows of routing: where a transfer can go, and what each place already carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/money.hpp"
#include "domain/payment.hpp"
#include "domain/time.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

/// A card, phone or account of a trader. What names the place and its holder never changes (a
/// changed card is new requisites), so a payment refers to it by id.
struct Requisites {
  RequisitesId id;
  TraderId trader_id;
  std::string pool = "default";
  Currency currency;
  std::string methods;  // space-separated codes, with a space before and after: " card-p2p "
  std::string bank_symbol;
  std::string bank_country;  // ISO 3166-1 alpha-2
  bool on = true;
  std::int64_t amount_min = 1;  // of one payin, minor units
  std::int64_t amount_max = kAmountMinorMax;
  std::int64_t day_count_max = 0;  // payins per calendar day, 0: no limit
  std::int64_t day_sum_max = 0;    // their sum, 0: no limit
  std::int64_t cool_down_s = 0;    // rest between two assignments
  std::int64_t weight = 1;         // 1 … 1000: how often, compared with the others
  std::string time_zone = "UTC";   // IANA name; a day is a calendar day there
  Instant turn_at;                 // whose turn it is: the smallest goes first (domain/routing.hpp)
  std::optional<Instant> last_used_at;
  Instant created_at;
  std::string number_mask;  // for people: first and last digits only (domain/masks.hpp)
  std::string number_hash;  // keyed hash of card, phone or account: one number, one requisites, or
                            // two payins could share a slot there; empty for simulated ones
  Sealed details;           // the number and the holder (domain/details.hpp)

  [[nodiscard]] const RequisitesId& key() const { return id; }
};

/// One transfer names one payment: while a payin holds (requisites, amount), no other live one may.
struct SlotId {
  RequisitesId requisites_id;
  std::int64_t amount = 0;

  bool operator==(const SlotId&) const = default;
};
struct Slot {
  SlotId id;
  RequestId request_id;  // the holder, or the last one
  Instant held_from;
  Instant held_until;  // free from this instant on

  [[nodiscard]] const SlotId& key() const { return id; }
};

/// Somebody held a slot, and somebody else got it after them: kept so that late money finds whose
/// it was. Append-only; the latest holder stands in the slot itself.
struct SlotHold {
  SlotId slot;
  Instant held_from;
  Instant held_until;
  RequestId request_id;
};

/// What one requisites took on one of its calendar days.
struct RequisitesDayId {
  RequisitesId requisites_id;
  std::int32_t day = 0;  // days since 1970-01-01 in the requisites' time zone

  bool operator==(const RequisitesDayId&) const = default;
};
struct RequisitesDay {
  RequisitesDayId id;
  std::int64_t count = 0;
  std::int64_t sum = 0;

  [[nodiscard]] const RequisitesDayId& key() const { return id; }
};

/// Amounts of a trader's unfinished payins in one currency. With what they owe (minus the balance
/// of their account) it stays within their credit, checked at assignment.
struct ExposureId {
  TraderId trader_id;
  Currency currency;

  bool operator==(const ExposureId&) const = default;
};
struct Exposure {
  ExposureId id;
  std::int64_t open_amount = 0;

  [[nodiscard]] const ExposureId& key() const { return id; }
};

/// How far a test project's clock is ahead of real time; only ever grows.
struct TestClock {
  ClockId id;
  std::int64_t offset_ms = 0;

  [[nodiscard]] const ClockId& key() const { return id; }
};

}  // namespace kassa::domain

template <>
struct std::hash<kassa::domain::SlotId> {
  std::size_t operator()(const kassa::domain::SlotId& id) const noexcept {
    return std::hash<kassa::domain::RequisitesId>{}(id.requisites_id) ^
           (static_cast<std::size_t>(id.amount) * 0x9E3779B97F4A7C15ULL);
  }
};
template <>
struct std::hash<kassa::domain::RequisitesDayId> {
  std::size_t operator()(const kassa::domain::RequisitesDayId& id) const noexcept {
    return std::hash<kassa::domain::RequisitesId>{}(id.requisites_id) ^
           (static_cast<std::size_t>(id.day) * 0x9E3779B97F4A7C15ULL);
  }
};
template <>
struct std::hash<kassa::domain::ExposureId> {
  std::size_t operator()(const kassa::domain::ExposureId& id) const noexcept {
    return std::hash<kassa::domain::TraderId>{}(id.trader_id) ^
           std::hash<kassa::domain::Currency>{}(id.currency);
  }
};

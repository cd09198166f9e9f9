// Money that no payment moves: paid out to merchants and traders, brought in by them, or given back
// by a bank. One operator writes it down, another approves it; it posts then and not before, and
// exactly one transfer, which carries the settlement's id.
//
//   create ─▶ pending ─┬─ another approves ─▶ approved: posted
//                      └─ rejected ─────────▶ rejected: nothing moved
//
//   settlement   available ─▶ clearing   paid out to a merchant
//   deposit      clearing ─▶ available   a merchant's money from outside
//   top_up       clearing ─▶ trader      a trader's money from outside: they owe less
//   withdrawal   trader ─▶ clearing      paid out to a trader: they owe more
//   returned     trader ─▶ available     a finished payout that the receiver's bank sent back
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/ledger.hpp"
#include "domain/payment.hpp"

namespace kassa::domain {

enum class SettlementKind : std::uint8_t {
  settlement = 1,
  deposit = 2,
  top_up = 3,
  withdrawal = 4,
  returned = 5,
};
inline constexpr std::array kSettlementKinds = {SettlementKind::settlement, SettlementKind::deposit,
                                                SettlementKind::top_up, SettlementKind::withdrawal,
                                                SettlementKind::returned};
/// The names of kinds are those of their transfers.
[[nodiscard]] constexpr TransferKind transfer_kind(SettlementKind kind) {
  switch (kind) {
    case SettlementKind::settlement:
      return TransferKind::settlement;
    case SettlementKind::deposit:
      return TransferKind::deposit;
    case SettlementKind::top_up:
      return TransferKind::top_up;
    case SettlementKind::withdrawal:
      return TransferKind::withdrawal;
    case SettlementKind::returned:
      break;
  }
  return TransferKind::returned;
}
[[nodiscard]] constexpr std::string_view name(SettlementKind kind) {
  return name(transfer_kind(kind));
}

/// Whether it is made for a trader; the others are made for a project.
[[nodiscard]] constexpr bool is_for_trader(SettlementKind kind) {
  return kind == SettlementKind::top_up || kind == SettlementKind::withdrawal;
}

enum class SettlementStatus : std::uint8_t { pending = 1, approved = 2, rejected = 3 };
[[nodiscard]] constexpr std::string_view name(SettlementStatus status) {
  switch (status) {
    case SettlementStatus::pending:
      return "pending";
    case SettlementStatus::approved:
      return "approved";
    case SettlementStatus::rejected:
      return "rejected";
  }
  return "unknown";
}

struct Settlement {
  SettlementId id;
  SettlementKind kind = SettlementKind::settlement;
  SettlementStatus status = SettlementStatus::pending;
  ProjectId project_id;  // nil where it is for a trader
  TraderId trader_id;    // nil where it is for a project; of `returned` the payout's
  RequestId payout;      // of `returned`, else nil
  std::int64_t amount = 0;
  Currency currency;
  std::int32_t number = 0;  // of an approved `returned`: 1, 2, 3 … within its payout
  std::string made_by;      // operators' names
  Instant made_at;          // real time, in every mode
  std::string decided_by;   // empty while it is pending
  std::optional<Instant> decided_at;
  Sealed reference;  // what the bank's papers call it
  Sealed note;       // why it was rejected, or empty

  [[nodiscard]] const SettlementId& key() const { return id; }
};

/// A settlement by the maker's own name for it: the same create again makes no second one.
struct SettlementKey {
  std::string id;
  SettlementId settlement_id;
  ContentHash content;

  [[nodiscard]] const std::string& key() const { return id; }
};

/// What an approved settlement moves, all but `lane`, `seq` and `at`.
[[nodiscard]] Transfer transfer_of(const Settlement& settlement);

/// Whether a transfer of the books is what that settlement moves.
[[nodiscard]] bool is_transfer_of(const Transfer& transfer, const Settlement& settlement);

}  // namespace kassa::domain

// The books: double entry, append-only. A transfer takes from one account and gives to another, so
// the sum over all accounts is zero in every currency, always.
//
//   payin success     trader ─▶ available (amount − fee), trader ─▶ fees (fee)
//   payout create     available ─▶ locked (amount + fee)
//   payout success    locked ─▶ trader (amount), locked ─▶ fees (fee), locked ─▶ available (rest)
//   payout decline    locked ─▶ available
//   correction        the difference, in whichever direction
//   deposit           clearing ─▶ available
//   settlement        available ─▶ clearing
//   top-up            clearing ─▶ trader
//   withdrawal        trader ─▶ clearing
//   returned          trader ─▶ available
//
// A trader's balance is minus what they owe. Accounts with a limit (available, locked, trader) keep
// a balance row; fees and clearing have none: theirs is folded from the transfers, so that no two
// payments ever wait for one another there.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/money.hpp"
#include "domain/time.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

enum class AccountKind : std::uint8_t {
  available = 1,  // a project's money
  locked = 2,     // a project's money held for unfinished payouts
  trader = 3,
  fees = 4,      // ours; owner: the project that paid it
  clearing = 5,  // the outside world; owner: whose money crossed it
};

struct AccountId {
  AccountKind kind = AccountKind::available;
  Uuid owner;
  Currency currency;

  auto operator<=>(const AccountId&) const = default;
};

/// Whose id stands in an account.
enum class AccountOwner : std::uint8_t { project, trader, either };
/// What holds for a kind of account: the chart of accounts (docs/ledger.md is made from it).
struct AccountRule {
  AccountKind kind;
  std::string_view name;
  AccountOwner owner;
  std::string_view book_name;  // how the books spell such an account, <id> being its owner
  bool has_row;                // keeps a balance row; the others are folded from the transfers
  bool has_floor;              // never below zero
  std::string_view meaning;
};
inline constexpr AccountRule kAccountRules[] = {
    {AccountKind::available, "available", AccountOwner::project, "project:<id>:available", true,
     true, "a project's money"},
    {AccountKind::locked, "locked", AccountOwner::project, "project:<id>:locked", true, true,
     "a project's money, held for its unfinished payouts"},
    {AccountKind::trader, "trader", AccountOwner::trader, "trader:<id>", true, false,
     "minus what a trader owes"},
    {AccountKind::fees, "fees", AccountOwner::project, "fees:<id>", false, false,
     "what a project has paid in fees"},
    {AccountKind::clearing, "clearing", AccountOwner::either, "clearing:<id>", false, false,
     "the outside world: what went out to it for a project or a trader, less what came in"},
};
/// Null for a number that is no kind.
[[nodiscard]] constexpr const AccountRule* rule_of(AccountKind kind) {
  for (const AccountRule& rule : kAccountRules) {
    if (rule.kind == kind) return &rule;
  }
  return nullptr;
}
[[nodiscard]] constexpr bool has_balance_row(AccountKind kind) {
  const AccountRule* rule = rule_of(kind);
  return rule != nullptr && rule->has_row;
}
[[nodiscard]] constexpr bool has_floor(AccountKind kind) {
  const AccountRule* rule = rule_of(kind);
  return rule != nullptr && rule->has_floor;
}
[[nodiscard]] constexpr std::string_view name(AccountKind kind) {
  const AccountRule* rule = rule_of(kind);
  return rule != nullptr ? rule->name : "unknown";
}

/// "trader:0190…": the account in books that people read, without its currency.
[[nodiscard]] std::string book_name(const AccountId& id);

struct Account {
  AccountId id;
  std::int64_t balance = 0;  // minor units

  [[nodiscard]] const AccountId& key() const { return id; }
};

enum class TransferKind : std::uint8_t {
  payin = 1,           // the merchant's part of a payin
  payin_fee = 2,       // our part
  correction = 3,      // difference of the merchant's part
  correction_fee = 4,  // difference of our part
  deposit = 5,         // a merchant's money from outside
  payout_hold = 6,     // amount and fee of a payout, locked at its creation
  payout = 7,          // what its trader paid
  payout_fee = 8,      // our part
  payout_release = 9,  // what was locked and is not needed

  // Of settlements (domain/settlement.hpp), as is a deposit but a test project's first balance.
  settlement = 20,  // paid out to a merchant
  top_up = 21,      // a trader's money from outside
  withdrawal = 22,  // paid out to a trader
  returned = 23,    // of a finished payout, by the receiver's bank
};

/// What holds for a kind of transfer (docs/ledger.md is made from it).
struct TransferRule {
  TransferKind kind;
  std::string_view name;
  AccountKind debit;   // takes from this
  AccountKind credit;  // gives to this
  bool either_way;     // a correction downwards goes from credit to debit
  std::string_view meaning;
};
inline constexpr TransferRule kTransferRules[] = {
    {TransferKind::payin, "payin", AccountKind::trader, AccountKind::available, false,
     "what came for a payin, less the fee"},
    {TransferKind::payin_fee, "payin_fee", AccountKind::trader, AccountKind::fees, false,
     "the fee of a payin"},
    {TransferKind::correction, "correction", AccountKind::trader, AccountKind::available, true,
     "a payin settled anew: by how much the project's part differs"},
    {TransferKind::correction_fee, "correction_fee", AccountKind::trader, AccountKind::fees, true,
     "a payin settled anew: by how much the fee differs"},
    {TransferKind::deposit, "deposit", AccountKind::clearing, AccountKind::available, false,
     "a project's money from outside; a test project begins with one"},
    {TransferKind::payout_hold, "payout_hold", AccountKind::available, AccountKind::locked, false,
     "amount and fee of a payout, at its creation"},
    {TransferKind::payout, "payout", AccountKind::locked, AccountKind::trader, false,
     "what a trader has paid out"},
    {TransferKind::payout_fee, "payout_fee", AccountKind::locked, AccountKind::fees, false,
     "the fee of a payout"},
    {TransferKind::payout_release, "payout_release", AccountKind::locked, AccountKind::available,
     false, "what was locked for a payout and is not needed"},
    {TransferKind::settlement, "settlement", AccountKind::available, AccountKind::clearing, false,
     "paid out to a merchant"},
    {TransferKind::top_up, "top_up", AccountKind::clearing, AccountKind::trader, false,
     "a trader's money from outside"},
    {TransferKind::withdrawal, "withdrawal", AccountKind::trader, AccountKind::clearing, false,
     "paid out to a trader"},
    {TransferKind::returned, "returned", AccountKind::trader, AccountKind::available, false,
     "what the receiver's bank sent back of a finished payout"},
};
/// Null for a number that is no kind.
[[nodiscard]] constexpr const TransferRule* rule_of(TransferKind kind) {
  for (const TransferRule& rule : kTransferRules) {
    if (rule.kind == kind) return &rule;
  }
  return nullptr;
}
[[nodiscard]] constexpr std::string_view name(TransferKind kind) {
  const TransferRule* rule = rule_of(kind);
  return rule != nullptr ? rule->name : "unknown";
}

/// SHA-256 over a lane's transfers up to and with one (store/transfer_chain.hpp).
using ChainHash = std::array<std::uint8_t, 32>;

/// Kinds of transfers that settlements make: their `request_id` is the settlement's id.
inline constexpr std::array kSettlementTransfers = {TransferKind::deposit, TransferKind::settlement,
                                                    TransferKind::top_up, TransferKind::withdrawal,
                                                    TransferKind::returned};
[[nodiscard]] constexpr bool is_of_settlement(TransferKind kind) {
  return std::ranges::find(kSettlementTransfers, kind) != kSettlementTransfers.end();
}

struct Transfer {
  std::int64_t lane = 0;  // the writer that appended it
  std::int64_t seq = 0;   // its place in the lane, 1, 2, 3 …; set when it is applied
  RequestId request_id;   // whose it is: a payment's, or a settlement's by its kind; nil: nobody's
  TransferKind kind = TransferKind::payin;
  std::int32_t correction = 0;    // 0: the settlement; n: the n-th correction of the payment
  AccountId debit;                // its balance falls by `amount_minor`
  AccountId credit;               // its balance grows by it
  std::int64_t amount_minor = 0;  // > 0
  Instant at;
  ChainHash chain{};  // set when it is applied
};

/// Whether its accounts are of the kinds that its own kind moves money between.
[[nodiscard]] constexpr bool follows_its_rule(const Transfer& transfer) {
  const TransferRule* rule = rule_of(transfer.kind);
  if (rule == nullptr) return false;
  const auto goes = [&transfer](AccountKind from, AccountKind to) {
    return transfer.debit.kind == from && transfer.credit.kind == to;
  };
  return goes(rule->debit, rule->credit) || (rule->either_way && goes(rule->credit, rule->debit));
}

}  // namespace kassa::domain

template <>
struct std::hash<kassa::domain::AccountId> {
  std::size_t operator()(const kassa::domain::AccountId& id) const noexcept {
    return kassa::domain::UuidHash{}(id.owner) ^
           (std::hash<kassa::domain::Currency>{}(id.currency) << 8) ^
           static_cast<std::size_t>(id.kind);
  }
};

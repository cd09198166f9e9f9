// The books: double entry, append-only. A transfer takes from one account and gives to another, so
// the sum over all accounts is zero in every currency, always.
//
//   payin success     trader ─▶ available (amount − fee), trader ─▶ fees (fee)
//   correction        the difference, in whichever direction
//   deposit           clearing ─▶ available
//
// A trader's balance is minus what they owe. Accounts with a limit (available, locked, trader) keep
// a balance row; fees and clearing have none: theirs is folded from the transfers, so that no two
// payments ever wait for one another there.
#pragma once

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

struct Transfer {
  std::int64_t lane = 0;  // the writer that appended it
  std::int64_t seq = 0;   // its place in the lane, 1, 2, 3 …; set when it is applied
  RequestId request_id;   // nil: no payment's
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

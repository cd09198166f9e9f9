// Transfers that a change of a payment makes, and the balances they move.
#pragma once

#include <expected>

#include "domain/commands.hpp"
#include "domain/lifecycle.hpp"

namespace kassa::domain {

/// Which transfers an edge's posting makes, one line each (docs/ledger.md is made from it).
struct PostingLine {
  Posting posting;
  TransferKind kind;
};
inline constexpr PostingLine kPostingLines[] = {
    {Posting::settle, TransferKind::payin},
    {Posting::settle, TransferKind::payin_fee},
    {Posting::correct, TransferKind::correction},
    {Posting::correct, TransferKind::correction_fee},
    {Posting::pay_out, TransferKind::payout},
    {Posting::pay_out, TransferKind::payout_fee},
    {Posting::pay_out, TransferKind::payout_release},
    {Posting::release, TransferKind::payout_release},
};

/// Appends the transfer and moves both balances. Refused (409 insufficient_balance), with nothing
/// changed, when a project's available or locked balance would fall below zero.
[[nodiscard]] std::expected<void, Refusal> post(WorkingSet& ws, const Context& ctx,
                                                Transfer transfer);

/// Locks a payout's amount and fee. Refused (409 insufficient_balance) where the project's
/// available balance does not cover both; nothing is changed then.
[[nodiscard]] std::expected<void, Refusal> hold_payout(WorkingSet& ws, const Context& ctx,
                                                       RequestId id, Instant at);

/// The edge's posting for a payout of which `amount` was paid (payout_lifecycle.hpp). More than
/// what was locked is refused.
[[nodiscard]] std::expected<void, Refusal> post_payout(WorkingSet& ws, const Context& ctx,
                                                       RequestId id, Posting posting,
                                                       std::int64_t amount, Instant at);

/// The edge's posting for a payin that has come to `amount` (payin_lifecycle.hpp).
[[nodiscard]] std::expected<void, Refusal> post_payin(WorkingSet& ws, const Context& ctx,
                                                      RequestId id, Posting posting,
                                                      std::int64_t amount, Instant at);

[[nodiscard]] AccountId available_account(const Payment& payment);
[[nodiscard]] AccountId locked_account(const Payment& payment);
[[nodiscard]] AccountId trader_account(const Payment& payment);

}  // namespace kassa::domain

// Transfers that a change of a payment makes, and the balances they move.
#pragma once

#include <expected>

#include "domain/commands.hpp"

namespace kassa::domain {

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

#include "domain/settlement_rules.hpp"

#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

using Allowed = std::expected<void, Refusal>;

std::unexpected<Refusal> refuse(RefusalCode code, std::string message,
                                std::optional<State> current = std::nullopt) {
  return std::unexpected(Refusal{code, std::move(message), current, false});
}

Allowed require_balance(const Settlement& settlement, const WorkingSet& ws) {
  const Account* account = ws.accounts.find(transfer_of(settlement).debit);
  const std::int64_t available = account ? account->balance : 0;
  if (available >= settlement.amount) return {};
  return refuse(RefusalCode::insufficient_balance, "The project's available balance is " +
                                                       std::to_string(available) +
                                                       ", which does not cover the settlement.");
}

/// As at assignment (candidates.cpp): what they owe and their unfinished payins stay within credit.
Allowed require_credit(const Settlement& settlement, const WorkingSet& ws, const Trader& trader) {
  if (trader.unlimited) return {};
  const auto found = trader.credit.find(settlement.currency);
  const std::int64_t credit = found == trader.credit.end() ? 0 : found->second;
  const std::int64_t owed = owed_of(ws.accounts.find(transfer_of(settlement).debit),
                                    ws.exposures.find({trader.id, settlement.currency}));
  if (owed <= credit - settlement.amount) return {};
  return refuse(RefusalCode::insufficient_balance,
                "With their unfinished payins the trader owes " + std::to_string(owed) +
                    " and may owe " + std::to_string(credit) +
                    "; the withdrawal would take them beyond that.");
}

/// Only what a finished payout settled can come back, and all that ever came back counts.
Allowed require_payout(const Settlement& settlement, const WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, settlement.payout);
  if (!found) return std::unexpected(found.error());
  const Payment& payout = **found;
  if (payout.project_id != settlement.project_id) return std::unexpected(payment_not_found());
  if (payout.kind != PaymentKind::payout) {
    return refuse(RefusalCode::validation_failed, "Only money of a payout can be returned.");
  }
  if (payout.currency != settlement.currency) {
    return refuse(RefusalCode::validation_failed,
                  "The payout is in " + payout.currency.text() + ".");
  }
  if (payout.state != state::success) {
    return refuse(RefusalCode::transition_not_allowed,
                  "The payout is in " + text(payout.state) +
                      "; only money of a finished one can be returned.",
                  payout.state);
  }
  if (payout.trader_id != settlement.trader_id) {
    return refuse(RefusalCode::transition_not_allowed, "Another trader has executed the payout.",
                  payout.state);
  }
  const Trader* trader = ctx.config.trader(payout.trader_id);
  if (trader == nullptr || trader->test != ctx.config.project(settlement.project_id)->test) {
    return refuse(RefusalCode::validation_failed,
                  "Money of a test project and of a live trader never meet.");
  }
  const std::int64_t left = payout.settled_amount - payout.returned_amount;
  if (settlement.amount > left) {
    return refuse(RefusalCode::insufficient_balance,
                  "Of this payout " + std::to_string(left) + " can still be returned.");
  }
  return {};
}

}  // namespace

void reads_settlement(const Settlement& settlement, const WorkingSet& ws, Keys& keys) {
  if (settlement.kind == SettlementKind::returned && !ws.payments.knows(settlement.payout)) {
    keys.payments.push_back(settlement.payout);  // it says whose account it comes from
    return;
  }
  const Transfer transfer = transfer_of(settlement);
  for (const AccountId& account : {transfer.debit, transfer.credit}) {
    if (has_balance_row(account.kind)) name_unknown(ws.accounts, keys.accounts, account);
  }
  if (settlement.kind == SettlementKind::withdrawal) {
    name_unknown(ws.exposures, keys.exposures,
                 ExposureId{settlement.trader_id, settlement.currency});
  }
}

Allowed require_operator(const Context& ctx, const std::string& name) {
  const auto found = ctx.config.operators.find(name);
  if (found == ctx.config.operators.end()) {
    return refuse(RefusalCode::validation_failed,
                  "Nobody of that name is an operator; `kassa operator add NAME` makes one.");
  }
  if (!found->second.on) {
    return refuse(RefusalCode::validation_failed, "This operator is switched off.");
  }
  return {};
}

Allowed require_postable(const Settlement& settlement, const WorkingSet& ws, const Context& ctx) {
  if (is_for_trader(settlement.kind)) {
    const Trader* trader = ctx.config.trader(settlement.trader_id);
    if (trader == nullptr) {
      return refuse(RefusalCode::not_found, "There is no trader of this id.");
    }
    if (settlement.kind == SettlementKind::withdrawal) {
      return require_credit(settlement, ws, *trader);
    }
    return {};
  }
  if (ctx.config.project(settlement.project_id) == nullptr) {
    return refuse(RefusalCode::not_found, "There is no project of this id.");
  }
  if (settlement.kind == SettlementKind::settlement) return require_balance(settlement, ws);
  if (settlement.kind == SettlementKind::returned) return require_payout(settlement, ws, ctx);
  return {};
}

}  // namespace kassa::domain

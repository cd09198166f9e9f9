// Another operator approves a settlement, and it is posted in the same transaction; or it is
// rejected, and nothing ever moves. Once: the same word of the same person again changes nothing,
// any other is refused.
#include "domain/postings.hpp"
#include "domain/settlement_rules.hpp"

namespace kassa::domain {
namespace {

using Verdict = DecideSettlement::Verdict;

std::unexpected<Refusal> refuse(RefusalCode code, std::string message) {
  return std::unexpected(Refusal{code, std::move(message), std::nullopt, false});
}

SettlementStatus outcome_of(Verdict verdict) {
  return verdict == Verdict::approve ? SettlementStatus::approved : SettlementStatus::rejected;
}

Decision answer_again(const DecideSettlement& command, const Settlement& settlement) {
  if (settlement.status == outcome_of(command.verdict) && settlement.decided_by == command.by) {
    return SettlementAnswer{settlement, false};
  }
  return refuse(RefusalCode::transition_not_allowed, "The settlement is " +
                                                         std::string(name(settlement.status)) +
                                                         " already, and is decided once.");
}

/// The n-th return of a payout, which never gives back more than it settled.
void count_return(WorkingSet& ws, Settlement& settlement) {
  if (settlement.kind != SettlementKind::returned) return;
  auto& payout = ws.payments.edit(settlement.payout);
  payout.returned_amount = checked_add(payout.returned_amount, settlement.amount);
  settlement.number = ++payout.returns;
}

std::expected<void, Refusal> approve(const DecideSettlement& command, WorkingSet& ws,
                                     const Context& ctx) {
  const Settlement& pending = ws.settlements.get(command.id);
  if (command.by == pending.made_by) {
    return refuse(RefusalCode::validation_failed,
                  "Nobody approves a settlement of their own; another operator must.");
  }
  if (auto postable = require_postable(pending, ws, ctx); !postable) return postable;
  Transfer transfer = transfer_of(pending);
  transfer.lane = ctx.lane;
  transfer.at = ctx.real_now;
  if (auto posted = post(ws, ctx, transfer); !posted) return posted;
  count_return(ws, ws.settlements.edit(command.id));
  return {};
}

}  // namespace

void reads(const DecideSettlement& command, const WorkingSet& ws, const Context&, Keys& keys) {
  if (!ws.settlements.knows(command.id)) {
    keys.settlements.push_back(command.id);
    return;
  }
  const Settlement* settlement = ws.settlements.find(command.id);
  if (settlement != nullptr) reads_settlement(*settlement, ws, keys);
}

Decision decide(const DecideSettlement& command, WorkingSet& ws, const Context& ctx) {
  const Settlement* found = ws.settlements.find(command.id);
  if (found == nullptr) {
    return refuse(RefusalCode::not_found, "There is no settlement of this id.");
  }
  if (found->status != SettlementStatus::pending) return answer_again(command, *found);
  if (auto known = require_operator(ctx, command.by); !known) {
    return std::unexpected(known.error());
  }
  if (command.verdict == Verdict::approve) {
    if (auto approved = approve(command, ws, ctx); !approved) {
      return std::unexpected(approved.error());
    }
  }
  auto& settlement = ws.settlements.edit(command.id);
  settlement.status = outcome_of(command.verdict);
  settlement.decided_by = command.by;
  settlement.decided_at = ctx.real_now;
  settlement.note = command.note;
  return SettlementAnswer{settlement, true};
}

}  // namespace kassa::domain

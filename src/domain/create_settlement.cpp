// An operator writes down money that crosses the border (domain/settlement.hpp). Nothing moves yet.
// The same call with the same key answers the settlement as it stands now.
#include "domain/settlement_rules.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

Settlement new_settlement(const CreateSettlement& command, const WorkingSet& ws,
                          const Context& ctx) {
  Settlement settlement;
  settlement.id = command.id;
  settlement.kind = command.kind;
  settlement.project_id = command.project_id;
  settlement.trader_id = command.trader_id;
  settlement.payout = command.payout;
  settlement.amount = command.amount;
  settlement.currency = command.currency;
  settlement.made_by = command.made_by;
  settlement.made_at = ctx.real_now;
  settlement.reference = command.reference;
  if (command.kind == SettlementKind::returned && ws.payments.knows(command.payout)) {
    const Payment* payout = ws.payments.find(command.payout);
    if (payout != nullptr) settlement.trader_id = payout->trader_id;
  }
  return settlement;
}

/// What is wrong with what was said, whatever the books say; or nothing.
std::optional<std::string> wrong(const CreateSettlement& command, const Config& config) {
  if (is_for_trader(command.kind)) {
    if (command.trader_id.is_nil()) return "A settlement of this kind names a trader.";
    if (!command.project_id.is_nil()) return "A settlement of this kind names no project.";
  } else {
    if (command.project_id.is_nil()) return "A settlement of this kind names a project.";
    if (!command.trader_id.is_nil()) return "A settlement of this kind names no trader.";
  }
  if ((command.kind == SettlementKind::returned) == command.payout.is_nil()) {
    return "Returned money names the payout that it is of, and no other kind names one.";
  }
  if (command.amount < 1 || command.amount > kAmountMinorMax) {
    return amount_out_of_range().message;
  }
  if (config.currency(command.currency) == nullptr) return "The currency is unknown.";
  const Project* project = config.project(command.project_id);
  if (command.kind == SettlementKind::deposit && project != nullptr &&
      !project->currencies.contains(command.currency)) {
    return "The project does not take this currency.";
  }
  return std::nullopt;
}

}  // namespace

void reads(const CreateSettlement& command, const WorkingSet& ws, const Context& ctx, Keys& keys) {
  if (!command.key.empty()) {
    if (!ws.settlement_keys.knows(command.key)) {
      keys.settlement_keys.push_back(command.key);
      return;
    }
    if (const SettlementKey* key = ws.settlement_keys.find(command.key)) {
      if (!ws.settlements.knows(key->settlement_id)) {
        keys.settlements.push_back(key->settlement_id);
      }
      return;
    }
  }
  reads_settlement(new_settlement(command, ws, ctx), ws, keys);
}

Decision decide(const CreateSettlement& command, WorkingSet& ws, const Context& ctx) {
  if (!command.key.empty()) {
    if (const SettlementKey* key = ws.settlement_keys.find(command.key)) {
      if (has_content(command, key->content)) {
        return SettlementAnswer{ws.settlements.get(key->settlement_id), false};
      }
      return std::unexpected(Refusal{RefusalCode::payment_id_conflict,
                                     "Another settlement has this id and other content.",
                                     std::nullopt, false});
    }
  }
  if (auto problem = wrong(command, ctx.config)) {
    return std::unexpected(
        Refusal{RefusalCode::validation_failed, std::move(*problem), std::nullopt, false});
  }
  if (auto known = require_operator(ctx, command.made_by); !known) {
    return std::unexpected(known.error());
  }
  Settlement settlement = new_settlement(command, ws, ctx);
  if (auto postable = require_postable(settlement, ws, ctx); !postable) {
    return std::unexpected(postable.error());
  }
  if (!command.key.empty()) {
    ws.settlement_keys.insert({command.key, command.id, command.content});
  }
  ws.settlements.put_loaded(command.id, std::nullopt);  // the id is fresh
  ws.settlements.insert(settlement);
  return SettlementAnswer{std::move(settlement), true};
}

}  // namespace kassa::domain

#include "domain/payout_orders.hpp"

#include "domain/transition.hpp"
#include "domain/turns.hpp"

namespace kassa::domain {
namespace {

/// How an open order ends by this cause; nothing: it stays as it is.
std::optional<OrderState> end_of(Cause cause) {
  switch (cause) {
    case Cause::paid_out:
    case Cause::settled:
      return OrderState::paid;
    case Cause::handed_back:
    case Cause::handed_back_too_often:
      return OrderState::handed_back;
    case Cause::wrong_requisites:
      return OrderState::wrong_requisites;
    case Cause::pay_failed:
      return OrderState::failed;
    case Cause::retried:
    case Cause::declined:
    case Cause::window_over:
      return OrderState::revoked;
    default:
      return std::nullopt;  // not_paid_out: the trader may have paid
  }
}

PayoutTurn& edit_turn(WorkingSet& ws, TraderId trader) {
  return ws.payout_turns.edit_or_insert({trader, 0, {}});
}

}  // namespace

void give_order(WorkingSet& ws, const Context& ctx, RequestId id, TraderId trader,
                Instant last_in_line, const Actor& actor, Instant at, const std::string& reason) {
  const Trader* known = ctx.config.trader(trader);
  KASSA_CHECK(known != nullptr, "an order for an unknown trader, " + trader.text());
  auto& turn = edit_turn(ws, trader);
  turn.turn_at = next_turn(turn.turn_at, last_in_line, known->payout_weight);
  ++turn.in_hand;

  auto& payout = ws.payments.edit(id);
  payout.trader_id = trader;
  ++payout.orders;
  const PayoutOrderId order = latest_order(payout);
  ws.payout_orders.put_loaded(order, std::nullopt);  // its number is fresh
  ws.payout_orders.insert({order, trader, OrderState::open, at, std::nullopt});
  const auto done = transition(ws, ctx, id, {Cause::taken, actor, at, reason, {}});
  KASSA_CHECK(done.has_value(), "a payout was given away that looks for nobody, " + id.text());
}

std::expected<void, Refusal> hand_back(WorkingSet& ws, const Context& ctx, RequestId id,
                                       const Actor& actor, Instant at, const std::string& reason) {
  const bool too_often = ws.payments.get(id).hand_backs >= kHandBacksMax;
  const Cause cause = too_often ? Cause::handed_back_too_often : Cause::handed_back;
  return transition(ws, ctx, id, {cause, actor, at, reason, {}});
}

void move_order(WorkingSet& ws, RequestId id, State from, Cause cause, Instant at) {
  auto& payout = ws.payments.edit(id);
  if (from == state::payout_process) {
    auto& turn = edit_turn(ws, payout.trader_id);
    --turn.in_hand;
    KASSA_CHECK(turn.in_hand >= 0, "fewer than no payouts in hand, " + payout.trader_id.text());
  }
  if (cause == Cause::handed_back || cause == Cause::handed_back_too_often) ++payout.hand_backs;
  if (const auto end = end_of(cause); end && payout.orders > 0) {
    const PayoutOrder& order = ws.payout_orders.get(latest_order(payout));
    // What a trader said of an order stays; only a proof that it was paid says more.
    if (order.state == OrderState::open || *end == OrderState::paid || cause == Cause::retried) {
      auto& ended = ws.payout_orders.edit(order.id);
      ended.state = *end;
      ended.ended_at = at;
    }
  }
  // Looked for anew: whoever had it has it no more.
  if (payout.state == state::requisites) payout.trader_id = {};
}

}  // namespace kassa::domain

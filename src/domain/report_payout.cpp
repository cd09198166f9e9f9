// A trader's word on a payout (wire §8.2): I take it, I paid, I could not, the requisites are
// wrong, take it back. All but the first name their order, so that a word about an order that has
// ended is never taken for one about the present order.
//
// The same word again answers the payout as it is. "Paid" for an order that was taken away is
// refused, kept as a notice and raises an alarm: the money may have left twice.
#include "domain/notices.hpp"
#include "domain/payout_orders.hpp"
#include "domain/payout_routing.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

using Said = ReportPayout::Word;

std::string_view sentence_of(Said word) {
  switch (word) {
    case Said::take:
      return "taking the payout";
    case Said::paid:
      return "reporting the payout as paid";
    case Said::failed:
      return "reporting the payout as failed";
    case Said::wrong_requisites:
      return "reporting wrong requisites";
    case Said::hand_back:
      return "handing the payout back";
  }
  return "reporting";
}

OrderState state_of(Said word) {
  switch (word) {
    case Said::take:
      return OrderState::open;
    case Said::paid:
      return OrderState::paid;
    case Said::failed:
      return OrderState::failed;
    case Said::wrong_requisites:
      return OrderState::wrong_requisites;
    case Said::hand_back:
      return OrderState::handed_back;
  }
  return OrderState::revoked;
}

Refusal refused(RefusalCode code, std::string message) {
  return {code, std::move(message), std::nullopt, true};
}

std::expected<void, Refusal> take(const ReportPayout& command, WorkingSet& ws, const Context& ctx,
                                  Instant now) {
  const Payment& payout = ws.payments.get(command.request_id);
  if (payout.state == state::payout_process && payout.trader_id == command.trader_id) return {};
  if (payout.state != state::requisites) {
    return std::unexpected(
        refuse_transition(ws, ctx, command.request_id, command.actor, sentence_of(command.word)));
  }
  const Trader* trader = ctx.config.trader(command.trader_id);
  if (trader == nullptr) {
    return std::unexpected(refused(RefusalCode::not_found, "There is no trader of this id."));
  }
  if (const auto why = why_not(ws, *trader, payout)) {
    return std::unexpected(refused(RefusalCode::transition_not_allowed,
                                   "This trader can't take the payout: " + std::string(*why)));
  }
  const PayoutTurn* turn = ws.payout_turns.find(trader->id);
  give_order(ws, ctx, command.request_id, trader->id, turn ? turn->turn_at : Instant{},
             command.actor, now, "taken by hand");
  return {};
}

/// The edge that the word follows while its order is the trader's.
std::expected<void, Refusal> follow(const ReportPayout& command, WorkingSet& ws, const Context& ctx,
                                    Instant now) {
  const RequestId id = command.request_id;
  switch (command.word) {
    case Said::paid: {
      Change paid{Cause::paid_out, command.actor, now, {}, std::nullopt};
      if (command.amount != 0) paid.new_amount = command.amount;
      return transition(ws, ctx, id, paid);
    }
    case Said::failed:
      return transition(ws, ctx, id, {Cause::pay_failed, command.actor, now, {}, {}});
    case Said::wrong_requisites:
      return transition(ws, ctx, id, {Cause::wrong_requisites, command.actor, now, {}, {}});
    case Said::hand_back:
      return hand_back(ws, ctx, id, command.actor, now, {});
    case Said::take:
      break;
  }
  return std::unexpected(refused(RefusalCode::internal_error, "not a word about an order"));
}

/// Whether the order may still be reported as paid by its trader: it is open, or the trader said
/// that it failed and nobody else has the payout.
bool is_the_traders(const Payment& payout, const PayoutOrder& order, Said word) {
  if (order.id.number != payout.orders || is_final(payout.state)) return false;
  if (order.state == OrderState::open) return payout.state == state::payout_process;
  const bool failed =
      order.state == OrderState::failed || order.state == OrderState::wrong_requisites;
  return word == Said::paid && failed;
}

/// The trader is late: the order is still theirs, but a person decides now (wire §8.2).
bool is_overdue(const Payment& payout, const PayoutOrder& order, Said word) {
  return word == Said::paid && order.state == OrderState::open &&
         payout.state == state::payout_timeout;
}

/// Money may have left for an order that nobody counts on.
bool pays_twice(const PayoutOrder& order, Said word) {
  if (word != Said::paid) return false;
  return order.state == OrderState::revoked || order.state == OrderState::handed_back ||
         order.state == OrderState::failed || order.state == OrderState::wrong_requisites;
}

std::expected<void, Refusal> report(const ReportPayout& command, WorkingSet& ws, const Context& ctx,
                                    Instant now) {
  const Payment& payout = ws.payments.get(command.request_id);
  const PayoutOrderId id{command.request_id, command.order};
  const PayoutOrder* order = command.order > 0 ? ws.payout_orders.find(id) : nullptr;
  if (order == nullptr) {
    return std::unexpected(
        refused(RefusalCode::not_found, "The payout has no order of this number."));
  }
  if (order->state == state_of(command.word)) {
    if (command.amount == 0 || command.amount == payout.amount) return {};  // said before
    note_late_paid(ws, ctx, command, *order, LatePaid::differs, now);
    return std::unexpected(Refusal{RefusalCode::transition_not_allowed,
                                   "The payout was reported as paid with " +
                                       std::to_string(payout.amount) +
                                       "; what the trader says now waits for a person as a notice.",
                                   payout.state, true});
  }
  if (is_the_traders(payout, *order, command.word)) return follow(command, ws, ctx, now);
  if (is_overdue(payout, *order, command.word)) {
    note_late_paid(ws, ctx, command, *order, LatePaid::overdue, now);
    return std::unexpected(Refusal{RefusalCode::transition_not_allowed,
                                   "The payout's lifetime is over; what the trader says waits for "
                                   "a person as a notice.",
                                   payout.state, true});
  }
  if (pays_twice(*order, command.word)) {
    note_late_paid(ws, ctx, command, *order, LatePaid::revoked, now);
    return std::unexpected(Refusal{RefusalCode::transition_not_allowed,
                                   "This order was taken away from its trader; what was paid for "
                                   "it waits for a person as a notice.",
                                   payout.state, true});
  }
  return std::unexpected(
      refuse_transition(ws, ctx, command.request_id, command.actor, sentence_of(command.word)));
}

bool is_payout(const WorkingSet& ws, RequestId id) {
  const Payment* payment = ws.payments.find(id);
  return payment != nullptr && payment->kind == PaymentKind::payout;
}

}  // namespace

void reads(const ReportPayout& command, const WorkingSet& ws, const Context& ctx, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
  if (!ws.payments.knows(command.request_id) || !is_payout(ws, command.request_id)) return;
  if (command.word == Said::take) {
    reads_traders(ws.payments.get(command.request_id), ws, ctx, keys);
    return;
  }
  const PayoutOrderId order{command.request_id, command.order};
  if (command.order > 0 && !ws.payout_orders.knows(order)) keys.payout_orders.push_back(order);
  if (command.word != Said::paid) return;
  for (const LatePaid how : {LatePaid::overdue, LatePaid::revoked, LatePaid::differs}) {
    const NoticeId notice = late_paid_id(order, how);
    if (!ws.notices.knows(notice)) keys.notices.push_back(notice);
  }
}

Decision decide(const ReportPayout& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  if ((*found)->kind != PaymentKind::payout) {
    return std::unexpected(
        Refusal{RefusalCode::validation_failed, "The payment is not a payout.", {}, false});
  }
  if (command.amount < 0 || command.amount > kAmountMinorMax) {
    return std::unexpected(amount_out_of_range());
  }
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);
  const auto done =
      command.word == Said::take ? take(command, ws, ctx, now) : report(command, ws, ctx, now);
  if (!done) return std::unexpected(done.error());
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

void reads(const ShowReceiver& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const ShowReceiver& command, WorkingSet& ws, const Context& ctx) {
  const Payment* payment = ws.payments.find(command.request_id);
  if (payment == nullptr || payment->kind != PaymentKind::payout) {
    return std::unexpected(payment_not_found());
  }
  add_note(ws, command.request_id, Cause::shown, command.actor, now_of(ws, ctx, payment->clock),
           "whom to pay out to");
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

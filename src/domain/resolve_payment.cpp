// An operator decides (wire §8.1): with what really came, with nothing, against it, or once more.
//
//   received A  awaiting_confirm, paid, no_payment, confirm_timeout, different_amount: success with
//               A, by way of dispute:different_amount where A is not what was asked
//               decline: success with A, once (an appeal)
//               success: the amount becomes A, the difference is posted
//   nothing     paid: dispute:no_payment
//   decline     every state that has such an edge
//   retry       error: back to looking for requisites, never past the lifetime
//   receipt     no_payment: dispute:confirm_timeout
//
// and of a payout:
//
//   received A  payout_process and its three disputes: success with A, which the receiver has
//   decline     every state that has such an edge: what was locked is given back
//   retry       its three disputes, error: another trader is looked for
//
// A trader says that nothing came, a payer shows a receipt; all else is an operator's to decide.
// What a trader or a payer saw besides is a notice (domain/notice.hpp).
//
// What is decided covers every notice that is attached to the payment.
// Sent twice it changes things once: what is already so answers 200 with the payment as it is.
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

using How = ResolvePayment::How;

/// Whoever gains by a decision must not make it: a trader would claw a settled payment back.
bool may_decide(ActorKind who, How how) {
  switch (who) {
    case ActorKind::merchant:
      return false;
    case ActorKind::payer:
      return how == How::receipt;
    case ActorKind::trader:
      return how == How::nothing;
    case ActorKind::operator_:
    case ActorKind::timer:
    case ActorKind::simulator:
    case ActorKind::kassa:
      break;
  }
  return true;
}

/// The receiver of a payout has the money: a person has seen the proof.
std::expected<void, Refusal> prove(const ResolvePayment& command, WorkingSet& ws,
                                   const Context& ctx, Instant now) {
  const Payment& payout = ws.payments.get(command.request_id);
  const bool said_before = payout.state == state::success && payout.amount == command.amount;
  if (said_before) return {};
  const Cause cause = payout.state == state::payout_process ? Cause::paid_out : Cause::settled;
  return transition(ws, ctx, command.request_id, {cause, command.actor, now, {}, command.amount});
}

std::expected<void, Refusal> receive(const ResolvePayment& command, WorkingSet& ws,
                                     const Context& ctx, Instant now) {
  const Payment& payment = ws.payments.get(command.request_id);
  if (payment.kind == PaymentKind::payout) return prove(command, ws, ctx, now);
  Change change{Cause::settled, command.actor, now, {}, command.amount};
  if (payment.state == state::different_amount) {
    return transition(ws, ctx, command.request_id, change);
  }
  if (payment.state == state::decline && !payment.was_appealed) {
    change.cause = Cause::appealed;
    return transition(ws, ctx, command.request_id, change);
  }
  if (payment.state == state::success) {
    if (payment.amount == command.amount) return {};
    change.cause = Cause::corrected;
    return transition(ws, ctx, command.request_id, change);
  }
  auto seen = see_money(ws, ctx, command.request_id, command.amount, command.actor, now, {});
  if (!seen || ws.payments.get(command.request_id).state != state::different_amount) return seen;
  return transition(ws, ctx, command.request_id, change);
}

std::expected<void, Refusal> resolve(const ResolvePayment& command, WorkingSet& ws,
                                     const Context& ctx, Instant now) {
  const Payment& payment = ws.payments.get(command.request_id);
  const auto follow = [&](Cause cause, State already) -> std::expected<void, Refusal> {
    if (payment.state == already && !find_edge(payment.kind, payment.state, cause)) return {};
    return transition(ws, ctx, command.request_id, {cause, command.actor, now, {}, std::nullopt});
  };
  switch (command.how) {
    case How::received:
      return receive(command, ws, ctx, now);
    case How::nothing:
      return follow(Cause::nothing_came, state::no_payment);
    case How::decline:
      return follow(Cause::declined, state::decline);
    case How::retry:
      return follow(Cause::retried, state::requisites);
    case How::receipt:
      return follow(Cause::receipt, state::confirm_timeout);
  }
  return std::unexpected(Refusal{RefusalCode::internal_error, "unknown resolution", {}, false});
}

std::string sentence_of(const ResolvePayment& command) {
  switch (command.how) {
    case How::received:
      return "resolving with " + std::to_string(command.amount) + " received";
    case How::nothing:
      return "resolving with nothing received";
    case How::decline:
      return "declining";
    case How::retry:
      return "retrying";
    case How::receipt:
      return "showing a receipt";
  }
  return "resolving";
}

}  // namespace

void reads(const ResolvePayment& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
  reads_attached(command.request_id, ws, keys);
}

Decision decide(const ResolvePayment& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  const bool has_amount = command.how == How::received;
  if (has_amount && (command.amount < 1 || command.amount > kAmountMinorMax)) {
    return std::unexpected(amount_out_of_range());
  }
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);
  if (!may_decide(command.actor.kind, command.how)) {
    return std::unexpected(
        refuse_transition(ws, ctx, command.request_id, command.actor, sentence_of(command)));
  }
  const auto done = resolve(command, ws, ctx, now);
  if (!done && done.error().code == RefusalCode::transition_not_allowed) {
    return std::unexpected(
        refuse_transition(ws, ctx, command.request_id, command.actor, sentence_of(command)));
  }
  if (!done) return std::unexpected(done.error());
  const bool by_money = command.how == How::received;
  settle_attached(ws, command.request_id, by_money ? NoticeState::applied : NoticeState::read,
                  "decided by " + command.actor.name);
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

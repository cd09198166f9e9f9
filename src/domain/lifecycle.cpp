#include "domain/lifecycle.hpp"

#include "domain/payin_lifecycle.hpp"
#include "domain/payout_lifecycle.hpp"

namespace kassa::domain {

std::span<const Edge> edges_of(PaymentKind kind) {
  if (kind == PaymentKind::payout) return kPayoutEdges;
  return kPayinEdges;
}

const Edge* find_edge(PaymentKind kind, State from, Cause cause) {
  for (const Edge& edge : edges_of(kind)) {
    if (edge.from == from && edge.cause == cause) return &edge;
  }
  return nullptr;
}

std::string_view name(Cause cause) {
  switch (cause) {
    case Cause::created:
      return "created";
    case Cause::checked:
      return "checked";
    case Cause::anti_fraud:
      return "anti_fraud";
    case Cause::assigned:
      return "assigned";
    case Cause::none_available:
      return "none_available";
    case Cause::expired:
      return "expired";
    case Cause::fault:
      return "fault";
    case Cause::confirmed:
      return "confirmed";
    case Cause::cancelled:
      return "cancelled";
    case Cause::exact_money:
      return "exact_money";
    case Cause::other_money:
      return "other_money";
    case Cause::more_money:
      return "more_money";
    case Cause::money_complete:
      return "money_complete";
    case Cause::nothing_came:
      return "nothing_came";
    case Cause::not_paid:
      return "not_paid";
    case Cause::unconfirmed:
      return "unconfirmed";
    case Cause::receipt:
      return "receipt";
    case Cause::window_over:
      return "window_over";
    case Cause::settled:
      return "settled";
    case Cause::declined:
      return "declined";
    case Cause::retried:
      return "retried";
    case Cause::appealed:
      return "appealed";
    case Cause::corrected:
      return "corrected";
    case Cause::insufficient_funds:
      return "insufficient_funds";
    case Cause::taken:
      return "taken";
    case Cause::no_trader:
      return "no_trader";
    case Cause::paid_out:
      return "paid_out";
    case Cause::handed_back:
      return "handed_back";
    case Cause::handed_back_too_often:
      return "handed_back_too_often";
    case Cause::wrong_requisites:
      return "wrong_requisites";
    case Cause::pay_failed:
      return "pay_failed";
    case Cause::not_paid_out:
      return "not_paid_out";
    case Cause::refused_command:
      return "refused_command";
    case Cause::routing_miss:
      return "routing_miss";
    case Cause::frozen:
      return "frozen";
    case Cause::resumed:
      return "resumed";
    case Cause::noticed:
      return "noticed";
    case Cause::notice_read:
      return "notice_read";
    case Cause::reminded:
      return "reminded";
    case Cause::paid_when_revoked:
      return "paid_when_revoked";
    case Cause::shown:
      return "shown";
    case Cause::chosen:
      return "chosen";
  }
  return "unknown";
}

}  // namespace kassa::domain

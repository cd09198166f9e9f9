#include "domain/payin_lifecycle.hpp"

namespace kassa::domain {

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
    case Cause::refused_command:
      return "refused_command";
    case Cause::routing_miss:
      return "routing_miss";
    case Cause::frozen:
      return "frozen";
    case Cause::resumed:
      return "resumed";
  }
  return "unknown";
}

}  // namespace kassa::domain

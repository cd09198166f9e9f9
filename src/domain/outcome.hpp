// What a command comes to: an answer, or a refusal with a code that the protocol knows (wire §10).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>

#include "domain/notice.hpp"
#include "domain/payment.hpp"
#include "domain/receipt.hpp"
#include "domain/settlement.hpp"

namespace kassa::domain {

/// Families: the first group changed nothing and never will if repeated; `unavailable` may be
/// repeated safely.
enum class RefusalCode : std::uint8_t {
  not_found = 1,
  payment_not_found = 2,
  payment_id_conflict = 3,
  transition_not_allowed = 4,
  insufficient_balance = 5,
  project_not_active = 6,
  validation_failed = 7,
  conflict = 8,  // an id is taken by something else, or something was decided otherwise

  unavailable = 20,  // frozen, read-only, overloaded, shutting down
  internal_error = 21,
};

struct Refusal {
  RefusalCode code = RefusalCode::internal_error;
  std::string message;           // for people: what, and what to do next; no personal data
  std::optional<State> current;  // with a 409: where the payment is
  bool keep_changes = false;     // timers that fell due and the note of the refusal stay
};

/// Names that the wire knows the refusal by.
[[nodiscard]] constexpr std::string_view wire_code(RefusalCode code) {
  switch (code) {
    case RefusalCode::not_found:
      return "not_found";
    case RefusalCode::payment_not_found:
      return "payment_not_found";
    case RefusalCode::payment_id_conflict:
      return "payment_id_conflict";
    case RefusalCode::transition_not_allowed:
      return "transition_not_allowed";
    case RefusalCode::insufficient_balance:
      return "insufficient_balance";
    case RefusalCode::project_not_active:
      return "project_not_active";
    case RefusalCode::validation_failed:
      return "validation_failed";
    case RefusalCode::conflict:
      return "conflict";
    case RefusalCode::unavailable:
      return "unavailable";
    case RefusalCode::internal_error:
      return "internal_error";
  }
  return "internal_error";
}

struct PaymentAnswer {
  Payment payment;  // as it stands after the command
  bool created = false;
};
struct ClockAnswer {
  Instant now;
  std::int64_t fired = 0;
};
struct TimerAnswer {
  std::int64_t fired = 0;  // windows and words; a try to find requisites is none
};
struct NoticeAnswer {
  Notice notice;                   // as it stands after the command
  std::optional<Payment> payment;  // whose it is
  bool repeated = false;           // it was known already, and nothing changed
};
struct ReceiptAnswer {
  Receipt receipt;
  Payment payment;
  bool created = false;  // by this command: false when the payment had this file already
};
struct SettlementAnswer {
  Settlement settlement;  // as it stands after the command
  bool changed = false;   // by this command: false when it had been made or decided already
};
struct Done {};

using Answer = std::variant<Done, PaymentAnswer, ClockAnswer, TimerAnswer, NoticeAnswer,
                            SettlementAnswer, ReceiptAnswer>;
using Decision = std::expected<Answer, Refusal>;

}  // namespace kassa::domain

// A person looks at a receipt's file, which changes nothing: the payment's life remembers who was
// shown it. Having looked is not yet having read it (read_notice.cpp), which a window may wait for.
#include "domain/transition.hpp"

namespace kassa::domain {

void reads(const ShowReceipt& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const ShowReceipt& command, WorkingSet& ws, const Context& ctx) {
  const Payment* payment = ws.payments.find(command.request_id);
  if (payment == nullptr) return std::unexpected(payment_not_found());
  if (command.number < 1 || command.number > payment->receipts) {
    return std::unexpected(
        Refusal{RefusalCode::not_found, "The payment has no such receipt.", {}, false});
  }
  add_note(ws, command.request_id, Cause::shown, command.actor, now_of(ws, ctx, payment->clock),
           "receipt " + std::to_string(command.number));
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

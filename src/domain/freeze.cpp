// An invariant would have broken on a payment: it is left as it is, no timer and no command touches
// it, until a person has looked and resumes it (`kassa resume REQUEST_ID`).
#include "domain/transition.hpp"

namespace kassa::domain {

void reads(const FreezePayment& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const FreezePayment& command, WorkingSet& ws, const Context& ctx) {
  const Payment* found = ws.payments.find(command.request_id);
  if (found == nullptr) return std::unexpected(payment_not_found());
  if (found->frozen) return PaymentAnswer{*found, false};
  auto& payment = ws.payments.edit(command.request_id);
  payment.frozen = true;
  schedule(payment);
  add_note(ws, command.request_id, Cause::frozen, {ActorKind::kassa, {}},
           now_of(ws, ctx, payment.clock), command.reason);
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

void reads(const ResumePayment& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const ResumePayment& command, WorkingSet& ws, const Context& ctx) {
  const Payment* found = ws.payments.find(command.request_id);
  if (found == nullptr) return std::unexpected(payment_not_found());
  if (!found->frozen) return PaymentAnswer{*found, false};
  auto& payment = ws.payments.edit(command.request_id);
  payment.frozen = false;
  schedule(payment);
  add_note(ws, command.request_id, Cause::resumed, command.actor, now_of(ws, ctx, payment.clock),
           {});
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

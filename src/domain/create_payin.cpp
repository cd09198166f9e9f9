// A merchant creates a payin (wire §4, §8.1, §10.2).
//
// The first answer is always `processing:requisites`; the search for requisites is due at once and
// runs in the next batch. The same call again answers the payment as it stands now.
#include "domain/create_payment.hpp"
#include "domain/simulation.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {

void reads(const CreatePayin& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_create(command, ws, keys);
}

Decision decide(const CreatePayin& command, WorkingSet& ws, const Context& ctx) {
  if (auto again = answer_again(command, command.kind, ws, ctx)) return std::move(*again);
  const auto project = project_for(command, ctx);
  if (!project) return std::unexpected(project.error());
  const Instant now = now_of(ws, ctx, (*project)->clock());
  const RequestId id = command.request_id;
  Payment payment = begin_payment(command, command.kind, **project, now);
  payment.widget_method = command.widget_method;
  payment.bank_symbol = command.bank_symbol;
  payment.fee = (*project)->currencies.at(command.currency).payin_fee;
  payment.lifetime_s = command.lifetime_s;
  payment.expires_at += std::chrono::seconds{command.lifetime_s};
  insert_payment(ws, ctx, command.content, std::move(payment));

  const bool refused = (*project)->test && scenario_of(ws.payments.get(id)) == Scenario::anti_fraud;
  Change check{refused ? Cause::anti_fraud : Cause::checked, {ActorKind::kassa, {}}, now, {}, {}};
  if (refused) check.reason = "scenario 901";
  const auto entered = transition(ws, ctx, id, check);
  KASSA_CHECK(entered.has_value(), "a new payin could not leave its first state");
  return PaymentAnswer{ws.payments.get(id), true};
}

}  // namespace kassa::domain

// A merchant creates a payin (wire §4, §8.1, §10.2).
//
// The first answer is always `processing:requisites`; the search for requisites is due at once and
// runs in the next batch. The same call again answers the payment as it stands now.
#include "domain/simulation.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

std::string pool_of(const Project& project, const CreatePayin& command) {
  // Nobody but the project's simulated trader serves its test payins.
  if (project.test) return simulated_pool(project.id);
  const auto by_param = project.pool_by_extra_param.find(command.extra_param);
  if (by_param != project.pool_by_extra_param.end()) return by_param->second;
  const auto by_type = project.pool_by_customer_type.find(command.customer_type);
  if (by_type != project.pool_by_customer_type.end()) return by_type->second;
  return project.pool_default;
}

Payment new_payment(const CreatePayin& command, const Project& project, Instant now) {
  Payment payment;
  payment.request_id = command.request_id;
  payment.project_id = command.project_id;
  payment.clock = project.clock();
  payment.kind = command.kind;
  payment.payment_id = command.payment_id;
  payment.state = state::new_;
  payment.amount = payment.old_amount = payment.initial_amount = command.amount;
  payment.currency = command.currency;
  payment.method = command.method;
  payment.payment_system = command.payment_system;
  payment.bank_symbol = command.bank_symbol;
  payment.pool = pool_of(project, command);
  payment.fee = project.currencies.at(command.currency).payin_fee;
  payment.lifetime_s = command.lifetime_s;
  payment.created_at = payment.updated_at = now;
  payment.expires_at = floor_to_second(now) + std::chrono::seconds{command.lifetime_s};
  payment.own_urls = command.own_urls;
  payment.details = command.details;
  return payment;
}

/// The same payment_id again: the payment as it is, or a conflict.
Decision answer_again(const PaymentKey& key, const CreatePayin& command, WorkingSet& ws,
                      const Context& ctx) {
  const bool same = key.kind == command.kind && key.content == command.content;
  const auto payment = live_payment(ws, key.request_id);
  if (!payment) return std::unexpected(payment.error());
  fire_due(ws, ctx, key.request_id, now_of(ws, ctx, (*payment)->clock));
  const Payment& current = ws.payments.get(key.request_id);
  if (same) return PaymentAnswer{current, false};
  return std::unexpected(
      Refusal{RefusalCode::payment_id_conflict,
              "Another payment of this project has this payment_id and other content.",
              current.state, true});
}

}  // namespace

void reads(const CreatePayin& command, const WorkingSet& ws, const Context&, Keys& keys) {
  const PaymentKeyId id{command.project_id, command.payment_id};
  if (!ws.payment_keys.knows(id)) {
    keys.payment_keys.push_back(id);
    if (!ws.clocks.knows(ClockId{command.project_id.value})) {
      keys.clocks.push_back(ClockId{command.project_id.value});
    }
    return;
  }
  if (const PaymentKey* key = ws.payment_keys.find(id)) reads_payment(key->request_id, ws, keys);
}

Decision decide(const CreatePayin& command, WorkingSet& ws, const Context& ctx) {
  const PaymentKeyId key_id{command.project_id, command.payment_id};
  if (const PaymentKey* key = ws.payment_keys.find(key_id)) {
    return answer_again(*key, command, ws, ctx);
  }
  const Project* project = ctx.config.project(command.project_id);
  if (project == nullptr || !project->active) {
    return std::unexpected(Refusal{RefusalCode::project_not_active,
                                   "The project is suspended and takes no new payments.",
                                   std::nullopt, false});
  }
  // It was validated with an earlier configuration; this one may have taken the currency away.
  if (!project->currencies.contains(command.currency)) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "The currency is not enabled for the project.", std::nullopt,
                                   false});
  }
  const Instant now = now_of(ws, ctx, project->clock());
  const RequestId id = command.request_id;
  // The id is fresh, so the store can have no rows of it.
  ws.payments.put_loaded(id, std::nullopt);
  ws.deliveries.put_loaded(id, std::nullopt);
  Payment payment = new_payment(command, *project, now);
  ws.payment_keys.insert({key_id, id, command.kind, command.content});
  ws.payments.insert(std::move(payment));
  const Actor merchant{ActorKind::merchant, {}};
  add_note(ws, id, Cause::created, merchant, now, {});

  const bool refused = project->test && scenario_of(ws.payments.get(id)) == Scenario::anti_fraud;
  Change check{refused ? Cause::anti_fraud : Cause::checked, {ActorKind::kassa, {}}, now, {}, {}};
  if (refused) check.reason = "scenario 901";
  const auto entered = transition(ws, ctx, id, check);
  KASSA_CHECK(entered.has_value(), "a new payin could not leave its first state");
  return PaymentAnswer{ws.payments.get(id), true};
}

}  // namespace kassa::domain

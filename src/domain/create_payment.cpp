#include "domain/create_payment.hpp"

#include "domain/simulation.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

std::string pool_of(const Project& project, const NewPayment& create) {
  // Nobody but the project's simulated traders serves its test payments.
  if (project.test) return simulated_pool(project.id);
  const auto by_param = project.pool_by_extra_param.find(create.extra_param);
  if (by_param != project.pool_by_extra_param.end()) return by_param->second;
  const auto by_type = project.pool_by_customer_type.find(create.customer_type);
  if (by_type != project.pool_by_customer_type.end()) return by_type->second;
  return project.pool_default;
}

}  // namespace

void reads_create(const NewPayment& create, const WorkingSet& ws, Keys& keys) {
  const PaymentKeyId id{create.project_id, create.payment_id};
  if (!ws.payment_keys.knows(id)) {
    keys.payment_keys.push_back(id);
    if (!ws.clocks.knows(ClockId{create.project_id.value})) {
      keys.clocks.push_back(ClockId{create.project_id.value});
    }
    return;
  }
  if (const PaymentKey* key = ws.payment_keys.find(id)) reads_payment(key->request_id, ws, keys);
}

std::optional<Decision> answer_again(const NewPayment& create, PaymentKind kind, WorkingSet& ws,
                                     const Context& ctx) {
  const PaymentKey* key = ws.payment_keys.find({create.project_id, create.payment_id});
  if (key == nullptr) {
    if (!create.only_again) return std::nullopt;
    return std::unexpected(Refusal{RefusalCode::payment_not_found,
                                   "No payment of this project has this payment_id.", std::nullopt,
                                   false});
  }
  const RequestId id = key->request_id;
  const bool same = key->kind == kind && has_content(create, key->content);
  const auto payment = live_payment(ws, id);
  if (!payment) return std::unexpected(payment.error());
  fire_due(ws, ctx, id, now_of(ws, ctx, (*payment)->clock));
  const Payment& current = ws.payments.get(id);
  if (same) return PaymentAnswer{current, false};
  return std::unexpected(
      Refusal{RefusalCode::payment_id_conflict,
              "Another payment of this project has this payment_id and other content.",
              current.state, true});
}

std::expected<const Project*, Refusal> project_for(const NewPayment& create, const Context& ctx) {
  const Project* project = ctx.config.project(create.project_id);
  if (project == nullptr || !project->active) {
    return std::unexpected(Refusal{RefusalCode::project_not_active,
                                   "The project is suspended and takes no new payments.",
                                   std::nullopt, false});
  }
  // It was validated with an earlier configuration; this one may have taken the currency away.
  if (!project->currencies.contains(create.currency)) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "The currency is not enabled for the project.", std::nullopt,
                                   false});
  }
  return project;
}

std::optional<Refusal> takes_none(const NewPayment& create, PaymentKind kind, const Context& ctx) {
  const auto unavailable = [](std::string why) {
    return Refusal{RefusalCode::unavailable, std::move(why), std::nullopt, false};
  };
  if (ctx.draining)
    return unavailable("Kassa takes no new payments before a stop; repeat the call.");
  const bool payout = kind == PaymentKind::payout;
  if (payout ? !ctx.config.payouts_on : !ctx.config.payins_on) {
    return unavailable(std::string(payout ? "Payouts" : "Payins") +
                       " are switched off for now; repeat the call later.");
  }
  // It was validated with an earlier configuration.
  if (ctx.config.methods_off.contains(create.method)) {
    return Refusal{RefusalCode::validation_failed, "The method is switched off for now.",
                   std::nullopt, false};
  }
  return std::nullopt;
}

Payment begin_payment(const NewPayment& create, PaymentKind kind, const Project& project,
                      Instant now) {
  Payment payment;
  payment.request_id = create.request_id;
  payment.project_id = create.project_id;
  payment.clock = project.clock();
  payment.kind = kind;
  payment.payment_id = create.payment_id;
  payment.state = state::new_;
  payment.amount = payment.old_amount = payment.initial_amount = create.amount;
  payment.currency = create.currency;
  payment.method = create.method;
  payment.payment_system = create.payment_system;
  payment.pool = pool_of(project, create);
  payment.created_at = payment.updated_at = now;
  payment.expires_at = floor_to_second(now);
  payment.own_urls = create.own_urls;
  payment.details = create.details;
  return payment;
}

void insert_payment(WorkingSet& ws, const Context& ctx, const ContentHash& content,
                    Payment payment) {
  const RequestId id = payment.request_id;
  const Instant now = now_of(ws, ctx, payment.clock);
  // The id is fresh, so the store can have no rows of it.
  ws.payments.put_loaded(id, std::nullopt);
  ws.deliveries.put_loaded(id, std::nullopt);
  ws.payment_keys.insert({{payment.project_id, payment.payment_id}, id, payment.kind, content});
  ws.payments.insert(std::move(payment));
  add_note(ws, id, Cause::created, {ActorKind::merchant, {}}, now, {});
}

}  // namespace kassa::domain

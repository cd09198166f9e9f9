// A merchant creates a payout (wire §6, §8.2, §10.2).
//
// Amount and fee are locked before the answer, `processing:new`; what the balance does not cover is
// declined at once, with 200, and its payment_id is used up. The check that follows and the search
// for a trader are due at once and run in the next batch.
#include "domain/create_payment.hpp"
#include "domain/postings.hpp"
#include "domain/simulation.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

/// Why it is declined at once, or nothing: then its money is locked.
std::optional<Change> refused_at_once(WorkingSet& ws, const Context& ctx, RequestId id,
                                      const Project& project, Instant now) {
  const Actor kassa{ActorKind::kassa, {}};
  if (project.test && scenario_of(ws.payments.get(id)) == Scenario::payout_anti_fraud) {
    return Change{Cause::anti_fraud, kassa, now, "scenario 916", {}};
  }
  if (hold_payout(ws, ctx, id, now)) return std::nullopt;
  return Change{Cause::insufficient_funds,
                kassa,
                now,
                "amount and fee are more than the available balance",
                {}};
}

}  // namespace

void reads(const CreatePayout& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_create(command, ws, keys);
  for (const AccountKind kind : {AccountKind::available, AccountKind::locked}) {
    const AccountId account{kind, command.project_id.value, command.currency};
    if (!ws.accounts.knows(account)) keys.accounts.push_back(account);
  }
}

Decision decide(const CreatePayout& command, WorkingSet& ws, const Context& ctx) {
  if (auto again = answer_again(command, PaymentKind::payout, ws, ctx)) return std::move(*again);
  const auto project = project_for(command, ctx);
  if (!project) return std::unexpected(project.error());
  if (auto refused = takes_none(command, PaymentKind::payout, ctx))
    return std::unexpected(std::move(*refused));
  const Instant now = now_of(ws, ctx, (*project)->clock());
  const RequestId id = command.request_id;
  Payment payment = begin_payment(command, PaymentKind::payout, **project, now);
  payment.fee = (*project)->currencies.at(command.currency).payout_fee;
  insert_payment(ws, ctx, command.content, std::move(payment));

  if (const auto refused = refused_at_once(ws, ctx, id, **project, now)) {
    const auto declined = transition(ws, ctx, id, *refused);
    KASSA_CHECK(declined.has_value(), "a new payout could not be declined");
  } else {
    auto& accepted = ws.payments.edit(id);
    accepted.assign_at = now;
    schedule(accepted);
  }
  return PaymentAnswer{ws.payments.get(id), true};
}

}  // namespace kassa::domain

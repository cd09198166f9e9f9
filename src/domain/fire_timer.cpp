// Something of a payment is due: a window ends, a simulated counterparty speaks, or it is time to
// look for requisites or a trader (wire §8.3). The engine's timer scan sends this; a command that
// arrives first fires windows and words by itself, so it may find nothing left to do.
#include <algorithm>

#include "domain/payout_orders.hpp"
#include "domain/payout_routing.hpp"
#include "domain/routing.hpp"
#include "domain/simulation.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

constexpr std::int64_t kRetryGapMaxS = 5;
constexpr std::int64_t kPayoutRetryGapMaxS = 15;  // nobody watches a page meanwhile

/// A line that is longer than one search is gone on with after this.
constexpr std::chrono::seconds kGoOnAfter{1};

/// Requisites for a payin, a trader for a payout.
bool looks_for_somebody(const Payment& payment, Instant now) {
  const bool new_payout = payment.kind == PaymentKind::payout && payment.state == state::new_;
  return (payment.state == state::requisites || new_payout) && payment.assign_at &&
         *payment.assign_at <= now && !payment.frozen && !payment.method.empty();
}

/// A simulated trader may hand back in this very command, and then another is looked for.
bool may_look_for_trader(const Payment& payout, Instant now) {
  const bool simulated = !payout.clock.is_nil() && payout.state == state::payout_process;
  return simulated || looks_for_somebody(payout, now);
}

/// The check of an accepted payout: what it was accepted with may be configured no more.
Change check_payout(const Context& ctx, const Payment& payout, Instant now) {
  const Project* project = ctx.config.project(payout.project_id);
  const Actor kassa{ActorKind::kassa, {}};
  if (project != nullptr && project->currencies.contains(payout.currency)) {
    return {Cause::checked, kassa, now, {}, {}};
  }
  return {Cause::fault, kassa, now, "the currency is not enabled for the project any more", {}};
}

void retry_later(WorkingSet& ws, RequestId id, const Choice& choice, Instant now) {
  auto& payment = ws.payments.edit(id);
  if (choice.taken_in_batch) {
    payment.assign_at = now;  // the next batch asks the store again
    schedule(payment);
    return;
  }
  // One note says that the line is long; the next one says what the whole of it missed.
  const bool tells = choice.complete || payment.assign_tries == 0;
  if (tells) ++payment.assign_tries;
  const std::chrono::seconds gap{std::min<std::int64_t>(payment.assign_tries, kRetryGapMaxS)};
  payment.assign_at = now + (choice.complete ? gap : kGoOnAfter);
  schedule(payment);
  if (!tells) return;
  add_note(ws, id, Cause::routing_miss, {ActorKind::kassa, {}}, now, choice.reason);
}

void retry_payout_later(WorkingSet& ws, RequestId id, const std::string& reason, Instant now) {
  auto& payment = ws.payments.edit(id);
  ++payment.assign_tries;
  payment.assign_at =
      now + std::chrono::seconds{std::min<std::int64_t>(payment.assign_tries, kPayoutRetryGapMaxS)};
  schedule(payment);
  add_note(ws, id, Cause::routing_miss, {ActorKind::kassa, {}}, now, reason);
}

void look_for_trader(WorkingSet& ws, const Context& ctx, RequestId id, Instant now) {
  const Change check = check_payout(ctx, ws.payments.get(id), now);
  if (ws.payments.get(id).state == state::new_ || check.cause == Cause::fault) {
    const auto done = transition(ws, ctx, id, check);
    KASSA_CHECK(done.has_value(), "a payout that can't be checked, " + id.text());
  }
  const Payment& payout = ws.payments.get(id);
  if (payout.state != state::requisites || !payout.assign_at) return;
  const TraderChoice choice = choose_trader(ws, ctx, payout);
  if (!choice.chosen) return retry_payout_later(ws, id, choice.reason, now);
  give_order(ws, ctx, id, *choice.chosen, choice.last_in_line, {ActorKind::kassa, {}}, now,
             choice.reason);
}

/// A simulated trader makes requisites on demand, so that load never starves.
RequisitesId make_simulated(WorkingSet& ws, const Context& ctx, const Payment& payment,
                            Instant now) {
  Requisites fresh = ctx.minter.simulated_requisites(payment, ctx.config, now);
  const RequisitesId id = fresh.id;
  const std::int32_t day = day_in_zone(now, fresh.time_zone);
  ws.requisites.put_loaded(id, std::nullopt);
  ws.slots.put_loaded({id, payment.amount}, std::nullopt);
  ws.days.put_loaded({id, day}, std::nullopt);
  ws.requisites.insert(std::move(fresh));
  return id;
}

/// The account and exposure of the project's simulated trader, for requisites made on demand.
void reads_simulated_trader(const Payment& payment, const WorkingSet& ws, Keys& keys) {
  const TraderId simulated = simulated_trader(payment.project_id);
  const AccountId account{AccountKind::trader, simulated.value, payment.currency};
  if (!ws.accounts.knows(account)) keys.accounts.push_back(account);
  const ExposureId exposure{simulated, payment.currency};
  if (!ws.exposures.knows(exposure)) keys.exposures.push_back(exposure);
}

/// A simulated trader has every bank, but no bank moves what it does not move: an integrator who
/// asks for such a one meets here what live would answer.
bool bank_serves(const Config& config, const Payment& payment) {
  if (payment.bank_symbol.empty()) return true;
  const auto bank = config.banks.find(payment.bank_symbol);
  if (bank == config.banks.end()) return false;
  return has_word(bank->second.currencies, payment.currency.text()) &&
         has_word(bank->second.methods, payment.method);
}

void look_for_requisites(WorkingSet& ws, const Context& ctx, RequestId id, Instant now) {
  const Payment& payment = ws.payments.get(id);
  const bool test = !payment.clock.is_nil();
  Choice choice = choose_requisites(ws, ctx, payment, now);
  // Each try asks the store anew: what it says is true for this batch only.
  ws.candidates.erase(id);
  if (choice.chosen) {
    assign_requisites(ws, ctx, id, choice, now);
  } else if (test && !has_credit(ws, ctx, payment, simulated_trader(payment.project_id), now)) {
    choice.reason = "the simulated trader's credit used up";
    retry_later(ws, id, choice, now);
  } else if (test && bank_serves(ctx.config, payment)) {
    const RequisitesId made = make_simulated(ws, ctx, payment, now);
    assign_requisites(ws, ctx, id, {made, "made by the simulated trader", now}, now);
  } else {
    retry_later(ws, id, choice, now);
  }
}

}  // namespace

void reads(const FireTimer& command, const WorkingSet& ws, const Context& ctx, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
  if (!ws.payments.knows(command.request_id)) return;
  const Payment* payment = ws.payments.find(command.request_id);
  if (payment == nullptr || (payment->kind != PaymentKind::payout && !payment->assign_at)) return;
  // What time it is there comes first: the day of the candidates' counters depends on it.
  if (!payment->clock.is_nil() && !ws.clocks.knows(payment->clock)) return;
  const Instant now = command.at.value_or(now_of(ws, ctx, payment->clock));
  if (payment->kind == PaymentKind::payout) {
    if (may_look_for_trader(*payment, now)) reads_traders(*payment, ws, ctx, keys);
    return;
  }
  if (!looks_for_somebody(*payment, now)) return;
  if (!payment->clock.is_nil()) reads_simulated_trader(*payment, ws, keys);
  reads_candidates(*payment, ws, ctx, now, keys);
}

Decision decide(const FireTimer& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  const Instant now = command.at.value_or(now_of(ws, ctx, (*found)->clock));
  TimerAnswer answer{fire_due(ws, ctx, command.request_id, now)};
  const Payment& payment = ws.payments.get(command.request_id);
  if (!looks_for_somebody(payment, now)) return answer;
  if (payment.kind == PaymentKind::payout) {
    look_for_trader(ws, ctx, command.request_id, now);
  } else if (ws.candidates.contains(command.request_id)) {
    look_for_requisites(ws, ctx, command.request_id, now);
  }
  return answer;
}

}  // namespace kassa::domain

#include "domain/routing.hpp"

#include <date/tz.h>

#include <algorithm>
#include <stdexcept>

#include "domain/postings.hpp"
#include "domain/transition.hpp"
#include "domain/turns.hpp"

namespace kassa::domain {
namespace {

CandidateQuery query_of(const Payment& payment, const Context& ctx, Instant now) {
  return {payment.request_id,
          payment.pool,
          payment.currency,
          payment.method,
          payment.bank_symbol,
          payment.amount,
          now,
          /*simulated=*/!payment.clock.is_nil(),
          &ctx.config};
}

/// What the batch has reached, of rows that `reads_candidates` named.
class CarriedInBatch final : public Carried {
 public:
  explicit CarriedInBatch(const WorkingSet& ws) : ws_(ws) {}

  bool is_taken(const SlotId& id, Instant now) override {
    const Slot* slot = ws_.slots.find(id);
    return slot != nullptr && slot->held_until > now;
  }
  RequisitesDay day(const RequisitesDayId& id) override {
    const RequisitesDay* day = ws_.days.find(id);
    return day ? *day : RequisitesDay{id, 0, 0};
  }
  std::int64_t owed(const ExposureId& id) override {
    return owed_of(ws_.accounts.find({AccountKind::trader, id.trader_id.value, id.currency}),
                   ws_.exposures.find(id));
  }

 private:
  const WorkingSet& ws_;
};

}  // namespace

bool is_time_zone(const std::string& zone) {
  try {
    return date::locate_zone(zone) != nullptr;
  } catch (const std::runtime_error&) {
    return false;  // how the library says that it knows no such zone
  }
}

std::int32_t day_in_zone(Instant at, const std::string& zone) {
  if (zone == "UTC") {
    return static_cast<std::int32_t>(
        std::chrono::floor<std::chrono::days>(at).time_since_epoch().count());
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto local = date::locate_zone(zone)->to_local(seconds);
  return static_cast<std::int32_t>(date::floor<date::days>(local).time_since_epoch().count());
}

void reads_candidates(const Payment& payment, const WorkingSet& ws, const Context& ctx, Instant now,
                      Keys& keys) {
  const auto found = ws.candidates.find(payment.request_id);
  if (found == ws.candidates.end()) {
    keys.candidates.push_back(query_of(payment, ctx, now));
    return;
  }
  for (const RequisitesId id : found->second.ids) {
    if (!ws.requisites.knows(id)) {
      keys.requisites.push_back(id);
      continue;
    }
    const Requisites& requisites = ws.requisites.get(id);
    name_unknown(ws.slots, keys.slots, SlotId{id, payment.amount});
    name_unknown(ws.days, keys.days, RequisitesDayId{id, day_in_zone(now, requisites.time_zone)});
    name_unknown(ws.exposures, keys.exposures, ExposureId{requisites.trader_id, payment.currency});
    name_unknown(ws.accounts, keys.accounts,
                 AccountId{AccountKind::trader, requisites.trader_id.value, payment.currency});
  }
}

Choice choose_requisites(const WorkingSet& ws, const Context& ctx, const Payment& payment,
                         Instant now) {
  const Candidates& candidates = ws.candidates.at(payment.request_id);
  const CandidateQuery query = query_of(payment, ctx, now);
  CarriedInBatch carried(ws);
  const Requisites* best = nullptr;
  Instant last_in_line = Instant::min();
  for (const RequisitesId id : candidates.ids) {
    const Requisites& requisites = ws.requisites.get(id);
    if (missed_rule(query, requisites, carried)) continue;
    last_in_line = std::max(last_in_line, requisites.turn_at);
    // Turns move within a batch, so the store's order is only where the search starts.
    if (best == nullptr || requisites.turn_at < best->turn_at) best = &requisites;
  }
  if (best == nullptr) {
    // The store said that these fit, so this batch took or changed them.
    const bool taken_in_batch = !candidates.ids.empty();
    return {
        {}, text(candidates.missed, candidates.complete), {}, taken_in_batch, candidates.complete};
  }
  return {best->id,
          "least recently used of " + std::to_string(candidates.ids.size()) + " in pool " +
              payment.pool,
          last_in_line};
}

bool has_credit(const WorkingSet& ws, const Context& ctx, const Payment& payment, TraderId id,
                Instant now) {
  const Trader* trader = ctx.config.trader(id);
  CarriedInBatch carried(ws);
  return trader != nullptr && within_credit(query_of(payment, ctx, now), *trader, carried);
}

void assign_requisites(WorkingSet& ws, const Context& ctx, RequestId id, const Choice& choice,
                       Instant now) {
  const RequisitesId requisites_id = choice.chosen.value();
  auto& requisites = ws.requisites.edit(requisites_id);
  requisites.turn_at = next_turn(requisites.turn_at, choice.last_in_line, requisites.weight);
  requisites.last_used_at = now;

  auto& payment = ws.payments.edit(id);
  payment.requisites_id = requisites_id;
  payment.trader_id = requisites.trader_id;
  payment.assigned_day = day_in_zone(now, requisites.time_zone);
  payment.exposed = payment.amount;
  payment.day_counted = payment.amount;

  const Project* project = ctx.config.project(payment.project_id);
  KASSA_CHECK(project != nullptr, "a payment of an unknown project");
  const SlotId slot_id{requisites_id, payment.amount};
  auto& slot = ws.slots.edit_or_insert({slot_id, id, now, now});
  KASSA_CHECK(slot.request_id == id || slot.held_until <= now, "a slot was given twice");
  if (slot.request_id != id) {
    ws.append(SlotHold{slot_id, slot.held_from, slot.held_until, slot.request_id});
  }
  slot.request_id = id;
  slot.held_from = now;
  slot.held_until = payment.expires_at + std::chrono::seconds{project->windows.slot_s};

  const RequisitesDayId day_id{requisites_id, payment.assigned_day};
  auto& day = ws.days.edit_or_insert({day_id, 0, 0});
  ++day.count;
  day.sum = checked_add(day.sum, payment.amount);

  const ExposureId exposure_id{payment.trader_id, payment.currency};
  auto& exposure = ws.exposures.edit_or_insert({exposure_id, 0});
  exposure.open_amount = checked_add(exposure.open_amount, payment.amount);

  const auto done =
      transition(ws, ctx, id, {Cause::assigned, {ActorKind::kassa, {}}, now, choice.reason, {}});
  KASSA_CHECK(done.has_value(), "requisites for a payin that does not look for any");
}

}  // namespace kassa::domain

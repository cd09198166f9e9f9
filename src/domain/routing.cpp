#include "domain/routing.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "domain/postings.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

/// Why one candidate was passed over; the order is that of the checks.
enum class Miss : std::uint8_t { trader_off, cool_down, slot, day_count, day_sum, exposure, count };

constexpr std::array<std::string_view, static_cast<std::size_t>(Miss::count)> kMissNames = {
    "trader off",     "cooling down", "amount taken",
    "day count full", "day sum full", "trader's credit used up"};

/// The step of a turn for weight 1; only its ratio to the others' matters.
constexpr Duration kTurnStep = std::chrono::minutes{1};

bool within_credit(const WorkingSet& ws, const Trader& trader, const Payment& payment) {
  if (trader.unlimited) return true;
  const auto credit = trader.credit.find(payment.currency);
  if (credit == trader.credit.end()) return false;
  const Account* account =
      ws.accounts.find({AccountKind::trader, trader.id.value, payment.currency});
  const Exposure* exposure = ws.exposures.find({trader.id, payment.currency});
  const std::int64_t owed = account ? -account->balance : 0;
  const std::int64_t open = exposure ? exposure->open_amount : 0;
  return checked_add(checked_add(owed, open), payment.amount) <= credit->second;
}

/// The first rule that this candidate misses, or nothing.
std::optional<Miss> missed_rule(const WorkingSet& ws, const Context& ctx, const Payment& payment,
                                const Requisites& requisites, Instant now) {
  const Trader* trader = ctx.config.trader(requisites.trader_id);
  if (trader == nullptr || !trader->on || !requisites.on) return Miss::trader_off;
  // Nothing of test mode can touch live money, and the other way round.
  if (trader->test == payment.clock.is_nil()) return Miss::trader_off;
  if (requisites.cool_down_s > 0 && requisites.last_used_at &&
      *requisites.last_used_at + std::chrono::seconds{requisites.cool_down_s} > now) {
    return Miss::cool_down;
  }
  const Slot* slot = ws.slots.find({requisites.id, payment.amount});
  if (slot != nullptr && slot->held_until > now) return Miss::slot;
  const RequisitesDay* day = ws.days.find({requisites.id, day_in_zone(now, requisites.time_zone)});
  if (requisites.day_count_max > 0 && day && day->count >= requisites.day_count_max) {
    return Miss::day_count;
  }
  if (requisites.day_sum_max > 0 &&
      checked_add(day ? day->sum : 0, payment.amount) > requisites.day_sum_max) {
    return Miss::day_sum;
  }
  if (!within_credit(ws, *trader, payment)) return Miss::exposure;
  return std::nullopt;
}

/// "12 in pool: 7 amount taken, 3 off": every rule that missed, with how many it missed.
std::string miss_reason(const Candidates& candidates,
                        const std::array<std::int64_t, kMissNames.size()>& missed) {
  std::string parts;
  const auto add = [&parts](std::int64_t count, std::string_view what) {
    if (count == 0) return;
    if (!parts.empty()) parts += ", ";
    parts += std::to_string(count) + " " + std::string(what);
  };
  const CandidateCounts& counts = candidates.missed;
  add(counts.off, "off");
  add(counts.method, "other method");
  add(counts.bank, "other bank");
  add(counts.amount, "outside amount limits");
  add(counts.slot, "amount taken");
  for (std::size_t i = 0; i < missed.size(); ++i) add(missed[i], kMissNames[i]);
  if (parts.empty()) return "no requisites in the pool for this currency";
  if (counts.in_pool == 0) return parts;
  return std::to_string(counts.in_pool) + " in pool: " + parts;
}

template <class Row, class Key>
Row& edit_or_insert(RowTable<Row>& table, const Key& key, Row fresh) {
  if (table.find(key) == nullptr) table.insert(std::move(fresh));
  return table.edit(key);
}

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

void reads_candidates(const Payment& payment, const WorkingSet& ws, Instant now, Keys& keys) {
  const auto found = ws.candidates.find(payment.request_id);
  if (found == ws.candidates.end()) {
    keys.candidates.push_back({payment.request_id, payment.pool, payment.currency, payment.method,
                               payment.bank_symbol, payment.amount, now,
                               /*simulated=*/!payment.clock.is_nil()});
    return;
  }
  const auto name = [](const auto& table, auto& list, auto key) {
    if (!table.knows(key)) list.push_back(std::move(key));
  };
  for (const RequisitesId id : found->second.ids) {
    if (!ws.requisites.knows(id)) {
      keys.requisites.push_back(id);
      continue;
    }
    const Requisites& requisites = ws.requisites.get(id);
    name(ws.slots, keys.slots, SlotId{id, payment.amount});
    name(ws.days, keys.days, RequisitesDayId{id, day_in_zone(now, requisites.time_zone)});
    name(ws.exposures, keys.exposures, ExposureId{requisites.trader_id, payment.currency});
    name(ws.accounts, keys.accounts,
         AccountId{AccountKind::trader, requisites.trader_id.value, payment.currency});
  }
}

Choice choose_requisites(const WorkingSet& ws, const Context& ctx, const Payment& payment,
                         Instant now) {
  const Candidates& candidates = ws.candidates.at(payment.request_id);
  std::array<std::int64_t, kMissNames.size()> missed{};
  const Requisites* best = nullptr;
  Instant last_in_line = Instant::min();
  bool taken_in_batch = false;
  for (const RequisitesId id : candidates.ids) {
    const Requisites& requisites = ws.requisites.get(id);
    if (const auto miss = missed_rule(ws, ctx, payment, requisites, now)) {
      ++missed[static_cast<std::size_t>(*miss)];
      // The store said that this slot was free, so somebody took it since.
      taken_in_batch = taken_in_batch || *miss == Miss::slot;
      continue;
    }
    last_in_line = std::max(last_in_line, requisites.turn_at);
    // Turns move within a batch, so the store's order is only where the search starts.
    if (best == nullptr || requisites.turn_at < best->turn_at) best = &requisites;
  }
  if (best == nullptr) return {std::nullopt, miss_reason(candidates, missed), taken_in_batch, {}};
  // The line is never longer than one step: whoever is further behind was away.
  const Instant turn_from = std::max(best->turn_at, last_in_line - kTurnStep);
  return {best->id,
          "least recently used of " + std::to_string(candidates.ids.size()) + " in pool " +
              payment.pool,
          false, turn_from};
}

void assign_requisites(WorkingSet& ws, const Context& ctx, RequestId id, const Choice& choice,
                       Instant now) {
  const RequisitesId requisites_id = choice.chosen.value();
  auto& requisites = ws.requisites.edit(requisites_id);
  requisites.turn_at = choice.turn_from + kTurnStep / std::max<std::int64_t>(requisites.weight, 1);
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
  auto& slot = edit_or_insert(ws.slots, slot_id, Slot{slot_id, id, now, now});
  KASSA_CHECK(slot.request_id == id || slot.held_until <= now, "a slot was given twice");
  if (slot.request_id != id) {
    ws.append(SlotHold{slot_id, slot.held_from, slot.held_until, slot.request_id});
  }
  slot.request_id = id;
  slot.held_from = now;
  slot.held_until = payment.expires_at + std::chrono::seconds{project->windows.slot_s};

  const RequisitesDayId day_id{requisites_id, payment.assigned_day};
  auto& day = edit_or_insert(ws.days, day_id, RequisitesDay{day_id, 0, 0});
  ++day.count;
  day.sum = checked_add(day.sum, payment.amount);

  const ExposureId exposure_id{payment.trader_id, payment.currency};
  auto& exposure = edit_or_insert(ws.exposures, exposure_id, Exposure{exposure_id, 0});
  exposure.open_amount = checked_add(exposure.open_amount, payment.amount);

  const auto done =
      transition(ws, ctx, id, {Cause::assigned, {ActorKind::kassa, {}}, now, choice.reason, {}});
  KASSA_CHECK(done.has_value(), "requisites for a payin that does not look for any");
}

}  // namespace kassa::domain

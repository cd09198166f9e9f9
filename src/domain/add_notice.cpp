// Something was seen (domain/notice.hpp): it finds its payment, or waits for somebody who knows.
//
// A notice that names its payin belongs to it. Otherwise money is matched by requisites, exact
// amount, and who held that slot at the moment of the transfer, so that late money finds its own
// payer. The same notice again changes nothing.
#include <algorithm>

#include "domain/notices.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

Refusal wrong(std::string message) {
  return {RefusalCode::validation_failed, std::move(message), std::nullopt, false};
}

/// The clock that money on these requisites lives by.
ClockId clock_of(const Context& ctx, const Requisites& requisites) {
  const Trader* trader = ctx.config.trader(requisites.trader_id);
  const bool simulated = trader != nullptr && trader->test &&
                         ctx.config.project(ProjectId{requisites.trader_id.value}) != nullptr;
  return simulated ? ClockId{requisites.trader_id.value} : ClockId{};
}

Instant seen_at(const AddNotice& command, const WorkingSet& ws, const Context& ctx) {
  if (command.seen_at) return *command.seen_at;
  const Requisites* requisites = ws.requisites.find(command.requisites_id);
  return now_of(ws, ctx, requisites ? clock_of(ctx, *requisites) : ClockId{});
}

SlotMoment moment_of(const AddNotice& command, const WorkingSet& ws, const Context& ctx) {
  return {{command.requisites_id, command.amount}, seen_at(command, ws, ctx)};
}

bool covers(Instant from, Instant until, Instant at) {
  return from <= at && at < until;
}

/// Clocks differ a little; a moment further ahead than this is a slip of the hand.
constexpr Duration kSeenAheadMax = std::chrono::minutes{5};

bool is_ahead(Instant seen_at, Instant now) {
  return seen_at > now + kSeenAheadMax;
}

Refusal not_yet() {
  return wrong("The money can't have come later than now.");
}

/// Who held the slot then: the present holder, those before it, and those of this batch.
std::vector<RequestId> holders(const WorkingSet& ws, const SlotMoment& moment) {
  std::vector<RequestId> all;
  const Slot* slot = ws.slots.find(moment.slot);
  if (slot != nullptr && covers(slot->held_from, slot->held_until, moment.at)) {
    all.push_back(slot->request_id);
  }
  if (const auto earlier = ws.earlier_holders.find(moment); earlier != ws.earlier_holders.end()) {
    all.insert(all.end(), earlier->second.begin(), earlier->second.end());
  }
  for (const SlotHold& hold : ws.slot_holds()) {
    if (hold.slot == moment.slot && covers(hold.held_from, hold.held_until, moment.at)) {
      all.push_back(hold.request_id);
    }
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

/// Named by its slot, where that is known; nil else.
RequestId matched(const AddNotice& command, const WorkingSet& ws, const Context& ctx) {
  const auto found = holders(ws, moment_of(command, ws, ctx));
  return found.size() == 1 ? found.front() : RequestId{};
}

std::optional<std::string> unfit(const Payment& payment, const Notice& notice) {
  if (payment.kind == PaymentKind::payout) return "The payment is a payout; no money comes for it.";
  if (payment.currency != notice.currency) return "The payment is in another currency.";
  return std::nullopt;
}

bool same(const AddNotice& command, const Notice& notice) {
  return command.kind == notice.kind && command.amount == notice.amount &&
         command.currency == notice.currency &&
         (command.request_id.is_nil() || command.request_id == notice.request_id) &&
         (command.requisites_id.is_nil() || command.requisites_id == notice.requisites_id);
}

/// The same words, whichever key of the ring named them.
const Notice* said_before(const AddNotice& command, const WorkingSet& ws) {
  for (const NoticeId id : ids_of(command)) {
    if (const Notice* notice = ws.notices.find(id)) return notice;
  }
  return nullptr;
}

NoticeAnswer answer_of(const WorkingSet& ws, NoticeId id) {
  const Notice& notice = ws.notices.get(id);
  if (notice.request_id.is_nil()) return {notice, std::nullopt};
  return {notice, ws.payments.get(notice.request_id)};
}

NoticeAnswer repeated(const WorkingSet& ws, NoticeId id) {
  NoticeAnswer answer = answer_of(ws, id);
  answer.repeated = true;
  return answer;
}

/// The rows of the payment that a stored notice has.
void reads_its_payment(NoticeId id, const WorkingSet& ws, Keys& keys) {
  const Notice* notice = ws.notices.find(id);
  if (notice != nullptr && !notice->request_id.is_nil())
    reads_payment(notice->request_id, ws, keys);
}

}  // namespace

void reads(const AddNotice& command, const WorkingSet& ws, const Context& ctx, Keys& keys) {
  const auto ids = ids_of(command);
  bool all_known = true;
  for (const NoticeId id : ids) {
    if (ws.notices.knows(id)) continue;
    keys.notices.push_back(id);
    all_known = false;
  }
  if (!all_known) return;
  for (const NoticeId id : ids) reads_its_payment(id, ws, keys);
  if (!command.request_id.is_nil()) {
    reads_payment(command.request_id, ws, keys);
    return;
  }
  if (command.requisites_id.is_nil()) return;
  if (!ws.requisites.knows(command.requisites_id)) {
    keys.requisites.push_back(command.requisites_id);
    return;
  }
  const Requisites* requisites = ws.requisites.find(command.requisites_id);
  if (requisites == nullptr) return;
  const ClockId clock = clock_of(ctx, *requisites);
  if (!clock.is_nil() && !ws.clocks.knows(clock)) {
    keys.clocks.push_back(clock);
    return;
  }
  const SlotMoment moment = moment_of(command, ws, ctx);
  if (!ws.slots.knows(moment.slot)) keys.slots.push_back(moment.slot);
  if (!ws.earlier_holders.contains(moment)) keys.slot_moments.push_back(moment);
  if (!ws.slots.knows(moment.slot) || !ws.earlier_holders.contains(moment)) return;
  const RequestId whose = matched(command, ws, ctx);
  if (!whose.is_nil()) reads_payment(whose, ws, keys);
}

Decision decide(const AddNotice& command, WorkingSet& ws, const Context& ctx) {
  if (const Notice* known = said_before(command, ws)) {
    if (same(command, *known)) return repeated(ws, known->id);
    return std::unexpected(Refusal{RefusalCode::conflict,
                                   "Another notice has this reference and other content.",
                                   std::nullopt, false});
  }
  const bool money = command.kind == NoticeKind::money;
  if (money ? (command.amount < 1 || command.amount > kAmountMinorMax) : command.amount != 0) {
    return std::unexpected(amount_out_of_range());
  }
  const bool named = !command.request_id.is_nil();
  if (!named && (!money || command.requisites_id.is_nil() ||
                 ws.requisites.find(command.requisites_id) == nullptr)) {
    return std::unexpected(
        Refusal{RefusalCode::not_found, "There are no requisites of this id.", {}, false});
  }
  Notice notice;
  notice.id = command.id;
  notice.kind = command.kind;
  notice.requisites_id = command.requisites_id;
  notice.currency = command.currency;
  notice.amount = command.amount;
  notice.recorded_at = ctx.real_now;
  notice.by = command.actor;
  notice.details = command.details;

  RequestId whose = command.request_id;
  if (named) {
    const auto found = live_payment(ws, whose);
    if (!found) return std::unexpected(found.error());
    if (const auto why = unfit(**found, notice)) return std::unexpected(wrong(*why));
    if (notice.requisites_id.is_nil()) notice.requisites_id = (*found)->requisites_id;
    const Instant now = now_of(ws, ctx, (*found)->clock);
    notice.seen_at = command.seen_at.value_or(now);
    if (is_ahead(notice.seen_at, now)) return std::unexpected(not_yet());
  } else {
    const Requisites& requisites = ws.requisites.get(command.requisites_id);
    if (requisites.currency != command.currency) {
      return std::unexpected(wrong("These requisites are in another currency."));
    }
    notice.seen_at = seen_at(command, ws, ctx);
    const Instant now = now_of(ws, ctx, clock_of(ctx, requisites));
    if (is_ahead(notice.seen_at, now)) return std::unexpected(not_yet());
    whose = matched(command, ws, ctx);
    if (whose.is_nil()) notice.reason = "no payin held this amount there at that time";
    // A payment that waits for a person is not touched; the notice waits with it.
    if (!whose.is_nil() && ws.payments.get(whose).frozen) {
      notice.reason = "payment " + whose.text() + " is frozen";
      whose = {};
    }
  }
  ws.notices.insert(std::move(notice));
  if (!whose.is_nil()) {
    const Instant now = now_of(ws, ctx, ws.payments.get(whose).clock);
    fire_due(ws, ctx, whose, now);
    if (money) {
      give_to_payment(ws, ctx, command.id, whose, command.actor, now);
    } else {
      attach(ws, command.id, whose, command.actor, now, {});
    }
  }
  return answer_of(ws, command.id);
}

namespace {

/// The requisites that the money came to: their trader must be the payment's.
void reads_its_requisites(NoticeId id, const WorkingSet& ws, Keys& keys) {
  const Notice* notice = ws.notices.find(id);
  if (notice == nullptr || notice->requisites_id.is_nil()) return;
  if (!ws.requisites.knows(notice->requisites_id)) keys.requisites.push_back(notice->requisites_id);
}

}  // namespace

void reads(const AssignNotice& command, const WorkingSet& ws, const Context&, Keys& keys) {
  if (!ws.notices.knows(command.id)) {
    keys.notices.push_back(command.id);
    return;
  }
  reads_its_payment(command.id, ws, keys);
  reads_payment(command.request_id, ws, keys);
  reads_its_requisites(command.id, ws, keys);
}

Decision decide(const AssignNotice& command, WorkingSet& ws, const Context& ctx) {
  const Notice* notice = ws.notices.find(command.id);
  if (notice == nullptr) {
    return std::unexpected(
        Refusal{RefusalCode::not_found, "There is no notice of this id.", {}, false});
  }
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  if (notice->request_id == command.request_id) return repeated(ws, command.id);
  if (notice->state != NoticeState::waiting) {
    return std::unexpected(Refusal{
        RefusalCode::conflict, "The notice is " + std::string(name(notice->state)) + " already.",
        std::nullopt, false});
  }
  if (const auto why = unfit(**found, *notice)) return std::unexpected(wrong(*why));
  if (!(*found)->trader_id.is_nil() && !notice->requisites_id.is_nil() &&
      ws.requisites.get(notice->requisites_id).trader_id != (*found)->trader_id) {
    return std::unexpected(wrong(
        "The money came to another trader's requisites: the payment's trader has none of it."));
  }
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);
  give_to_payment(ws, ctx, command.id, command.request_id, command.actor, now);
  return answer_of(ws, command.id);
}

}  // namespace kassa::domain

#include "domain/transition.hpp"

#include <algorithm>

#include "domain/delivery.hpp"
#include "domain/payout_orders.hpp"
#include "domain/postings.hpp"
#include "domain/simulation.hpp"

namespace kassa::domain {
namespace {

Instant after_s(Instant at, std::int64_t seconds) {
  return at + std::chrono::seconds{seconds};
}

const Project& project_of(const Context& ctx, const Payment& payment) {
  const Project* project = ctx.config.project(payment.project_id);
  KASSA_CHECK(project != nullptr, "a payment of an unknown project, " + payment.request_id.text());
  return *project;
}

/// When the state just entered ends by itself, or a person is reminded of it (wire §8.3).
std::optional<Instant> window_end(const Payment& payment, const Windows& windows, Instant at) {
  if (waits_for_person(payment.state)) return after_s(at, windows.reminder_s);
  if (payment.state == state::requisites) {
    if (payment.kind == PaymentKind::payout) return after_s(at, windows.payout_assignment_s);
    // Nobody is looked for until the payer has chosen: the window begins then (wire §7).
    const Instant window =
        awaits_choice(payment) ? payment.expires_at : after_s(at, windows.assignment_s);
    // Sent back here after its lifetime, it ends at once, not before it came.
    return std::max(at, std::min(window, payment.expires_at));
  }
  if (payment.state == state::payout_process) return after_s(at, windows.payout_lifetime_s);
  if (payment.state == state::incorrect_requisites) {
    return after_s(at, windows.incorrect_requisites_s);
  }
  if (payment.state == state::payout_failed) return after_s(at, windows.payout_failed_s);
  if (payment.state == state::awaiting_confirm) return payment.expires_at;
  if (payment.state == state::paid) return after_s(at, windows.confirmation_s);
  if (payment.state == state::no_payment) return after_s(at, windows.no_payment_s);
  if (payment.state == state::error) return after_s(at, windows.error_s);
  return std::nullopt;
}

/// What the end of the current window means.
Cause window_cause(const Payment& payment) {
  if (payment.state == state::payout_process) return Cause::not_paid_out;
  if (payment.state == state::requisites) {
    if (payment.kind == PaymentKind::payout) return Cause::no_trader;
    return *payment.window_at >= payment.expires_at ? Cause::expired : Cause::none_available;
  }
  if (payment.state == state::awaiting_confirm) return Cause::not_paid;
  if (payment.state == state::paid) return Cause::unconfirmed;
  return Cause::window_over;
}

bool has_url(const Payment& payment, const Project& project, State to) {
  if (to == state::success) return payment.own_urls.success || !project.urls.success.empty();
  if (to == state::decline) return payment.own_urls.decline || !project.urls.decline.empty();
  return payment.own_urls.intermediate || !project.urls.intermediate.empty();
}

/// Every state after the one that the create answered is told (wire §9): a payin's create answers
/// `requisites`, a payout's `new`.
bool is_told(const Payment& payment, Cause cause) {
  if (cause == Cause::checked) return payment.kind == PaymentKind::payout;
  return cause != Cause::created && cause < Cause::refused_command;
}

PaymentEvent event_of(const Payment& payment, State from, const Change& change) {
  PaymentEvent event;
  event.request_id = payment.request_id;
  event.seq = payment.last_event;
  event.at = change.at;
  event.cause = change.cause;
  event.actor = change.actor;
  event.from = from;
  event.to = payment.state;
  event.status_description = payment.status_description;
  event.amount = payment.amount;
  event.old_amount = payment.old_amount;
  event.method = payment.method;
  event.widget_method = payment.widget_method;
  event.requisites_id = payment.requisites_id;
  event.reason = change.reason;
  return event;
}

/// The three amounts (wire §8.4): while parts add up, `old_amount` stays what was asked.
void set_amount(Payment& payment, const Change& change) {
  if (!change.new_amount || *change.new_amount == payment.amount) return;
  const bool parts_add_up =
      change.cause == Cause::more_money || change.cause == Cause::money_complete;
  if (!parts_add_up) payment.old_amount = payment.amount;
  payment.amount = *change.new_amount;
}

/// A payin that ends gives back what it held of its trader's credit; one that is declined gives its
/// day back too, and one that succeeds counts there with what really came.
void release_holds(WorkingSet& ws, Payment& payment, Instant at) {
  if (payment.requisites_id.is_nil() || !is_final(payment.state)) return;
  if (payment.exposed != 0) {
    auto& exposure = ws.exposures.edit({payment.trader_id, payment.currency});
    exposure.open_amount -= payment.exposed;
    KASSA_CHECK(exposure.open_amount >= 0,
                "exposure below zero, trader " + payment.trader_id.text());
    payment.exposed = 0;
  }
  const bool counts = payment.state == state::success;
  const std::int64_t counted_now = counts ? payment.amount : 0;
  if (counted_now != payment.day_counted) {
    auto& day = ws.days.edit({payment.requisites_id, payment.assigned_day});
    if (payment.day_counted == 0) ++day.count;
    if (counted_now == 0) --day.count;
    day.sum = checked_add(day.sum, counted_now - payment.day_counted);
    KASSA_CHECK(day.count >= 0 && day.sum >= 0,
                "a day's count below zero, requisites " + payment.requisites_id.text());
    payment.day_counted = counted_now;
  }
  if (!counts) return;
  const SlotId slot_id{payment.requisites_id, payment.initial_amount};
  const Slot* slot = ws.slots.find(slot_id);
  if (slot != nullptr && slot->request_id == payment.request_id && slot->held_until > at) {
    ws.slots.edit(slot_id).held_until = at;
  }
}

/// A confirmation window longer than the slot's keeps the slot: no two live payins ever share one.
void hold_slot_while_paid(WorkingSet& ws, const Payment& payment) {
  if (payment.state != state::paid) return;
  const SlotId id{payment.requisites_id, payment.initial_amount};
  const Slot* slot = ws.slots.find(id);
  if (slot == nullptr || slot->request_id != payment.request_id) return;
  if (slot->held_until < *payment.window_at) ws.slots.edit(id).held_until = *payment.window_at;
}

/// A search that nobody could make (no method chosen yet) would be due for ever.
void search_from(Payment& payment, const Project& project, Instant at) {
  const bool never_assigned = project.test && is_never_assigned(payment);
  if (!awaits_choice(payment) && !never_assigned) payment.assign_at = at;
}

void enter_state(Payment& payment, const Project& project, State before, Instant at) {
  payment.updated_at = at;
  payment.window_at = window_end(payment, project.windows, at);
  payment.assign_at.reset();
  if (payment.state == state::paid) payment.was_confirmed = true;
  if (project.test) plan_word(payment, before, at);
  if (payment.state == state::requisites) search_from(payment, project, at);
  schedule(payment);
}

/// The operator of a decline or success that had no requisites has nobody to charge.
bool nobody_to_charge(const Payment& payment, const Edge& edge) {
  return edge.posting != Posting::none && edge.posting != Posting::release &&
         payment.trader_id.is_nil();
}

std::expected<void, Refusal> post_edge(WorkingSet& ws, const Context& ctx, const Payment& payment,
                                       Posting posting, Instant at) {
  const auto post = payment.kind == PaymentKind::payout ? post_payout : post_payin;
  return post(ws, ctx, payment.request_id, posting, payment.amount, at);
}

/// A payment's life has at most so many events that only tell of it: neither a client that repeats
/// itself nor a dispute that nobody decides makes it grow without end.
constexpr std::int32_t kNotesMax = 200;

/// It still waits for a person: said again after each gap, and the payment stays as it is.
void remind(WorkingSet& ws, const Context& ctx, RequestId id, Instant at) {
  auto& payment = ws.payments.edit(id);
  payment.window_at.reset();
  if (payment.last_event < kNotesMax) {
    payment.window_at = after_s(at, project_of(ctx, payment).windows.reminder_s);
    add_note(ws, id, Cause::reminded, {ActorKind::timer, {}}, at, "waits for a person");
  }
  schedule(payment);
}

std::optional<std::string> speak(WorkingSet& ws, const Context& ctx, RequestId id, Instant at);

}  // namespace

bool waits_for_person(State s) {
  return s == state::different_amount || s == state::confirm_timeout || s == state::payout_timeout;
}

std::optional<Instant> counting_window(const Payment& payment) {
  const bool ends_dispute =
      payment.state.status == Status::dispute && !waits_for_person(payment.state);
  if (ends_dispute && payment.unread > 0) return std::nullopt;
  return payment.window_at;
}

void schedule(Payment& payment) {
  payment.due_at.reset();
  if (payment.frozen) return;
  for (const auto& at : {counting_window(payment), payment.assign_at, payment.word_at}) {
    if (at && (!payment.due_at || *at < *payment.due_at)) payment.due_at = at;
  }
}

Instant now_of(const WorkingSet& ws, const Context& ctx, ClockId clock) {
  if (clock.is_nil()) return ctx.real_now;
  const TestClock* row = ws.clocks.find(clock);
  return ctx.real_now + Duration{row ? row->offset_ms : 0};
}

void begin_search(WorkingSet& ws, const Context& ctx, RequestId id, Instant at) {
  auto& payment = ws.payments.edit(id);
  const Project& project = project_of(ctx, payment);
  payment.window_at = window_end(payment, project.windows, at);
  payment.assign_tries = 0;
  search_from(payment, project, at);
  schedule(payment);
}

void add_note(WorkingSet& ws, RequestId id, Cause cause, const Actor& actor, Instant at,
              std::string reason) {
  auto& payment = ws.payments.edit(id);
  ++payment.last_event;
  ws.append(event_of(payment, payment.state, Change{cause, actor, at, std::move(reason), {}}));
}

std::expected<void, Refusal> transition(WorkingSet& ws, const Context& ctx, RequestId id,
                                        const Change& change) {
  const Payment& before = ws.payments.get(id);
  const Edge* edge = find_edge(before.kind, before.state, change.cause);
  if (edge == nullptr || nobody_to_charge(before, *edge)) {
    return std::unexpected(
        Refusal{RefusalCode::transition_not_allowed,
                "The payment is in " + text(before.state) + ", where this is not possible.",
                before.state, false});
  }
  const Project& project = project_of(ctx, before);
  const State from = before.state;
  const std::size_t mark = ws.mark();

  auto& payment = ws.payments.edit(id);
  set_amount(payment, change);
  payment.state = edge->to;
  payment.status_description = edge->description;
  if (change.cause == Cause::appealed) payment.was_appealed = true;
  if (auto posted = post_edge(ws, ctx, payment, edge->posting, change.at); !posted) {
    ws.rollback(mark);
    posted.error().current = from;  // a 409 says where the payment is
    return posted;
  }
  release_holds(ws, payment, change.at);
  if (payment.kind == PaymentKind::payout) move_order(ws, id, from, change.cause, change.at);
  enter_state(payment, project, from, change.at);
  hold_slot_while_paid(ws, payment);

  ++payment.last_event;
  PaymentEvent event = event_of(payment, from, change);
  event.callback = is_told(payment, change.cause) && has_url(payment, project, payment.state);
  if (event.callback) enqueue_callback(ws, ctx, event);
  ws.append(std::move(event));
  return {};
}

std::expected<void, Refusal> see_money(WorkingSet& ws, const Context& ctx, RequestId id,
                                       std::int64_t amount, const Actor& actor, Instant at,
                                       const std::string& reason) {
  const Payment& payment = ws.payments.get(id);
  Change change{Cause::exact_money, actor, at, reason, std::nullopt};
  if (payment.state == state::different_amount) {
    const std::int64_t sum = checked_add(payment.amount, amount);
    if (sum > kAmountMinorMax) return std::unexpected(amount_out_of_range());
    change.cause = sum == payment.old_amount ? Cause::money_complete : Cause::more_money;
    change.new_amount = sum;
  } else if (amount != payment.amount) {
    change.cause = Cause::other_money;
    change.new_amount = amount;
  }
  return transition(ws, ctx, id, change);
}

std::int64_t fire_due(WorkingSet& ws, const Context& ctx, RequestId id, Instant now) {
  std::int64_t fired = 0;
  for (;;) {
    const Payment& payment = ws.payments.get(id);
    if (payment.frozen) return fired;
    const auto window = counting_window(payment);
    const auto word = payment.word_at;
    const bool window_first = window && (!word || *window <= *word);
    const auto at = window_first ? window : word;
    if (!at || *at > now) return fired;
    ++fired;
    if (window_first && waits_for_person(payment.state)) {
      remind(ws, ctx, id, *at);
    } else if (window_first) {
      const Change change{window_cause(payment), {ActorKind::timer, {}}, *at, {}, {}};
      const auto done = transition(ws, ctx, id, change);
      KASSA_CHECK(done.has_value(), "a window ended where it has no edge, payment " + id.text());
    } else if (const auto failure = speak(ws, ctx, id, *at)) {
      KASSA_CHECK(false, *failure + ", payment " + id.text());
    }
  }
}

namespace {

/// The simulated counterparty says its word. Nothing, or why it could not.
std::optional<std::string> speak(WorkingSet& ws, const Context& ctx, RequestId id, Instant at) {
  const Payment& payment = ws.payments.get(id);
  const Actor simulator{ActorKind::simulator, {}};
  const std::string reason = scenario_of(payment) == Scenario::pays
                                 ? "simulated counterparty"
                                 : "scenario " + std::to_string(payment.initial_amount % 1000);
  const std::int64_t half = std::max<std::int64_t>(payment.initial_amount / 2, 1);
  std::expected<void, Refusal> done;
  switch (payment.word) {
    case Word::none:
      return "a word without a speaker";
    case Word::money_exact:
      done = see_money(ws, ctx, id, payment.amount, simulator, at, reason);
      break;
    case Word::money_half:
      done = see_money(ws, ctx, id, half, simulator, at, reason);
      break;
    case Word::settle_half:
      done = transition(ws, ctx, id, {Cause::settled, simulator, at, reason, payment.amount});
      break;
    case Word::fault:
      done = transition(ws, ctx, id, {Cause::fault, simulator, at, reason, {}});
      break;
    case Word::paid_out:
      done = transition(ws, ctx, id, {Cause::paid_out, simulator, at, reason, {}});
      break;
    case Word::wrong_requisites:
      done = transition(ws, ctx, id, {Cause::wrong_requisites, simulator, at, reason, {}});
      break;
    case Word::pay_failed:
      done = transition(ws, ctx, id, {Cause::pay_failed, simulator, at, reason, {}});
      break;
    case Word::hand_back:
      done = hand_back(ws, ctx, id, simulator, at, reason);
      break;
  }
  if (!done) return "a simulated word where it has no edge";
  return std::nullopt;
}

}  // namespace

void settle_attached(WorkingSet& ws, RequestId id, NoticeState state, const std::string& reason) {
  if (ws.payments.get(id).unread == 0) return;
  KASSA_CHECK(ws.attached_known.contains(id), "notices nobody loaded, payment " + id.text());
  std::vector<NoticeId> attached;
  for (const auto& [notice, entry] : ws.notices.entries()) {
    if (entry.row && entry.row->request_id == id && entry.row->state == NoticeState::attached) {
      attached.push_back(notice);
    }
  }
  for (const NoticeId notice : attached) {
    auto& row = ws.notices.edit(notice);
    row.state = state;
    row.reason = reason;
  }
  auto& payment = ws.payments.edit(id);
  KASSA_CHECK(std::cmp_equal(attached.size(), payment.unread),
              "unread notices other than counted, payment " + id.text());
  payment.unread = 0;
  schedule(payment);
}

void reads_attached(RequestId id, const WorkingSet& ws, Keys& keys) {
  if (!ws.payments.knows(id)) return;
  const Payment* payment = ws.payments.find(id);
  if (payment != nullptr && payment->unread > 0 && !ws.attached_known.contains(id)) {
    keys.attached.push_back(id);
  }
}

Refusal payment_not_found() {
  return {RefusalCode::payment_not_found, "This project has no such payment.", std::nullopt, false};
}

Refusal amount_out_of_range() {
  return {RefusalCode::validation_failed,
          "The amount must be from 1 to 10000000000000 minor units.", std::nullopt, false};
}

std::expected<const Payment*, Refusal> live_payment(const WorkingSet& ws, RequestId id) {
  const Payment* payment = ws.payments.find(id);
  if (payment == nullptr) return std::unexpected(payment_not_found());
  if (payment->frozen) {
    return std::unexpected(Refusal{RefusalCode::unavailable,
                                   "This payment is being looked at by a person; try again later.",
                                   payment->state, false});
  }
  return payment;
}

Refusal refuse_transition(WorkingSet& ws, const Context& ctx, RequestId id, const Actor& actor,
                          std::string_view command) {
  const Payment& payment = ws.payments.get(id);
  const State current = payment.state;
  if (payment.last_event < kNotesMax) {
    add_note(ws, id, Cause::refused_command, actor, now_of(ws, ctx, payment.clock),
             std::string(command) + " refused in " + text(current));
  }
  return {RefusalCode::transition_not_allowed,
          "The payment is in " + text(current) + ", where " + std::string(command) +
              " is not possible.",
          current, true};
}

void reads_payment(RequestId id, const WorkingSet& ws, Keys& keys) {
  if (!ws.payments.knows(id)) {
    keys.payments.push_back(id);
    return;
  }
  const Payment* payment = ws.payments.find(id);
  if (payment == nullptr) return;
  name_unknown(ws.deliveries, keys.deliveries, id);
  name_unknown(ws.accounts, keys.accounts, available_account(*payment));
  if (!payment->clock.is_nil()) name_unknown(ws.clocks, keys.clocks, payment->clock);
  if (payment->kind == PaymentKind::payout) {
    name_unknown(ws.accounts, keys.accounts, locked_account(*payment));
    if (payment->orders > 0)
      name_unknown(ws.payout_orders, keys.payout_orders, latest_order(*payment));
    if (!payment->trader_id.is_nil()) {
      name_unknown(ws.accounts, keys.accounts, trader_account(*payment));
      name_unknown(ws.payout_turns, keys.payout_turns, payment->trader_id);
    }
    return;
  }
  if (payment->requisites_id.is_nil()) return;
  name_unknown(ws.accounts, keys.accounts, trader_account(*payment));
  name_unknown(ws.slots, keys.slots, SlotId{payment->requisites_id, payment->initial_amount});
  name_unknown(ws.days, keys.days, RequisitesDayId{payment->requisites_id, payment->assigned_day});
  name_unknown(ws.exposures, keys.exposures, ExposureId{payment->trader_id, payment->currency});
}

}  // namespace kassa::domain

// The lifecycle of a payin (wire §8.1): every edge is reached by some command, whatever is not in
// the table is refused, and saying something twice changes things once.
#include <algorithm>
#include <functional>

#include "domain/payin_lifecycle.hpp"
#include "domain/transition.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

/// The state as one text, to see that nothing changed.
auto all_of(const Payment& p) {
  return std::tuple{p.state,       p.status_description, p.amount,      p.old_amount,
                    p.updated_at,  p.window_at,          p.due_at,      p.exposed,
                    p.day_counted, p.settled_amount,     p.settled_fee, p.corrections};
}

void every_story(World& w) {
  const auto in = [&](State s) { return w.payin_in(s); };
  // checked, assigned, confirmed, cancelled, not_paid, unconfirmed, fault: on the way.
  for (const State s : state::all_of_payin) {
    if (s != state::new_) in(s);
  }
  w.test().create(10'901).is(state::decline);
  in(state::requisites).cancel().is(state::decline);
  in(state::requisites).resolve(How::decline).is(state::decline);
  in(state::awaiting_confirm).see(100'000).is(state::success);
  in(state::awaiting_confirm).see(99'999).is(state::different_amount);
  in(state::paid).see(99'999).is(state::different_amount);
  in(state::paid).resolve(How::nothing).is(state::no_payment);
  in(state::no_payment).see(100'000).is(state::success);
  in(state::no_payment).see(100'001).is(state::different_amount);
  in(state::no_payment).resolve(How::receipt).is(state::confirm_timeout);
  in(state::no_payment).resolve(How::decline).is(state::decline);
  in(state::confirm_timeout).see(100'000).is(state::success);
  in(state::confirm_timeout).see(1).is(state::different_amount);
  in(state::confirm_timeout).resolve(How::decline).is(state::decline);
  in(state::different_amount).see(10).is(state::different_amount);
  in(state::different_amount).see(50'000).is(state::success);
  in(state::different_amount).receive(50'000).is(state::success);
  in(state::different_amount).resolve(How::decline).is(state::decline);
  in(state::decline).receive(100'000).is(state::success);
  in(state::success).receive(99'000).is(state::success);
  in(state::error).resolve(How::retry).is(state::requisites);
  in(state::error).resolve(How::decline).is(state::decline);

  const Payin faulty = in(state::error);
  const Payin unpaid = in(state::no_payment);
  w.remove_requisites();
  const Payin unserved = w.live().create(100'000, {.lifetime_s = 300});
  w.wait(86'400s);
  faulty.is(state::decline).says("Processing error");
  unpaid.is(state::decline).says("Not paid in time");
  unserved.is(state::decline).says("No requisites available");

  w.live().set("window.assignment_s", "900");
  const Payin expired = w.live().create(100'000);
  w.wait(600s);
  expired.is(state::decline).says("Expired");
}

TEST(Lifecycle, EveryEdgeOfTheTableIsReachedBySomeCommand) {
  World world;
  every_story(world);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
  std::string untested;
  for (const Edge& edge : kPayinEdges) {
    const bool reached = std::ranges::any_of(world.rows.events, [&](const PaymentEvent& event) {
      return event.from == edge.from && event.cause == edge.cause && event.to == edge.to;
    });
    if (!reached) {
      untested +=
          text(edge.from) + " -- " + std::string(name(edge.cause)) + " --> " + text(edge.to) + "\n";
    }
  }
  EXPECT_EQ(untested, "") << "edges without a test";
}

TEST(Lifecycle, TheTableHasOneEdgeAtMostForAStateAndACause) {
  std::set<std::pair<std::string, Cause>> seen;
  for (const Edge& edge : kPayinEdges) {
    EXPECT_TRUE(seen.emplace(text(edge.from), edge.cause).second) << text(edge.from);
    EXPECT_NE(edge.from == state::success && edge.to != state::success, true);
  }
}

TEST(Lifecycle, EveryOtherStateAndCauseIsRefusedAndChangesNothing) {
  World world;
  int refused = 0;
  for (const State from : state::all_of_payin) {
    const Payin payin = world.payin_in(from);
    for (int number = 1; number <= static_cast<int>(kLastEdgeCause); ++number) {
      const auto cause = static_cast<Cause>(number);
      if (find_edge(PaymentKind::payin, from, cause) != nullptr) continue;
      WorkingSet ws;
      const Context ctx = world.context();
      for (Keys keys; reads_payment(payin.id(), ws, keys), !keys.empty(); keys = {}) {
        world.rows.load(keys, ws);
      }
      const std::size_t mark = ws.mark();
      const auto done = transition(ws, ctx, payin.id(), {cause, {}, world.now, {}, 5});
      ASSERT_FALSE(done.has_value()) << text(from) << " " << name(cause);
      EXPECT_EQ(done.error().code, RefusalCode::transition_not_allowed);
      EXPECT_EQ(done.error().current, from);
      EXPECT_EQ(ws.mark(), mark) << "something was changed";
      ++refused;
    }
  }
  EXPECT_EQ(refused,
            10 * static_cast<int>(kLastEdgeCause) - static_cast<int>(std::size(kPayinEdges)));
}

/// A command in a state, and where it leads; nothing: 409.
struct Attempt {
  std::string name;
  std::function<Said(const Payin&)> say;
  std::map<std::string, State> leads_to;
};

std::vector<Attempt> attempts() {
  const std::string requisites = "processing:requisites", awaiting = "processing:awaiting_confirm",
                    paid = "processing:paid", unpaid = "dispute:no_payment",
                    different = "dispute:different_amount", timeout = "dispute:confirm_timeout";
  return {
      {"confirm",
       [](const Payin& p) { return p.confirm(); },
       {{awaiting, state::paid},
        {paid, state::paid},
        {timeout, state::confirm_timeout},
        {"success", state::success}}},
      {"choose",  // of a payin of the merchant's own form there is nothing to choose
       [](const Payin& p) { return p.choose("payin-p2p-card"); },
       {}},
      {"cancel",
       [](const Payin& p) { return p.cancel(); },
       {{requisites, state::decline}, {awaiting, state::decline}, {"decline", state::decline}}},
      {"exact money",
       [](const Payin& p) { return p.see(p.row().initial_amount); },
       {{awaiting, state::success},
        {paid, state::success},
        {unpaid, state::success},
        {timeout, state::success},
        {different, state::different_amount},
        // Where there is no edge for it, it lies there as a notice.
        {requisites, state::requisites},
        {"error", state::error},
        {"decline", state::decline},
        {"success", state::success}}},
      {"other money",
       [](const Payin& p) { return p.see(7); },
       {{awaiting, state::different_amount},
        {paid, state::different_amount},
        {unpaid, state::different_amount},
        {timeout, state::different_amount},
        {different, state::different_amount},
        {requisites, state::requisites},
        {"error", state::error},
        {"decline", state::decline},
        {"success", state::success}}},
      {"received",
       [](const Payin& p) { return p.receive(7); },
       {{awaiting, state::success},
        {paid, state::success},
        {unpaid, state::success},
        {timeout, state::success},
        {different, state::success},
        {"decline", state::success},
        {"success", state::success}}},
      {"nothing",
       [](const Payin& p) { return p.resolve(How::nothing); },
       {{paid, state::no_payment}, {unpaid, state::no_payment}}},
      {"receipt",
       [](const Payin& p) { return p.resolve(How::receipt); },
       {{unpaid, state::confirm_timeout}, {timeout, state::confirm_timeout}}},
      {"decline",
       [](const Payin& p) { return p.resolve(How::decline); },
       {{requisites, state::decline},
        {unpaid, state::decline},
        {timeout, state::decline},
        {different, state::decline},
        {"error", state::decline},
        {"decline", state::decline}}},
      {"retry",
       [](const Payin& p) { return p.resolve(How::retry); },
       {{"error", state::requisites}, {requisites, state::requisites}}},
  };
}

TEST(Lifecycle, EachCommandInEachStateLeadsWhereItShouldOrLeavesOnlyANote) {
  World world;
  for (const Attempt& attempt : attempts()) {
    for (const State from : state::all_of_payin) {
      if (from == state::new_) continue;  // nobody ever finds a payin there
      SCOPED_TRACE(attempt.name + " in " + text(from));
      const Payin payin = world.payin_in(from);
      const auto before = all_of(payin.row());
      const std::size_t events = payin.events().size();
      const std::size_t transfers = world.rows.transfers.size();
      const auto expected = attempt.leads_to.find(text(from));
      const Said said = attempt.say(payin);
      if (expected != attempt.leads_to.end()) {
        said.is(expected->second);
        continue;
      }
      said.is_refused(RefusalCode::transition_not_allowed);
      EXPECT_EQ(said.refusal().current, from);
      EXPECT_EQ(all_of(payin.row()), before);
      EXPECT_EQ(world.rows.transfers.size(), transfers);
      ASSERT_EQ(payin.events().size(), events + 1);
      EXPECT_EQ(payin.last_event().cause, Cause::refused_command);
      EXPECT_FALSE(payin.last_event().callback) << "merchants are not told of notes";
    }
  }
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST(Lifecycle, ARepeatedRefusalDoesNotGrowAPaymentsLifeWithoutEnd) {
  World world;
  const Payin payin = world.payin_in(state::success);
  for (int i = 0; i < 500; ++i) payin.cancel().is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(payin.events().size(), 200U);
}

TEST(Lifecycle, AnUnknownPaymentIsNotFoundWhateverIsAsked) {
  World world;
  const Payin nobody = world.payin(id_of<RequestId>(404));
  for (const Attempt& attempt : attempts()) {
    if (attempt.name.ends_with(" money")) continue;  // it asks the payment for its currency
    attempt.say(nobody).is_refused(RefusalCode::payment_not_found);
  }
  AddNotice money;
  money.request_id = nobody.id();
  money.amount = 1;
  world.notice(money).is_refused(RefusalCode::payment_not_found);
  nobody.freeze().is_refused(RefusalCode::payment_not_found);
  nobody.resume().is_refused(RefusalCode::payment_not_found);
  nobody.fire().is_refused(RefusalCode::payment_not_found);
}

// ---- windows (wire §8.3)
// -------------------------------------------------------------------------

TEST(Windows, AssignmentEndsExactlyAfterItsWindow) {
  World world;
  const Payin payin = world.live().create(100'000);
  world.wait(120s - 1ms);
  payin.is(state::requisites);
  world.wait(1ms);
  payin.is(state::decline).says("No requisites available");
  EXPECT_EQ(payin.row().updated_at, kNoon + 120s);
}

TEST(Windows, AssignmentNeverLastsPastTheLifetime) {
  World world;
  world.live().set("window.assignment_s", "900");
  const Payin payin = world.live().create(100'000, {.lifetime_s = 300});
  world.wait(300s - 1ms);
  payin.is(state::requisites);
  world.wait(1ms);
  payin.is(state::decline).says("Expired");
}

TEST(Windows, TheLifetimeIsCountedFromTheWholeSecondOfCreation) {
  World world;
  world.add_requisites();
  world.let_pass(750ms);
  const Payin payin = world.live().create(100'000, {.lifetime_s = 300});
  EXPECT_EQ(payin.row().expires_at, kNoon + 300s);
  world.wait(299'249ms);
  payin.is(state::awaiting_confirm);
  world.wait(1ms);
  payin.is(state::no_payment);
  EXPECT_EQ(payin.row().expires_at, kNoon + 300s) << "it never moves";
}

TEST(Windows, ConfirmationEndsExactlyAfterItsWindowAndTheLifetimeNoLongerCounts) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  world.wait(599s);
  payin.confirm().is(state::paid);
  world.wait(1800s - 1ms);
  payin.is(state::paid);
  world.wait(1ms);
  payin.is(state::confirm_timeout);
  world.wait(std::chrono::hours{24 * 365});
  payin.is(state::confirm_timeout);
}

TEST(Windows, ADisputeOfNoPaymentIsDeclinedAfterADay) {
  World world;
  const Payin payin = world.payin_in(state::no_payment);
  world.wait(86'400s - 1ms);
  payin.is(state::no_payment);
  world.wait(1ms);
  payin.is(state::decline).says("Not paid in time");
}

TEST(Windows, AnErrorIsDeclinedAfterAMinute) {
  World world;
  const Payin payin = world.payin_in(state::error);
  world.wait(60s - 1ms);
  payin.is(state::error);
  world.wait(1ms);
  payin.is(state::decline).says("Processing error");
}

TEST(Windows, EachProjectMayHaveItsOwn) {
  World world;
  world.add_requisites();
  world.live()
      .set("window.assignment_s", "30")
      .set("window.confirmation_s", "40")
      .set("window.no_payment_s", "50");
  const Payin unserved = world.live().create(100'000, {.currency = tjs});
  const Payin unpaid = world.live().create(200'000, {.lifetime_s = 300});
  const Payin paid = world.live().create(300'000);
  paid.confirm().is(state::paid);
  world.wait(30s);
  unserved.is(state::decline);
  world.wait(10s);
  paid.is(state::confirm_timeout);
  world.wait(310s - 1ms);
  unpaid.is(state::no_payment);
  world.wait(1ms);
  unpaid.is(state::decline);
}

TEST(Windows, DisputesThatAPersonDecidesHaveNoneButRemindEveryFourHours) {
  World world;
  EXPECT_EQ(world.payin_in(state::success).row().due_at, std::nullopt);
  for (const State s : {state::different_amount, state::confirm_timeout}) {
    const Payin payin = world.payin_in(s);
    const auto reminders = [&] {
      return std::ranges::count(payin.events(), Cause::reminded, &PaymentEvent::cause);
    };
    world.wait(4h - 1ms);
    EXPECT_EQ(reminders(), 0) << text(s);
    world.wait(1ms);
    EXPECT_EQ(reminders(), 1) << text(s);
    world.wait(8h);
    EXPECT_EQ(reminders(), 3) << text(s);
    payin.is(s);
    EXPECT_FALSE(payin.last_event().callback) << "merchants are not told of reminders";
  }
}

TEST(Windows, RemindersEndWithThePaymentsTwoHundredthEvent) {
  World world;
  const Payin payin = world.payin_in(state::confirm_timeout);
  world.wait(std::chrono::hours{4 * 300});
  EXPECT_EQ(payin.row().last_event, 200);
  EXPECT_EQ(payin.row().due_at, std::nullopt);
  payin.receive(payin.row().amount).is(state::success);
}

TEST(TestClock, GoesNoFurtherThanDatesOnTheWireDo) {
  World world;
  const auto to_go = std::chrono::floor<std::chrono::seconds>(kTestClockEnd - world.now);
  const AdvanceClock too_far{world.test_id, to_go + 1s};
  world.say(too_far).is_refused(RefusalCode::validation_failed);
  world.say(AdvanceClock{world.test_id, to_go}).ok();
  world.say(AdvanceClock{world.test_id, 1s}).is_refused(RefusalCode::validation_failed);
  EXPECT_LT(unix_seconds(kTestClockEnd) + 600, 4'294'967'296) << "a lifetime still fits";
}

TEST(Windows, ARetryGetsANewAssignmentWindowButNeverPastTheLifetime) {
  World world;
  world.test().set("window.error_s", "3600");
  const Payin early = world.payin_in(state::error);
  world.wait(100s);
  early.resolve(How::retry).is(state::requisites);
  EXPECT_EQ(early.row().window_at, world.now + 120s);

  const Payin near_the_end = world.payin_in(state::error);
  world.wait(550s);
  near_the_end.resolve(How::retry).is(state::requisites);
  EXPECT_EQ(near_the_end.row().window_at, near_the_end.row().expires_at);

  const Payin too_late = world.payin_in(state::error);
  world.wait(1000s);
  too_late.resolve(How::retry).ok();
  world.wait(0s);
  too_late.is(state::decline).says("Expired");
  EXPECT_EQ(world.audit(), std::vector<std::string>{}) << "its events go forward in time";
}

// ---- a due timer counts before the command
// ---------------------------------------------------------

TEST(DueTimers, AConfirmAtExactlyTheExpiryIsLate) {
  World world;
  const Payin in_time = world.payin_in(state::awaiting_confirm);
  world.let_pass(600s - 1ms);
  in_time.confirm().is(state::paid);

  const Payin late = world.payin_in(state::awaiting_confirm, 300'000);
  world.let_pass(late.row().expires_at - world.now);  // no timer has fired
  late.confirm().is_refused(RefusalCode::transition_not_allowed);
  late.is(state::no_payment);
  EXPECT_EQ(late.events().at(late.events().size() - 2).cause, Cause::not_paid);
}

TEST(DueTimers, ACancelAtExactlyTheExpiryIsLate) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  world.let_pass(600s);
  payin.cancel().is_refused(RefusalCode::transition_not_allowed);
  payin.is(state::no_payment);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST(DueTimers, AWordAtExactlyTheEndOfAWindowIsLate) {
  World world;
  world.test().set("window.confirmation_s", "1");
  const Payin payin = world.test().create(10'000);
  payin.confirm().is(state::paid);
  EXPECT_EQ(payin.row().window_at, payin.row().word_at);
  world.wait(1s);
  payin.is(state::confirm_timeout);
  world.wait(1h);
  payin.is(state::confirm_timeout);
}

TEST(DueTimers, MoneyAfterALongStopFindsThePaymentWhereItsTimersLeftIt) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  world.let_pass(600s + 86'400s);
  payin.see(100'000).is(state::decline);
  payin.says("Not paid in time");
  EXPECT_EQ(payin.row().unread, 1) << "kept for a person";
  const auto events = payin.events();
  ASSERT_GE(events.size(), 3U);
  EXPECT_EQ(events[events.size() - 3].at, kNoon + 600s) << "each at its own time";
  EXPECT_EQ(events[events.size() - 2].at, kNoon + 87'000s);
}

TEST(DueTimers, ACreateSaidAgainAnswersWhatTheTimersMade) {
  World world;
  world.add_requisites();
  const Payin payin = world.live().create(100'000, {.payment_id = "order-7"});
  world.let_pass(600s);
  const Said again = world.live().try_create(100'000, {.payment_id = "order-7"});
  EXPECT_EQ(std::get<PaymentAnswer>(*again.decision()).payment.state, state::no_payment);
  payin.is(state::no_payment);
}

TEST(DueTimers, AnOldTimerFindsNothingLeftToDo) {
  World world;
  const Payin payin = world.payin_in(state::success);
  const std::size_t events = payin.events().size();
  const Said fired = payin.fire();
  fired.ok();
  EXPECT_EQ(std::get<TimerAnswer>(*fired.decision()).fired, 0);
  EXPECT_EQ(payin.events().size(), events);
}

// ---- said again
// ------------------------------------------------------------------------------------

TEST(SaidAgain, AConfirmIsAnsweredAsThePaymentIsNow) {
  World world;
  const Payin payin = world.payin_in(state::paid);
  const std::size_t events = payin.events().size();
  payin.confirm().is(state::paid);
  EXPECT_EQ(payin.events().size(), events) << "the second confirm is no event";
  payin.see(1).ok();
  payin.confirm().is(state::different_amount);
  payin.receive(1).ok();
  payin.confirm().is(state::success);
}

TEST(SaidAgain, AConfirmInADisputeThatWasNeverConfirmedIsRefused) {
  World world;
  for (const State s : {state::no_payment, state::different_amount}) {
    world.payin_in(s).confirm().is_refused(RefusalCode::transition_not_allowed);
  }
  const Payin denied = world.payin_in(state::paid);
  denied.resolve(How::nothing).is(state::no_payment);
  denied.confirm().is(state::no_payment);
}

TEST(SaidAgain, ACancelAnswersTheSameButNotForAnotherKindOfDecline) {
  World world;
  const Payin cancelled = world.payin_in(state::decline);
  cancelled.cancel().is(state::decline);
  cancelled.confirm().is_refused(RefusalCode::transition_not_allowed);
  const Payin declined = world.payin_in(state::requisites);
  declined.resolve(How::decline).is(state::decline);
  declined.cancel().is_refused(RefusalCode::transition_not_allowed);
}

TEST(SaidAgain, ACreateWithTheSameContentIsTheSamePayment) {
  World world;
  const Payin first = world.live().create_only(100'000, {.payment_id = "order-1"});
  const Said again = world.live().try_create(100'000, {.payment_id = "order-1"});
  const auto& answer = std::get<PaymentAnswer>(*again.decision());
  EXPECT_EQ(answer.payment.request_id, first.id());
  EXPECT_FALSE(answer.created);
  EXPECT_EQ(world.rows.payments.size(), 1U);
}

TEST(SaidAgain, ACreateWithOtherContentOrOfAnotherKindIsAConflict) {
  World world;
  const Payin first = world.live().create_only(100'000, {.payment_id = "order-1"});
  const auto again = [&](const Ask& ask) { return world.live().try_create(100'000, ask); };
  again({.payment_id = "order-1", .content = 2}).is_refused(RefusalCode::payment_id_conflict);
  again({.payment_id = "order-1", .kind = PaymentKind::widget})
      .is_refused(RefusalCode::payment_id_conflict);
  again({.payment_id = "order-1 "}).ok();
  EXPECT_EQ(first.events().size(), 2U);
}

TEST(SaidAgain, TwoEqualCreatesOfOneBatchMakeOnePayment) {
  World world;
  const Ask ask{.payment_id = "order-1"};
  const auto decisions =
      world.batch({world.live().asking(100'000, ask), world.live().asking(100'000, ask),
                   world.live().asking(1, {.payment_id = "order-1", .content = 2})});
  const auto id = [](const Decision& d) { return std::get<PaymentAnswer>(*d).payment.request_id; };
  EXPECT_EQ(id(decisions[0]), id(decisions[1]));
  EXPECT_FALSE(decisions[2].has_value());
  EXPECT_EQ(world.rows.payments.size(), 1U);
}

TEST(SaidAgain, OnePaymentIdOfTwoProjectsIsTwoPayments) {
  World world;
  const Ask ask{.payment_id = "order-1"};
  EXPECT_NE(world.live().create_only(100'000, ask).id(),
            world.test().create_only(100'000, ask).id());
}

TEST(SaidAgain, ARefusedCommandOfABatchLeavesTheOthersAlone) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  const auto decisions =
      world.batch({ConfirmPayin{payin.id()}, CancelPayin{payin.id()},
                   world.money_for(payin.id(), 0), world.money_for(payin.id(), 100'000)});
  EXPECT_TRUE(decisions[0].has_value());
  EXPECT_EQ(decisions[1].error().code, RefusalCode::transition_not_allowed);
  EXPECT_EQ(decisions[2].error().code, RefusalCode::validation_failed);
  EXPECT_TRUE(decisions[3].has_value());
  payin.is(state::success);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

// ---- projects, frozen payments
// -----------------------------------------------------------------------

TEST(Projects, ASuspendedOneRefusesCreatesOnly) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  world.live().set("state", "suspended");
  world.live().try_create(100'000).is_refused(RefusalCode::project_not_active);
  payin.confirm().is(state::paid);
  payin.see(100'000).is(state::success);
}

TEST(Frozen, APaymentIsTouchedByNoCommandAndNoTimer) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  payin.freeze().ok();
  payin.freeze().ok();
  EXPECT_EQ(payin.row().due_at, std::nullopt);
  payin.confirm().is_refused(RefusalCode::unavailable);
  payin.cancel().is_refused(RefusalCode::unavailable);
  payin.see(1).is_refused(RefusalCode::unavailable);
  payin.receive(1).is_refused(RefusalCode::unavailable);
  payin.fire().is_refused(RefusalCode::unavailable);
  world.wait(std::chrono::hours{48});
  payin.is(state::awaiting_confirm);
  EXPECT_EQ(payin.last_event().cause, Cause::frozen);
  EXPECT_EQ(payin.last_event().reason, "a breach");
}

TEST(Frozen, AResumedPaymentCatchesUpWithItsTimers) {
  World world;
  const Payin payin = world.payin_in(state::awaiting_confirm);
  payin.freeze().ok();
  payin.resume().ok();
  payin.is(state::awaiting_confirm);
  EXPECT_EQ(payin.row().due_at, payin.row().expires_at);
  payin.resume().ok();
  EXPECT_EQ(payin.last_event().cause, Cause::resumed);
  world.wait(600s);
  payin.is(state::no_payment);
}

TEST(Commands, EachHasANameAndKnowsItsPayment) {
  const auto id = id_of<RequestId>(5);
  EXPECT_EQ(subject_of(ConfirmPayin{id}), id);
  ReportDelivery report;
  report.attempt.request_id = id;
  EXPECT_EQ(subject_of(report), id);
  CreatePayin create;
  create.request_id = id;
  EXPECT_EQ(subject_of(create), std::nullopt) << "it may not exist yet";
  EXPECT_EQ(subject_of(ChangeConfig{}), std::nullopt);
  EXPECT_EQ(name(Command{CreatePayin{}}), "create_payin");
  EXPECT_EQ(name(Command{ResumePayment{}}), "resume_payment");
}

}  // namespace
}  // namespace kassa::domain::test

// The lifecycle of a payout (wire §6, §8.2): its edges, its money, its orders, what traders say.
#include <algorithm>
#include <functional>

#include "domain/notices.hpp"
#include "domain/payout_lifecycle.hpp"
#include "domain/payout_orders.hpp"
#include "domain/transition.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

constexpr std::int64_t kAmount = 100'000;
constexpr std::int64_t kFee = 1'050;  // 1 % and 50

std::int64_t count_of(const Payin& payment, Cause cause) {
  return std::ranges::count(payment.events(), cause, &PaymentEvent::cause);
}

// ---- edges -------------------------------------------------------------------------------------

void every_story(World& w) {
  const auto in = [&](State s) { return w.payout_in(s, kAmount); };
  for (const State s : state::all_of_payout) in(s).is(s);
  in(state::new_).resolve(How::decline).is(state::decline);
  in(state::incorrect_requisites).say(Say::paid).is(state::success);
  in(state::payout_failed).say(Say::paid).is(state::success);
  for (const State s : {state::incorrect_requisites, state::payout_failed, state::payout_timeout}) {
    in(s).receive(kAmount).is(state::success);
    in(s).resolve(How::retry).is(state::requisites);
    in(s).resolve(How::decline).is(state::decline);
  }
  in(state::error).resolve(How::retry).is(state::requisites);
  in(state::error).resolve(How::decline).is(state::decline);
  w.test().deposit(10'000'000);
  w.test().pay_out(20'916).is(state::decline).says("Declined by anti-fraud");
  w.live().pay_out(90'000'000'000).is(state::decline).says("Insufficient funds");

  const Payout back = in(state::payout_process);
  back.say(Say::hand_back).is(state::requisites);
  w.test().pay_out(20'915).say(Say::hand_back).ok();

  // Found faulty while a trader is looked for.
  const Payout faulty = in(state::requisites);
  w.live().set("currencies", "TJS");
  w.wait(20s);
  faulty.is(state::error);
  w.live().set("currencies", "KZT TJS");

  const Payout wrong = in(state::incorrect_requisites);
  const Payout failed = in(state::payout_failed);
  const Payout unserved = in(state::requisites);
  w.wait(86'400s);
  faulty.is(state::decline).says("Processing error");
  wrong.is(state::decline).says("Incorrect requisites");
  failed.is(state::decline).says("Payout failed");
  unserved.is(state::decline).says("No trader available");

  // Three traders give it back, one after the other.
  const Payout thrice = in(state::payout_process);
  for (int i = 0; i < 2; ++i) {
    w.add_payer();
    thrice.say(Say::hand_back).is(state::requisites);
    w.wait(15s);
    thrice.is(state::payout_process);
  }
  thrice.say(Say::hand_back).is(state::payout_failed);
}

TEST(PayoutLifecycle, EveryEdgeOfTheTableIsReachedBySomeCommand) {
  World world;
  every_story(world);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
  std::string untested;
  for (const Edge& edge : kPayoutEdges) {
    const bool reached = std::ranges::any_of(world.rows.events, [&](const PaymentEvent& event) {
      return world.rows.payments.at(event.request_id).kind == PaymentKind::payout &&
             event.from == edge.from && event.cause == edge.cause && event.to == edge.to;
    });
    if (!reached) {
      untested +=
          text(edge.from) + " -- " + std::string(name(edge.cause)) + " --> " + text(edge.to) + "\n";
    }
  }
  EXPECT_EQ(untested, "") << "edges without a test";
}

TEST(PayoutLifecycle, TheTableHasOneEdgeAtMostForAStateAndACauseAndNoneOutOfAnEnd) {
  std::set<std::pair<std::string, Cause>> seen;
  for (const Edge& edge : kPayoutEdges) {
    EXPECT_TRUE(seen.emplace(text(edge.from), edge.cause).second) << text(edge.from);
    EXPECT_FALSE(is_final(edge.from)) << "finals don't change";
    // new is declined at once before anything is locked, or later with what was.
    const bool locked = edge.cause != Cause::anti_fraud && edge.cause != Cause::insufficient_funds;
    const Posting expected = edge.to == state::success             ? Posting::pay_out
                             : edge.to == state::decline && locked ? Posting::release
                                                                   : Posting::none;
    EXPECT_EQ(edge.posting, expected) << text(edge.from) << " " << name(edge.cause);
  }
}

TEST(PayoutLifecycle, EveryOtherStateAndCauseIsRefusedAndChangesNothing) {
  World world;
  int refused = 0;
  for (const State from : state::all_of_payout) {
    const Payout payout = world.payout_in(from);
    for (int number = 1; number <= static_cast<int>(kLastEdgeCause); ++number) {
      const auto cause = static_cast<Cause>(number);
      if (find_edge(PaymentKind::payout, from, cause) != nullptr) continue;
      WorkingSet ws;
      const Context ctx = world.context();
      for (Keys keys; reads_payment(payout.id(), ws, keys), !keys.empty(); keys = {}) {
        world.rows.load(keys, ws);
      }
      const std::size_t mark = ws.mark();
      const auto done = transition(ws, ctx, payout.id(), {cause, {}, world.now, {}, 5});
      ASSERT_FALSE(done.has_value()) << text(from) << " " << name(cause);
      EXPECT_EQ(done.error().current, from);
      EXPECT_EQ(ws.mark(), mark) << "something was changed";
      ++refused;
    }
  }
  EXPECT_EQ(refused,
            9 * static_cast<int>(kLastEdgeCause) - static_cast<int>(std::size(kPayoutEdges)));
}

TEST(PayoutLifecycle, NoCommandOfPayinsTouchesIt) {
  World world;
  for (const State s : state::all_of_payout) {
    SCOPED_TRACE(text(s));
    const Payout payout = world.payout_in(s);
    payout.confirm().is_refused(RefusalCode::transition_not_allowed);
    payout.cancel().is_refused(RefusalCode::transition_not_allowed);
    payout.see(kAmount).is_refused(RefusalCode::validation_failed);
    payout.resolve(How::nothing).is_refused(RefusalCode::transition_not_allowed);
    payout.resolve(How::receipt).is_refused(RefusalCode::transition_not_allowed);
    payout.is(s);
  }
}

// ---- money -------------------------------------------------------------------------------------

TEST(PayoutMoney, IsLockedWithItsFeeBeforeTheCreateIsAnswered) {
  World world;
  world.live().deposit(500'000);
  const Said said = world.say(world.live().asking_payout(kAmount));
  const auto& created = std::get<PaymentAnswer>(said.decision().value()).payment;
  EXPECT_EQ(created.state, state::new_);
  EXPECT_EQ(created.held, kAmount + kFee);
  EXPECT_EQ(world.live().available(), 500'000 - kAmount - kFee);
  EXPECT_EQ(world.live().locked(), kAmount + kFee);
}

TEST(PayoutMoney, GoesToTheTraderAndToUsOnSuccess) {
  World world;
  const Payout payout = world.payout_in(state::payout_process, kAmount);
  const std::int64_t available = world.live().available();
  const TraderId trader = payout.row().trader_id;
  payout.say(Say::paid).is(state::success);
  payout.has_amounts(kAmount, kAmount, kAmount);
  EXPECT_EQ(world.live().locked(), 0);
  EXPECT_EQ(world.live().available(), available);
  EXPECT_EQ(world.balance(AccountKind::trader, trader.value), kAmount) << "we owe them that";
  EXPECT_EQ(payout.row().settled_amount, kAmount);
  EXPECT_EQ(payout.row().settled_fee, kFee);
}

TEST(PayoutMoney, WithLessPaidTheFeeIsComputedAnewAndTheRestComesBack) {
  World world;
  const Payout payout = world.payout_in(state::payout_process, kAmount);
  const std::int64_t available = world.live().available();
  payout.say(Say::paid, 0, 60'000).is(state::success);
  payout.has_amounts(60'000, kAmount, kAmount);
  EXPECT_EQ(payout.row().settled_fee, 650);
  EXPECT_EQ(world.live().locked(), 0);
  EXPECT_EQ(world.live().available(), available + (kAmount - 60'000) + (kFee - 650));
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST(PayoutMoney, MoreThanWasLockedIsRefusedAndChangesNothing) {
  World world;
  const Payout payout = world.payout_in(state::payout_process, kAmount);
  payout.say(Say::paid, 0, kAmount + 1).is_refused(RefusalCode::validation_failed);
  payout.is(state::payout_process).has_amounts(kAmount, kAmount, kAmount);
  EXPECT_EQ(world.live().locked(), kAmount + kFee);
  payout.say(Say::paid).is(state::success);
}

TEST(PayoutMoney, ComesBackWholeOnDecline) {
  World world;
  for (const State s : {state::requisites, state::incorrect_requisites, state::payout_failed,
                        state::payout_timeout, state::error}) {
    SCOPED_TRACE(text(s));
    const Payout payout = world.payout_in(s, kAmount);
    const std::int64_t available = world.live().available();
    payout.resolve(How::decline).is(state::decline);
    EXPECT_EQ(world.live().available(), available + kAmount + kFee);
    EXPECT_EQ(payout.row().held, 0);
    payout.resolve(How::decline).is(state::decline);  // said again
    EXPECT_EQ(world.live().available(), available + kAmount + kFee);
  }
}

TEST(PayoutMoney, ABalanceForAHundredAcceptsAHundredOfTwoHundredAtOnce) {
  World world;
  world.live().deposit(100 * (kAmount + kFee) + kAmount);
  std::vector<Command> all;
  for (int i = 0; i < 200; ++i) all.emplace_back(world.live().asking_payout(kAmount));
  int accepted = 0;
  int declined = 0;
  for (const Decision& decision : world.batch(all)) {
    const auto& payment = std::get<PaymentAnswer>(*decision).payment;
    accepted += payment.state == state::new_;
    declined +=
        payment.state == state::decline && payment.status_description == "Insufficient funds";
  }
  EXPECT_EQ(accepted, 100);
  EXPECT_EQ(declined, 100);
  EXPECT_EQ(world.live().available(), kAmount);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST(PayoutMoney, ADeclineForFundsUsesThePaymentIdUp) {
  World world;
  const Ask ask{.payment_id = "payout-1"};
  const Payout payout = world.live().pay_out(kAmount, ask);
  payout.is(state::decline).says("Insufficient funds");
  EXPECT_EQ(payout.queue(), "2!") << "the decline is told";
  world.live().deposit(1'000'000);
  world.say(world.live().asking_payout(kAmount, ask)).is(state::decline);
  world.say(world.live().asking_payout(kAmount, {.payment_id = "payout-1", .content = 2}))
      .is_refused(RefusalCode::payment_id_conflict);
  EXPECT_EQ(world.live().available(), 1'000'000);
}

TEST(PayoutMoney, APayinAndAPayoutShareOneNamespace) {
  World world;
  world.live().deposit(1'000'000);
  world.live().create_only(kAmount, {.payment_id = "one"});
  world.say(world.live().asking_payout(kAmount, {.payment_id = "one"}))
      .is_refused(RefusalCode::payment_id_conflict);
  EXPECT_EQ(world.live().available(), 1'000'000);
}

// ---- windows and callbacks
// -----------------------------------------------------------------------

TEST(PayoutWindows, EndWhereTheyShouldToTheMillisecond) {
  World world;
  const auto ends = [&](const Payout& payout, std::chrono::seconds after, State to,
                        const std::string& says) {
    const State from = payout.row().state;
    world.wait(*payout.row().window_at - world.now - 1ms);
    payout.is(from);
    EXPECT_EQ(*payout.row().window_at - payout.row().updated_at, after) << text(from);
    world.wait(1ms);
    payout.is(to).says(says);
  };
  ends(world.payout_in(state::requisites), 900s, state::decline, "No trader available");
  ends(world.payout_in(state::payout_process), 1800s, state::payout_timeout,
       "The trader did not confirm the transfer in time.");
  ends(world.payout_in(state::incorrect_requisites), 86'400s, state::decline,
       "Incorrect requisites");
  ends(world.payout_in(state::payout_failed), 86'400s, state::decline, "Payout failed");
  ends(world.payout_in(state::error), 60s, state::decline, "Processing error");
}

TEST(PayoutWindows, ATimeoutStaysUntilAPersonDecidesAndReminds) {
  World world;
  const Payout payout = world.payout_in(state::payout_timeout);
  world.wait(std::chrono::hours{24 * 7});
  payout.is(state::payout_timeout);
  EXPECT_EQ(count_of(payout, Cause::reminded), 42);
  payout.receive(kAmount).is(state::success);
  EXPECT_EQ(payout.order(1).state, OrderState::paid);
}

TEST(PayoutWindows, EachHandOverBeginsTheSearchAnew) {
  World world;
  const Payout payout = world.payout_in(state::payout_process);
  world.wait(1000s);
  payout.say(Say::hand_back).is(state::requisites);
  EXPECT_EQ(*payout.row().window_at, world.now + 900s);
}

TEST(PayoutCallbacks, EveryStateAfterTheAnswerIsTold) {
  World world;
  const Payout payout = world.payout_in(state::payout_process);
  // created is what the create answered; requisites, payout_process follow.
  EXPECT_EQ(payout.queue(), "2 3");
  payout.say(Say::hand_back).ok();
  EXPECT_EQ(payout.queue(), "2 3 4") << "a hand-over is told";
  payout.resolve(How::decline).ok();
  EXPECT_EQ(payout.queue(), "2 3 4 5!");
}

// ---- orders ------------------------------------------------------------------------------------

TEST(PayoutOrders, TheSameWordAgainChangesNothing) {
  World world;
  const std::pair<Say, State> words[] = {{Say::paid, state::success},
                                         {Say::failed, state::payout_failed},
                                         {Say::wrong_requisites, state::incorrect_requisites},
                                         {Say::hand_back, state::requisites}};
  for (const auto& [word, to] : words) {
    const Payout payout = world.payout_in(state::payout_process);
    payout.say(word, 1).is(to);
    const auto events = payout.events().size();
    const auto transfers = world.rows.transfers.size();
    payout.say(word, 1).is(to);
    const auto both = world.batch({Command{ReportPayout{payout.id(), word, 1, {}, 0, {}}},
                                   Command{ReportPayout{payout.id(), word, 1, {}, 0, {}}}});
    EXPECT_TRUE(both[0].has_value() && both[1].has_value());
    EXPECT_EQ(payout.events().size(), events);
    EXPECT_EQ(world.rows.transfers.size(), transfers);
  }
}

TEST(PayoutOrders, AHandBackSentTwiceDoesNotHandBackTheNextTradersOrder) {
  World world;
  const Payout payout = world.payout_in(state::payout_process);
  world.add_payer();
  payout.say(Say::hand_back, 1).is(state::requisites);
  world.wait(15s);
  payout.is(state::payout_process);
  payout.say(Say::hand_back, 1).is(state::payout_process);
  EXPECT_EQ(payout.row().hand_backs, 1);
}

TEST(PayoutOrders, APaidForARevokedOrderIsRefusedKeptAndRaisesAnAlarm) {
  World world;
  const Payout payout = world.payout_in(state::payout_process);
  world.add_payer();
  payout.say(Say::hand_back, 1).is(state::requisites);
  world.wait(15s);
  payout.is(state::payout_process);
  payout.say(Say::paid, 1).is_refused(RefusalCode::transition_not_allowed);
  payout.is(state::payout_process);
  EXPECT_EQ(count_of(payout, Cause::paid_when_revoked), 1);
  ASSERT_EQ(world.rows.notices.size(), 1U);
  const Notice& notice = world.rows.notices.begin()->second;
  EXPECT_EQ(notice.kind, NoticeKind::late_paid);
  EXPECT_EQ(notice.state, NoticeState::attached);
  EXPECT_EQ(notice.amount, kAmount);
  payout.say(Say::paid, 1).is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(world.rows.notices.size(), 1U) << "said twice, kept once";
  payout.say(Say::paid, 2).is(state::success);
  EXPECT_EQ(payout.transfers().size(), 3U) << "hold, payout, fee: paid once";
}

TEST(PayoutOrders, APaidAfterADeclineRaisesTheAlarmToo) {
  World world;
  const Payout payout = world.payout_in(state::payout_timeout);
  payout.resolve(How::decline).is(state::decline);
  EXPECT_EQ(payout.order(1).state, OrderState::revoked);
  payout.say(Say::paid, 1).is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(count_of(payout, Cause::paid_when_revoked), 1);
  EXPECT_EQ(payout.row().unread, 1);
}

TEST(PayoutOrders, APaidWithAnotherAmountAfterThePaidIsRefusedAndKept) {
  World world;
  const Payout payout = world.payout_in(state::payout_process);
  payout.say(Say::paid, 0, 60'000).is(state::success);
  payout.say(Say::paid, 1).is(state::success);  // no amount: the same word
  payout.say(Say::paid, 1, 60'000).is(state::success);
  for (int time = 0; time < 2; ++time) {
    payout.say(Say::paid, 1, 5).is_refused(RefusalCode::transition_not_allowed);
  }
  payout.has_amounts(60'000, 100'000, 100'000);
  ASSERT_EQ(world.rows.notices.size(), 1U);
  const Notice& kept = world.rows.notices.begin()->second;
  EXPECT_EQ(kept.amount, 5);
  EXPECT_EQ(kept.state, NoticeState::attached);
}

TEST(PayoutOrders, AfterTheLifetimeThePaidWaitsForAPerson) {
  World world;
  const Payout payout = world.payout_in(state::payout_timeout);
  payout.say(Say::paid).is_refused(RefusalCode::transition_not_allowed);
  payout.is(state::payout_timeout);
  EXPECT_EQ(payout.row().unread, 1);
  EXPECT_EQ(count_of(payout, Cause::paid_when_revoked), 0) << "it is still theirs";
  payout.receive(kAmount).is(state::success);
  EXPECT_EQ(payout.row().unread, 0);
  EXPECT_EQ(world.rows.notices.begin()->second.state, NoticeState::applied);
  // It had been taken away meanwhile: then the second "paid" is another matter.
  const Payout other = world.payout_in(state::payout_timeout);
  other.say(Say::paid).is_refused(RefusalCode::transition_not_allowed);
  other.resolve(How::retry).is(state::requisites);
  other.say(Say::paid, 1).is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(count_of(other, Cause::paid_when_revoked), 1);
}

TEST(PayoutOrders, WordsThatNoLongerFitLeaveANoteOnly) {
  World world;
  const Payout payout = world.payout_in(state::success);
  for (const Say word : {Say::failed, Say::wrong_requisites, Say::hand_back}) {
    payout.say(word, 1).is_refused(RefusalCode::transition_not_allowed);
  }
  payout.say(Say::paid, 2).is_refused(RefusalCode::not_found);
  payout.is(state::success);
}

TEST(PayoutOrders, ATraderWhoAsksIsGivenNothingAndTakesByHand) {
  World world;
  world.live().deposit(1'000'000);
  const TraderId asks = world.add_payer({{"payout_take", "ask"}});
  const Payout payout = world.live().pay_out(kAmount);
  payout.is(state::requisites);
  EXPECT_NE(payout.last_event().reason.find("1 could take it by hand"), std::string::npos)
      << payout.last_event().reason;
  payout.take(id_of<TraderId>(404)).is_refused(RefusalCode::not_found);
  payout.take(world.trader_id).is_refused(RefusalCode::transition_not_allowed);
  payout.take(asks).is(state::payout_process);
  payout.take(asks).is(state::payout_process);  // said again
  payout.take(world.add_payer()).is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(payout.row().orders, 1);
}

TEST(PayoutOrders, NoTraderHasMoreInHandThanTheyMay) {
  World world;
  world.live().deposit(10'000'000);
  const TraderId trader = world.add_payer({{"payout_in_hand_max", "2"}});
  std::vector<Payout> payouts;
  for (int i = 0; i < 4; ++i) payouts.push_back(world.live().pay_out(kAmount));
  EXPECT_EQ(world.rows.payout_turns.at(trader).in_hand, 2);
  payouts[2].is(state::requisites);
  EXPECT_NE(payouts[2].last_event().reason.find("1 have their hands full"), std::string::npos)
      << payouts[2].last_event().reason;
  payouts[0].say(Say::paid).ok();
  world.wait(15s);
  EXPECT_EQ(world.rows.payout_turns.at(trader).in_hand, 2);
}

TEST(PayoutOrders, TradersTakeTurnsByTheirWeights) {
  World world;
  world.live().deposit(100'000'000);
  const TraderId light = world.add_payer({{"payout_in_hand_max", "1000"}});
  const TraderId heavy = world.add_payer({{"payout_in_hand_max", "1000"}, {"payout_weight", "3"}});
  for (int i = 0; i < 80; ++i) world.live().pay_out(1'000);
  EXPECT_EQ(world.rows.payout_turns.at(light).in_hand, 20);
  EXPECT_EQ(world.rows.payout_turns.at(heavy).in_hand, 60);
}

TEST(PayoutOrders, SettingsSayWhoMayHaveIt) {
  World world;
  world.live().deposit(100'000'000);
  world.add_payer({{"payout_pools", "vip"}});
  world.add_payer({{"payout_min.KZT", "200000"}});
  world.add_payer({{"payout_max.KZT", "50000"}});
  world.add_payer({{"payout_methods.KZT", "phone-p2p"}});
  world.add_payer({{"state", "off"}});
  const Payout payout = world.live().pay_out(kAmount);
  payout.is(state::requisites);
  const std::string why = payout.last_event().reason;
  for (const auto* part : {"1 off", "1 of another pool", "1 other method",
                           "2 outside amount limits", "1 take no payouts in this currency"}) {
    EXPECT_NE(why.find(part), std::string::npos) << why;
  }
}

TEST(PayoutOrders, WhoLookedAtTheReceiverIsRemembered) {
  World world;
  const Payout payout = world.payout_in(state::payout_process);
  world.say(ShowReceiver{payout.id(), {ActorKind::operator_, "anna"}}).ok();
  EXPECT_EQ(payout.last_event().cause, Cause::shown);
  EXPECT_EQ(payout.last_event().actor.name, "anna");
  world.say(ShowReceiver{world.payin_in(state::paid).id(), {}})
      .is_refused(RefusalCode::payment_not_found);
}

// ---- scenarios (design: test mode)
// ---------------------------------------------------------------

struct Scene {
  std::int64_t amount;
  std::vector<std::pair<std::chrono::seconds, State>> then;  // after the answer, in seconds
  std::string says;
};

TEST(PayoutScenarios, GoAsTheTableSays) {
  const Scene scenes[] = {
      {10'911,
       {{0s, state::payout_process}, {1s, state::incorrect_requisites}, {601s, state::decline}},
       "Incorrect requisites"},
      {10'912,
       {{0s, state::payout_process}, {1s, state::payout_failed}, {601s, state::decline}},
       "Payout failed"},
      {10'913,
       {{0s, state::payout_process},
        {1800s, state::payout_timeout},
        {700'000s, state::payout_timeout}},
       "The trader did not confirm the transfer in time."},
      {10'914, {{0s, state::requisites}, {900s, state::decline}}, "No trader available"},
      {10'915,
       {{0s, state::payout_process}, {1s, state::payout_process}, {2s, state::success}},
       ""},
      {10'916, {{0s, state::decline}}, "Declined by anti-fraud"},
      {10'000, {{0s, state::payout_process}, {1s, state::success}}, ""},
      {10'901, {{0s, state::payout_process}, {1s, state::success}}, ""},  // of payins only
  };
  World world;
  world.test().deposit(10'000'000);
  for (const Scene& scene : scenes) {
    SCOPED_TRACE(scene.amount);
    const Payout payout = world.test().pay_out(scene.amount);
    auto passed = 0s;
    for (const auto& [after, expected] : scene.then) {
      if (after > passed) world.test().advance(after - passed);
      passed = after;
      payout.is(expected);
    }
    payout.says(scene.says);
  }
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST(PayoutScenarios, TheSecondTraderPaysWhatTheFirstHandedBack) {
  World world;
  world.test().deposit(10'000'000);
  const Payout payout = world.test().pay_out(10'915);
  world.test().advance(10s);
  payout.is(state::success);
  EXPECT_EQ(payout.row().orders, 2);
  EXPECT_EQ(payout.order(1).state, OrderState::handed_back);
  EXPECT_EQ(payout.order(2).state, OrderState::paid);
  EXPECT_NE(payout.order(1).trader_id, payout.order(2).trader_id);
}

}  // namespace
}  // namespace kassa::domain::test

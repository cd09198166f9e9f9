// Which callbacks are told, in which order, and when they are tried again (wire §9).
#include "domain/delivery.hpp"

#include <algorithm>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;
constexpr auto delivered = AttemptResult::delivered;
constexpr auto failed = AttemptResult::failed;

struct Callbacks : ::testing::Test {
  World world;

  /// Fails the first callback once, at its time; answers the gap to its next try.
  Duration fail_once(const Payin& payin) {
    world.now = std::max(world.now, payin.delivery()->next_try_at);
    payin.told(failed).ok();
    return payin.delivery()->next_try_at - world.now;
  }
  static std::vector<AttemptResult> results(const Payin& payin) {
    std::vector<AttemptResult> all;
    for (const auto& attempt : payin.attempts()) all.push_back(attempt.result);
    return all;
  }
  /// The told events' states, in order.
  static std::vector<std::string> told(const Payin& payin) {
    std::vector<std::string> states;
    for (const auto& event : payin.events()) {
      if (event.callback) states.push_back(text(event.to));
    }
    return states;
  }
};

// ---- what is told
// --------------------------------------------------------------------------------

TEST_F(Callbacks, EveryStateAfterTheCreatesAnswerIsTold) {
  const Payin payin = world.payin_in(state::success);
  EXPECT_EQ(told(payin), (std::vector<std::string>{"processing:awaiting_confirm", "processing:paid",
                                                   "success"}));
  EXPECT_EQ(payin.queue(), "3 4 5!");
}

TEST_F(Callbacks, NothingIsToldBeforeTheFirstChange) {
  const Payin payin = world.payin_in(state::requisites);
  EXPECT_EQ(payin.delivery(), nullptr);
  EXPECT_EQ(payin.events().size(), 2U) << "created, checked";
}

TEST_F(Callbacks, NotesAreNotTold) {
  const Payin payin = world.live().create(100'000);  // a routing miss
  payin.confirm().is_refused(RefusalCode::transition_not_allowed);
  payin.freeze().ok();
  payin.resume().ok();
  EXPECT_EQ(payin.events().size(), 6U);
  EXPECT_TRUE(told(payin).empty());
}

TEST_F(Callbacks, ErrorsAndDisputesGoToTheUrlOfIntermediateStates) {
  world.test().set("url.success", "").set("url.decline", "");
  EXPECT_EQ(told(world.payin_in(state::error)), std::vector<std::string>{"error"});
  world.live().set("url.success", "").set("url.decline", "");
  EXPECT_EQ(told(world.payin_in(state::no_payment)).back(), "dispute:no_payment");
}

TEST_F(Callbacks, WithoutAnUrlOfThatKindNothingIsTold) {
  world.live().set("url.callback", "");
  const Payin payin = world.payin_in(state::success);
  EXPECT_EQ(told(payin), std::vector<std::string>{"success"});
  world.live().set("url.success", "").set("url.decline", "");
  EXPECT_EQ(world.payin_in(state::decline, 200'000).delivery(), nullptr);
}

TEST_F(Callbacks, AnUrlThatIsSetLaterTellsLaterChangesOnly) {
  world.live().set("url.callback", "");
  const Payin payin = world.payin_in(state::awaiting_confirm);
  EXPECT_TRUE(told(payin).empty());
  world.live().set("url.callback", "https://shop.example/late");
  payin.confirm().is(state::paid);
  EXPECT_EQ(told(payin), std::vector<std::string>{"processing:paid"});
  EXPECT_EQ(payin.queue(), "4");
}

TEST_F(Callbacks, AnUrlThatIsTakenAwayLaterLeavesWhatWaitsToItsTry) {
  const Payin payin = world.payin_in(state::paid);
  world.live().set("url.callback", "");
  EXPECT_EQ(payin.queue(), "3 4") << "the deliverer finds no URL, and reports that";
}

TEST_F(Callbacks, APaymentsOwnUrlCountsWhereTheProjectHasNone) {
  world.live().set("url.callback", "").set("url.success", "").set("url.decline", "");
  world.add_requisites();
  const Payin a = world.live().create(1, {.own_urls = {.intermediate = true}});
  const Payin b = world.live().create(2, {.own_urls = {.success = true}});
  const Payin c = world.live().create(3, {.own_urls = {.decline = true}});
  a.see(1).ok();
  b.see(2).ok();
  c.cancel().ok();
  EXPECT_EQ(told(a), std::vector<std::string>{"processing:awaiting_confirm"});
  EXPECT_EQ(told(b), std::vector<std::string>{"success"});
  EXPECT_EQ(told(c), std::vector<std::string>{"decline"});
}

TEST_F(Callbacks, ASelfEdgeAndACorrectionAreToldAgain) {
  const Payin payin = world.payin_in(state::different_amount);
  payin.see(10).ok();
  payin.receive(50'010).ok();
  payin.receive(50'000).ok();
  EXPECT_EQ(told(payin),
            (std::vector<std::string>{"processing:awaiting_confirm", "dispute:different_amount",
                                      "dispute:different_amount", "success", "success"}));
}

TEST_F(Callbacks, AnEventSaysWhatWasTrueAtItsChange) {
  const Payin payin = world.payin_in(state::different_amount);
  payin.receive(40'000).ok();
  const auto events = payin.events();
  EXPECT_EQ(events[events.size() - 2].amount, 50'000);
  EXPECT_EQ(events[events.size() - 2].old_amount, 100'000);
  EXPECT_EQ(events.back().amount, 40'000);
  EXPECT_EQ(events.back().old_amount, 50'000);
  EXPECT_EQ(events.back().actor.name, "anna");
  EXPECT_EQ(events.back().actor.note, "a note");
}

// ---- the order
// -----------------------------------------------------------------------------------

TEST_F(Callbacks, OneAfterAnotherInTheOrderOfTheChanges) {
  const Payin payin = world.payin_in(state::success);
  EXPECT_EQ(payin.delivery()->state, DeliveryState::waiting);
  payin.told(delivered).ok();
  EXPECT_EQ(payin.queue(), "4 5!");
  EXPECT_EQ(payin.delivery()->next_try_at, world.now) << "the next at once";
  payin.told(delivered).ok();
  payin.told(delivered).ok();
  EXPECT_EQ(payin.delivery()->state, DeliveryState::idle);
  EXPECT_EQ(payin.queue(), "");
  payin.receive(99'000).ok();
  EXPECT_EQ(payin.queue(), "6!");
  EXPECT_EQ(payin.delivery()->state, DeliveryState::waiting);
}

TEST_F(Callbacks, AnIntermediateOneHoldsBackLaterOnesUntilItsThirdFailedTry) {
  const Payin payin = world.payin_in(state::success);
  const Instant start = world.now;
  fail_once(payin);
  fail_once(payin);
  EXPECT_EQ(payin.queue(), "3 4 5!");
  fail_once(payin);
  EXPECT_EQ(payin.queue(), "4 5!");
  EXPECT_EQ(payin.delivery()->next_try_at, world.now) << "the later one goes out at once";
  EXPECT_NEAR(static_cast<double>((world.now - start) / 1ms), 40'000, 4'000) << "about 40 s";
  EXPECT_EQ(results(payin), (std::vector{failed, failed, failed, AttemptResult::superseded}));
}

TEST_F(Callbacks, AnIntermediateOneThatNothingWaitsBehindGoesOnWithTheSchedule) {
  const Payin payin = world.payin_in(state::awaiting_confirm);
  for (int i = 0; i < 5; ++i) fail_once(payin);
  EXPECT_EQ(payin.queue(), "3");
  EXPECT_EQ(payin.delivery()->failed_tries, 5);
  payin.edit().expires_at = world.now + 1h;
  payin.edit().window_at = payin.edit().due_at = world.now + 1h;
  payin.confirm().is(state::paid);
  EXPECT_EQ(payin.queue(), "4") << "superseded as soon as a later one waits";
  EXPECT_EQ(payin.delivery()->failed_tries, 0);
  EXPECT_EQ(payin.delivery()->next_try_at, world.now);
}

TEST_F(Callbacks, ALaterOneWaitsWhileTheFirstHasFailedTwice) {
  const Payin payin = world.payin_in(state::awaiting_confirm);
  fail_once(payin);
  fail_once(payin);
  const Instant next = payin.delivery()->next_try_at;
  payin.confirm().ok();
  EXPECT_EQ(payin.queue(), "3 4");
  EXPECT_EQ(payin.delivery()->next_try_at, next);
}

TEST_F(Callbacks, AFinalOneIsNeverSuperseded) {
  const Payin payin = world.payin_in(state::decline);
  payin.told(delivered).ok();
  for (int i = 0; i < 5; ++i) fail_once(payin);
  payin.receive(100'000).is(state::success);
  EXPECT_EQ(payin.queue(), "4! 5!") << "a later final waits";
  for (int i = 0; i < 5; ++i) fail_once(payin);
  EXPECT_EQ(payin.queue(), "4! 5!");
  EXPECT_EQ(payin.delivery()->failed_tries, 10);
  fail_once(payin);
  EXPECT_EQ(payin.queue(), "5!") << "until the earlier one is parked";
  EXPECT_EQ(payin.attempts().back().result, AttemptResult::parked);
  payin.told(delivered).ok();
  EXPECT_EQ(payin.delivery()->state, DeliveryState::idle);
}

TEST_F(Callbacks, ParkedOnesAreNotTriedAgain) {
  const Payin payin = world.payin_in(state::awaiting_confirm);
  for (int i = 0; i < 11; ++i) fail_once(payin);
  EXPECT_EQ(payin.delivery()->state, DeliveryState::idle);
  EXPECT_EQ(payin.queue(), "");
  EXPECT_EQ(results(payin).back(), AttemptResult::parked);
  EXPECT_EQ(results(payin).size(), 11U);
}

TEST_F(Callbacks, AnUrlThatWentAwayLetsTheNextOneGo) {
  const Payin payin = world.payin_in(state::paid);
  payin.told(AttemptResult::no_url).ok();
  EXPECT_EQ(payin.queue(), "4");
}

// ---- the schedule
// --------------------------------------------------------------------------------

TEST_F(Callbacks, TheGapsAreTheSchedulesWithinTenPerCent) {
  const std::vector<std::int64_t> gaps_s{10,    30,     60,     300,    900,
                                         3'600, 10'800, 21'600, 43'200, 86'400};
  std::set<std::int64_t> first_gaps;
  for (std::uint64_t n = 1; n <= 500; ++n) {
    const auto id = id_of<RequestId>(n * 7919);
    for (std::size_t i = 0; i < gaps_s.size(); ++i) {
      const auto gap = gap_after(world.schedule, static_cast<std::int32_t>(i) + 1, id, 3);
      ASSERT_TRUE(gap.has_value());
      EXPECT_GE(gap->count(), gaps_s[i] * 900);
      EXPECT_LE(gap->count(), gaps_s[i] * 1100);
    }
    first_gaps.insert(gap_after(world.schedule, 1, id, 3)->count());
    EXPECT_EQ(gap_after(world.schedule, 11, id, 3), std::nullopt);
  }
  EXPECT_GT(first_gaps.size(), 300U) << "payments don't try in step";
  EXPECT_LT(*first_gaps.begin(), 9'100);
  EXPECT_GT(*first_gaps.rbegin(), 10'900);
}

TEST_F(Callbacks, TheJitterOfOneTryIsAlwaysTheSame) {
  const auto id = id_of<RequestId>(7);
  EXPECT_EQ(gap_after(world.schedule, 2, id, 3), gap_after(world.schedule, 2, id, 3));
  EXPECT_NE(gap_after(world.schedule, 2, id, 3), gap_after(world.schedule, 2, id, 4));
  DeliverySchedule exact = world.schedule;
  exact.jitter_percent = 0;
  EXPECT_EQ(gap_after(exact, 2, id, 3), Duration{30s});
  EXPECT_THROW((void)gap_after(exact, 0, id, 3), CheckFailed);
}

TEST_F(Callbacks, TheScheduleIsConfigurable) {
  world.schedule = {.gaps_s = {1}, .jitter_percent = 0, .supersede_after = 1};
  const Payin payin = world.payin_in(state::paid);
  EXPECT_EQ(fail_once(payin), Duration{0}) << "superseded after its first failed try";
  EXPECT_EQ(payin.queue(), "4");
  EXPECT_EQ(fail_once(payin), Duration{1s});
  payin.told(failed).ok();
  EXPECT_EQ(results(payin).back(), AttemptResult::parked);
}

// ---- replays and late reports
// ----------------------------------------------------------------------

TEST_F(Callbacks, AReplayIsRecordedAndTouchesNoQueue) {
  const Payin payin = world.payin_in(state::paid);
  fail_once(payin);
  const Delivery before = *payin.delivery();
  for (const auto result : {failed, delivered}) {
    DeliveryAttempt replay;
    replay.request_id = payin.id();
    replay.seq = before.queue.front().seq;
    replay.replay = true;
    replay.result = result;
    world.say(ReportDelivery{replay}).ok();
  }
  EXPECT_EQ(payin.queue(), "3 4");
  EXPECT_EQ(payin.delivery()->failed_tries, 1);
  EXPECT_EQ(payin.delivery()->next_try_at, before.next_try_at);
  EXPECT_EQ(results(payin), (std::vector{failed, failed, delivered}));
  EXPECT_TRUE(payin.attempts().back().replay);
}

TEST_F(Callbacks, ALateReportOfATryThatWasDecidedAlreadyChangesNoQueue) {
  const Payin payin = world.payin_in(state::paid);
  DeliveryAttempt late;
  late.request_id = payin.id();
  late.seq = 3;
  late.result = failed;
  payin.told(delivered).ok();
  world.say(ReportDelivery{late}).ok();
  EXPECT_EQ(payin.queue(), "4");
  EXPECT_EQ(payin.delivery()->failed_tries, 0);
  payin.told(delivered).ok();
  world.say(ReportDelivery{late}).ok();
  EXPECT_EQ(payin.delivery()->state, DeliveryState::idle);
}

TEST_F(Callbacks, AReportForAPaymentThatIsToldNothingIsOnlyRecorded) {
  const Payin payin = world.payin_in(state::requisites);
  DeliveryAttempt attempt;
  attempt.request_id = payin.id();
  attempt.seq = 1;
  world.say(ReportDelivery{attempt}).ok();
  EXPECT_EQ(payin.delivery(), nullptr);
  EXPECT_EQ(payin.attempts().size(), 1U);
}

// ---- whose a row is
// --------------------------------------------------------------------------------

struct Claims : Callbacks {
  const GatewayId one = id_of<GatewayId>(1);
  const GatewayId two = id_of<GatewayId>(2);

  Claims() {
    world.rows.gateways = {one, two};
    world.gateway = one;
  }
  Said claim(const Payin& payin, GatewayId by) { return world.say(ClaimDelivery{payin.id(), by}); }
  [[nodiscard]] static GatewayId holder(const Payin& payin) { return payin.delivery()->claimed_by; }
  /// Of the first that waits, whoever has claimed it.
  Said report(const Payin& payin, GatewayId by, AttemptResult result) {
    DeliveryAttempt attempt;
    attempt.request_id = payin.id();
    attempt.seq = payin.delivery()->queue.at(0).seq;
    attempt.result = result;
    return world.say(ReportDelivery{attempt, by});
  }
};

TEST_F(Claims, TheGatewayThatQueuesTheFirstCallbackTellsIt) {
  const Payin payin = world.payin_in(state::awaiting_confirm);
  EXPECT_EQ(holder(payin), one);
  world.gateway = two;
  payin.confirm().is(state::paid);
  EXPECT_EQ(payin.queue(), "3 4");
  EXPECT_EQ(holder(payin), one) << "it has the row in hand";
}

TEST_F(Claims, WhoHoldsNoLeaseQueuesForOthers) {
  world.gateway = {};
  const Payin payin = world.payin_in(state::awaiting_confirm);
  EXPECT_TRUE(holder(payin).is_nil());
  claim(payin, two).ok();
  EXPECT_EQ(holder(payin), two);
}

TEST_F(Claims, AReportThatLeavesANextCallbackKeepsIt) {
  const Payin payin = world.payin_in(state::paid);
  payin.told(delivered).ok();
  EXPECT_EQ(payin.queue(), "4");
  EXPECT_EQ(holder(payin), one);
}

TEST_F(Claims, AnEmptyQueueIsNobodys) {
  const Payin payin = world.payin_in(state::awaiting_confirm);
  payin.told(delivered).ok();
  EXPECT_TRUE(holder(payin).is_nil());
  claim(payin, one).is_refused(RefusalCode::conflict);
  world.gateway = two;
  payin.confirm().ok();
  EXPECT_EQ(holder(payin), two);
}

TEST_F(Claims, ATryThatWaitsForItsTimeIsNobodys) {
  const Payin payin = world.payin_in(state::paid);
  fail_once(payin);
  EXPECT_TRUE(holder(payin).is_nil());
  claim(payin, two).ok();
  EXPECT_EQ(holder(payin), two);
}

TEST_F(Claims, WhatGoesAtOnceAfterAFailureStaysWhoseItWas) {
  const Payin payin = world.payin_in(state::paid);
  for (int i = 0; i < 3; ++i) {
    claim(payin, one).ok();
    fail_once(payin);
  }
  EXPECT_EQ(payin.queue(), "4") << "superseded";
  EXPECT_EQ(holder(payin), one) << "nobody else looks for it";
}

TEST_F(Claims, OneWhoIsAliveKeepsIts) {
  const Payin payin = world.payin_in(state::paid);
  claim(payin, two).is_refused(RefusalCode::conflict);
  claim(payin, one).ok();
  EXPECT_EQ(holder(payin), one);
}

TEST_F(Claims, OneWhoIsNotAliveLosesIts) {
  const Payin payin = world.payin_in(state::paid);
  world.rows.gateways.erase(one);
  claim(payin, two).ok();
  EXPECT_EQ(holder(payin), two);
}

TEST_F(Claims, AReportUnderAClaimThatTheRowDoesNotCarryMovesNoQueue) {
  const Payin payin = world.payin_in(state::paid);
  world.rows.gateways.erase(one);
  claim(payin, two).ok();
  for (const auto result : {delivered, failed}) report(payin, one, result).ok();
  EXPECT_EQ(payin.queue(), "3 4");
  EXPECT_EQ(payin.delivery()->failed_tries, 0);
  EXPECT_EQ(holder(payin), two);
  EXPECT_EQ(results(payin), (std::vector{delivered, failed})) << "recorded all the same";
  report(payin, two, delivered).ok();
  EXPECT_EQ(payin.queue(), "4");
}

TEST_F(Claims, AReportOfALostLeaseCountsWhileNobodyElseHasClaimed) {
  const Payin payin = world.payin_in(state::paid);
  world.rows.gateways.erase(one);
  report(payin, one, delivered).ok();
  EXPECT_EQ(payin.queue(), "4");
}

TEST_F(Claims, WhatIsNotThereCanNotBeClaimed) {
  const Payin payin = world.payin_in(state::requisites);
  claim(payin, one).is_refused(RefusalCode::conflict);
}

TEST_F(Claims, OfTwoInOneBatchTheFirstHasIt) {
  const Payin payin = world.payin_in(state::paid);
  world.rows.gateways = {two};
  const auto said =
      world.batch({ClaimDelivery{payin.id(), two}, ClaimDelivery{payin.id(), id_of<GatewayId>(3)}});
  EXPECT_TRUE(said[0].has_value());
  EXPECT_FALSE(said[1].has_value());
  EXPECT_EQ(holder(payin), two);
}

TEST(Queue, IsStoredAsTextAndReadBack) {
  const std::vector<QueuedCallback> queue{{4, false}, {5, false}, {7, true}, {12, true}};
  EXPECT_EQ(text(queue), "4 5 7! 12!");
  EXPECT_EQ(parse_queue("4 5 7! 12!"), queue);
  EXPECT_TRUE(parse_queue("").empty());
  EXPECT_EQ(text(std::vector<QueuedCallback>{}), "");
}

}  // namespace
}  // namespace kassa::domain::test

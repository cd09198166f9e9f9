// Test mode: what a payin's counterparties do goes by `amount % 1000`, each word at its exact time.
#include <algorithm>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

struct Scenarios : ::testing::Test {
  World world;
  Shop shop = world.test();

  void TearDown() override {
    EXPECT_EQ(world.audit(), std::vector<std::string>{});
    EXPECT_EQ(world.live().available(), 0) << "nothing of test mode touches live money";
    EXPECT_EQ(world.balance(AccountKind::trader, world.trader_id.value), 0);
  }

  /// Where the payin is a millisecond before `after`, and at it.
  void turns(const Payin& payin, Duration after, State before, State then,
             Place at = Place::current()) {
    world.wait(after - 1ms);
    payin.is(before, at);
    world.wait(1ms);
    payin.is(then, at);
  }
};

TEST_F(Scenarios, AnythingElseGetsRequisitesAtOnceAndSucceedsASecondAfterTheConfirm) {
  const Payin payin = shop.create(10'000);
  payin.is(state::awaiting_confirm);
  world.wait(100s);
  payin.confirm().is(state::paid);
  turns(payin, 1s, state::paid, state::success);
  EXPECT_EQ(payin.last_event().actor.kind, ActorKind::simulator);
  EXPECT_EQ(shop.available(), 10'000 - 350);
}

TEST_F(Scenarios, AnythingElseNeverConfirmedIsNotPaid) {
  const Payin payin = shop.create(10'000);
  turns(payin, 600s, state::awaiting_confirm, state::no_payment);
  turns(payin, 600s, state::no_payment, state::decline);
}

TEST_F(Scenarios, No901IsDeclinedByAntiFraudAtOnce) {
  const Payin payin = shop.create_only(10'901);
  payin.is(state::decline).says("Declined by anti-fraud");
  EXPECT_EQ(payin.last_event().reason, "scenario 901");
  EXPECT_EQ(payin.row().due_at, std::nullopt);
  EXPECT_EQ(payin.queue(), "2!") << "a decline at creation is told";
}

TEST_F(Scenarios, No902FindsNoRequisites) {
  const Payin payin = shop.create(10'902);
  turns(payin, 120s, state::requisites, state::decline);
  payin.says("No requisites available");
}

TEST_F(Scenarios, No903IsNeverPaid) {
  const Payin payin = shop.create(10'903);
  turns(payin, 600s, state::awaiting_confirm, state::no_payment);
  turns(payin, 600s, state::no_payment, state::decline);
  payin.says("Not paid in time");
}

TEST_F(Scenarios, No903ConfirmedAllTheSameGoesOnAsNo905) {
  const Payin payin = shop.create(10'903);
  payin.confirm().is(state::paid);
  turns(payin, 1800s, state::paid, state::confirm_timeout);
  world.wait(std::chrono::hours{1000});
  payin.is(state::confirm_timeout);
}

TEST_F(Scenarios, No904HalfArrivesAndIsSettledTwoSecondsLater) {
  const Payin payin = shop.create(10'904);
  payin.confirm().is(state::paid);
  turns(payin, 1s, state::paid, state::different_amount);
  payin.has_amounts(5'452, 10'904, 10'904);
  turns(payin, 2s, state::different_amount, state::success);
  payin.has_amounts(5'452, 10'904, 10'904);
  EXPECT_EQ(payin.row().settled_amount, 5'452);
}

TEST_F(Scenarios, No905IsAnsweredByNobody) {
  const Payin payin = shop.create(10'905);
  world.wait(599s);
  payin.confirm().is(state::paid);
  turns(payin, 1800s, state::paid, state::confirm_timeout);
  world.wait(std::chrono::hours{24 * 7});
  payin.is(state::confirm_timeout);
}

TEST_F(Scenarios, No906IsPaidBeforeAnyConfirm) {
  const Payin payin = shop.create(10'906);
  turns(payin, 1s, state::awaiting_confirm, state::success);
  payin.confirm().is(state::success);
}

TEST_F(Scenarios, No906ConfirmedWithinItsSecondSucceedsWhenItWouldHave) {
  const Payin payin = shop.create(10'906);
  world.wait(400ms);
  payin.confirm().is(state::paid);
  turns(payin, 600ms, state::paid, state::success);
}

TEST_F(Scenarios, No906CancelledWithinItsSecondHearsNoWordAnyMore) {
  const Payin payin = shop.create(10'906);
  payin.cancel().is(state::decline);
  EXPECT_EQ(payin.row().due_at, std::nullopt);
  world.wait(1h);
  payin.is(state::decline);
}

TEST_F(Scenarios, No907FailsASecondAfterCreationThenIsDeclined) {
  const Payin payin = shop.create(10'907);
  turns(payin, 1s, state::requisites, state::error);
  EXPECT_TRUE(payin.row().requisites_id.is_nil());
  turns(payin, 60s, state::error, state::decline);
  payin.says("Processing error");
}

TEST_F(Scenarios, ALivePayinOfSuchAnAmountIsAnOrdinaryOne) {
  for (const std::int64_t amount : {901, 902, 903, 904, 905, 906, 907}) {
    world.add_requisites();
    const Payin payin = world.live().create(amount);
    payin.confirm().is(state::paid);
    world.wait(1700s);
    payin.is(state::paid);
    payin.cancel().is_refused(RefusalCode::transition_not_allowed);
  }
}

TEST_F(Scenarios, RequisitesAreMadeOnDemandAndUsedAgain) {
  std::vector<Payin> payins;
  for (int i = 0; i < 5; ++i) payins.push_back(shop.create(10'000));
  std::set<RequisitesId> used;
  for (const Payin& payin : payins) used.insert(payin.row().requisites_id);
  EXPECT_EQ(used.size(), 5U) << "one amount, so one each";
  EXPECT_EQ(world.minter.made, 5U);
  for (int i = 1; i <= 5; ++i) shop.create(20'000 + i).is(state::awaiting_confirm);
  EXPECT_EQ(world.minter.made, 5U) << "other amounts are served by the same";
}

TEST_F(Scenarios, ATestPayinIsNeverServedByALiveTrader) {
  const auto live = world.add_requisites();
  shop.set("pool.extra_param.gold", "default");
  for (const auto& param : {"", "gold"}) {
    const Payin payin = shop.create(10'000, {.extra_param = param});
    EXPECT_NE(payin.is(state::awaiting_confirm).row().requisites_id, live);
    EXPECT_EQ(payin.row().trader_id, simulated_trader(world.test_id));
  }
}

// ---- the test clock
// --------------------------------------------------------------------------------

TEST_F(Scenarios, TheTestClockFiresEachTimerAtItsOwnTime) {
  const Payin unpaid = shop.create(10'903);
  const Payin served = shop.create(10'000);
  served.confirm().ok();
  const ClockAnswer answer = shop.advance(2000s);
  EXPECT_EQ(answer.now, kNoon + 2000s);
  EXPECT_EQ(answer.fired, 3);
  EXPECT_EQ(world.now, kNoon) << "real time stands still";
  served.is(state::success);
  EXPECT_EQ(served.last_event().at, kNoon + 1s);
  const auto events = unpaid.is(state::decline).events();
  EXPECT_EQ(events[events.size() - 2].at, kNoon + 600s);
  EXPECT_EQ(events.back().at, kNoon + 1200s);
}

TEST_F(Scenarios, TimersThatAriseOnTheWayFireToo) {
  const Payin payin = shop.create_only(10'904);
  shop.advance(10s);
  payin.is(state::awaiting_confirm).confirm().ok();
  EXPECT_EQ(shop.advance(1s).fired, 1);
  payin.is(state::different_amount);
  EXPECT_EQ(shop.advance(1s).fired, 0);
  EXPECT_EQ(shop.advance(1s).fired, 1);
  payin.is(state::success);
}

TEST_F(Scenarios, TheTestClockGoesOnWithRealTimeFromWhereItWasPut) {
  shop.advance(1000s);
  const Payin payin = shop.create(10'903);
  EXPECT_EQ(payin.row().created_at, kNoon + 1000s);
  turns(payin, 600s, state::awaiting_confirm, state::no_payment);
  EXPECT_EQ(payin.last_event().at, kNoon + 1600s);
}

TEST_F(Scenarios, TheTestClockMovesNeitherCallbacksNorLivePayins) {
  world.add_requisites();
  const Payin live = world.live().create(100'000);
  const Payin test = shop.create(10'903);
  shop.advance(10'000s);
  live.is(state::awaiting_confirm);
  EXPECT_EQ(test.delivery()->next_try_at, kNoon) << "callbacks live by real time";
}

TEST_F(Scenarios, ALiveProjectHasNoClockOfItsOwn) {
  world.say(AdvanceClock{world.live_id, 1s}).is_refused(RefusalCode::not_found);
  world.say(AdvanceClock{id_of<ProjectId>(404), 1s}).is_refused(RefusalCode::not_found);
  EXPECT_THROW(world.say(AdvanceClock{world.test_id, -1s}), CheckFailed);
  EXPECT_TRUE(world.rows.clocks.empty());
}

TEST_F(Scenarios, AFrozenTestPayinStaysWhereItIsWhileItsClockGoesOn) {
  const Payin payin = shop.create(10'906);
  payin.freeze().ok();
  EXPECT_EQ(shop.advance(1000s).fired, 0);
  payin.is(state::awaiting_confirm);
}

}  // namespace
}  // namespace kassa::domain::test

// Which requisites serve a payin: slots, days, credit, turns, pools, and the reasons of a miss.
#include "domain/routing.hpp"

#include <algorithm>
#include <limits>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

struct Routing : ::testing::Test {
  World world;

  void TearDown() override { EXPECT_EQ(world.audit(), std::vector<std::string>{}); }

  /// Why the last search of this payin found nothing.
  static std::string miss(const Payin& payin) {
    payin.is(state::requisites);
    EXPECT_EQ(payin.last_event().cause, Cause::routing_miss);
    return payin.last_event().reason;
  }
};

// ---- slots
// ---------------------------------------------------------------------------------------

TEST_F(Routing, TwoLivePayinsNeverShareRequisitesAndAmount) {
  const auto first = world.add_requisites();
  const Payin a = world.live().create(100'000);
  const Payin b = world.live().create(100'000);
  a.is(state::awaiting_confirm);
  EXPECT_EQ(miss(b), "1 in pool: 1 amount taken");
  EXPECT_EQ(world.live().create(100'001).row().requisites_id, first) << "another amount may";
}

TEST_F(Routing, PayinsOfOneBatchDoNotShareEither) {
  world.add_requisites();
  const Payin a = world.live().create_only(100'000);
  const Payin b = world.live().create_only(100'000);
  world.batch({FireTimer{a.id(), {}}, FireTimer{b.id(), {}}});
  a.is(state::awaiting_confirm);
  b.is(state::requisites);
  EXPECT_EQ(b.row().assign_at, world.now) << "the next batch asks the store again";
  EXPECT_EQ(b.row().assign_tries, 0);
  b.fire().ok();
  EXPECT_EQ(miss(b), "1 in pool: 1 amount taken");
}

TEST_F(Routing, PayinsOfOneBatchSpreadOverWhatIsFree) {
  for (int i = 0; i < 3; ++i) world.add_requisites();
  std::vector<Command> searches;
  std::vector<Payin> payins;
  for (int i = 0; i < 3; ++i) {
    payins.push_back(world.live().create_only(100'000));
    searches.push_back(FireTimer{payins.back().id(), {}});
  }
  world.batch(searches);
  std::set<RequisitesId> used;
  for (const Payin& payin : payins)
    used.insert(payin.is(state::awaiting_confirm).row().requisites_id);
  EXPECT_EQ(used.size(), 3U);
}

TEST_F(Routing, ASuccessFreesItsSlotAtOnce) {
  world.add_requisites();
  world.live().create(100'000).see(100'000).is(state::success);
  world.live().create(100'000).is(state::awaiting_confirm);
}

TEST_F(Routing, ACancelledPayinKeepsItsSlotSinceItsPayerMayHavePaid) {
  world.add_requisites();
  world.live().create(100'000).cancel().is(state::decline);
  EXPECT_EQ(miss(world.live().create(100'000)), "1 in pool: 1 amount taken");
  world.wait(600s + 1800s - 1ms);
  EXPECT_EQ(miss(world.live().create(100'000)), "1 in pool: 1 amount taken");
  world.wait(1ms);
  world.live().create(100'000).is(state::awaiting_confirm);
}

TEST_F(Routing, AnUnpaidPayinHoldsItsSlotHalfAnHourPastItsExpiry) {
  world.add_requisites();
  world.live().create(100'000, {.lifetime_s = 300});
  world.wait(300s + 1800s - 1ms);
  EXPECT_EQ(miss(world.live().create(100'000)), "1 in pool: 1 amount taken");
  world.wait(1ms);
  world.live().create(100'000).is(state::awaiting_confirm);
}

TEST_F(Routing, AnAppealDoesNotFreeASlotThatSomebodyElseHoldsByNow) {
  world.add_requisites();
  const Payin old = world.live().create(100'000);
  old.cancel().ok();
  world.wait(2400s);
  const Payin fresh = world.live().create(100'000);
  fresh.is(state::awaiting_confirm);
  old.receive(100'000).is(state::success);
  EXPECT_EQ(miss(world.live().create(100'000)), "1 in pool: 1 amount taken");
  EXPECT_EQ(world.rows.slots.at({fresh.row().requisites_id, 100'000}).request_id, fresh.id());
}

// ---- days
// ----------------------------------------------------------------------------------------

struct Zone {
  const char* name;
  Instant midnight;  // the next one there after the world begins
};

class Days : public Routing, public ::testing::WithParamInterface<Zone> {};

TEST_P(Days, APayinIsGivenBackToTheDayOfItsAssignment) {
  const auto id = world.add_requisites([](Requisites& r) {
    r.time_zone = GetParam().name;
    r.day_count_max = 1;
  });
  world.wait(GetParam().midnight - world.now - 1s);
  const Payin before = world.live().create(100'000);
  const std::int32_t day = before.row().assigned_day;
  const Payin one_too_many = world.live().create(200'000);
  EXPECT_EQ(miss(one_too_many), "1 in pool: 1 day count full");
  one_too_many.cancel().ok();
  world.wait(1s);
  const Payin after = world.live().create(300'000);
  EXPECT_EQ(after.is(state::awaiting_confirm).row().assigned_day, day + 1);
  before.cancel().is(state::decline);
  EXPECT_EQ(world.rows.days.at({id, day}).count, 0);
  EXPECT_EQ(world.rows.days.at({id, day}).sum, 0);
  EXPECT_EQ(world.rows.days.at({id, day + 1}).count, 1);
  before.receive(50'000).is(state::success);
  EXPECT_EQ(world.rows.days.at({id, day}).count, 1) << "an appeal counts again, on its own day";
  EXPECT_EQ(world.rows.days.at({id, day}).sum, 50'000);
  before.receive(60'000).ok();
  EXPECT_EQ(world.rows.days.at({id, day}).sum, 60'000);
}

// Noon of 2025-06-15 UTC: Almaty and Dushanbe are five hours ahead.
INSTANTIATE_TEST_SUITE_P(Zones, Days,
                         ::testing::Values(Zone{"Asia/Almaty", kNoon + 7h},
                                           Zone{"Asia/Dushanbe", kNoon + 7h},
                                           Zone{"UTC", kNoon + 12h}),
                         [](const auto& zone) {
                           std::string name = zone.param.name;
                           std::erase(name, '/');
                           return name;
                         });

TEST(DayInZone, FollowsTheZonesOwnHistory) {
  const Instant evening = instant_of_ms(1'706'724'000'000);  // 2024-01-31 18:00 UTC
  const std::int32_t utc = day_in_zone(evening, "UTC");
  EXPECT_EQ(day_in_zone(evening, "Asia/Almaty"), utc + 1) << "six hours ahead until March 2024";
  EXPECT_EQ(day_in_zone(evening, "Asia/Dushanbe"), utc);
  EXPECT_EQ(day_in_zone(evening + 365 * 24h, "Asia/Almaty"), utc + 365) << "five since";
  EXPECT_EQ(day_in_zone(instant_of_ms(-1), "UTC"), -1);
  EXPECT_TRUE(is_time_zone("Asia/Almaty"));
  EXPECT_FALSE(is_time_zone("Asia/Atlantis"));
  EXPECT_FALSE(is_time_zone(""));
}

TEST_F(Routing, TheDaySumCountsWhatReallyCame) {
  world.add_requisites([](Requisites& r) { r.day_sum_max = 250'000; });
  const Payin a = world.live().create(100'000);
  world.live().create(100'001).is(state::awaiting_confirm);
  EXPECT_EQ(miss(world.live().create(50'000)), "1 in pool: 1 day sum full");
  a.see(40'000).ok();
  a.receive(40'000).is(state::success);
  world.live().create(100'000).is(state::awaiting_confirm);
}

// ---- the trader's credit
// ---------------------------------------------------------------------------

TEST_F(Routing, ATradersOpenPayinsAndDebtsStayWithinTheirCredit) {
  const TraderId trader = world.add_trader(250'000);
  world.add_requisites([&](Requisites& r) { r.trader_id = trader; });
  const Payin a = world.live().create(100'000);
  const Payin b = world.live().create(150'000);
  EXPECT_EQ(miss(world.live().create(1)), "1 in pool: 1 trader's credit used up");
  a.see(100'000).is(state::success);
  EXPECT_EQ(miss(world.live().create(1)), "1 in pool: 1 trader's credit used up")
      << "owed instead of open";
  b.cancel().ok();
  world.live().create(149'999).is(state::awaiting_confirm);
}

TEST_F(Routing, ACurrencyWithoutCreditGetsNothing) {
  const TraderId trader = world.add_trader(1'000'000);
  world.add_requisites([&](Requisites& r) {
    r.trader_id = trader;
    r.currency = tjs;
  });
  EXPECT_EQ(miss(world.live().create(1, {.currency = tjs})),
            "1 in pool: 1 trader's credit used up");
}

TEST_F(Routing, ATraderWhoIsOffGetsNothing) {
  const TraderId trader = world.add_trader(1'000'000);
  world.add_requisites([&](Requisites& r) { r.trader_id = trader; });
  world.set({"trader", trader.text(), "state"}, "off");
  EXPECT_EQ(miss(world.live().create(1)), "1 in pool: 1 trader off");
}

TEST_F(Routing, TestRequisitesNeverServeALivePayin) {
  Requisites odd;
  odd.id = id_of<RequisitesId>(1);
  odd.trader_id = simulated_trader(world.test_id);
  odd.currency = kzt;
  odd.methods = " card-p2p ";
  world.rows.requisites[odd.id] = odd;
  EXPECT_EQ(miss(world.live().create(1)), "1 in pool: 1 trader off");
}

// ---- sums without end
// ------------------------------------------------------------------------------

TEST_F(Routing, UnlimitedCreditEndsWhereSumsDo) {
  Payin last = world.test().create(kAmountMinorMax);
  const TraderId simulated = simulated_trader(world.test_id);
  // As if hundreds of thousands of such payins were open, but for two.
  world.rows.exposures.at({simulated, kzt}).open_amount = kSumMinorMax - 2 * kAmountMinorMax;
  for (int i = 0; i < 2; ++i) last = world.test().create(kAmountMinorMax);
  last.is(state::awaiting_confirm);
  const Payin over = world.test().create(kAmountMinorMax);
  EXPECT_EQ(miss(over), "the simulated trader's credit used up");
  last.confirm().ok();
  world.wait(1s);
  last.is(state::success);
  EXPECT_EQ(miss(world.test().create(kAmountMinorMax)), "the simulated trader's credit used up");
  EXPECT_FALSE(over.row().frozen);
  world.wait(120s);
  over.is(state::decline).says("No requisites available");
  world.rows = {};  // what was as if has no payins to go by
}

TEST_F(Routing, ADayWithoutALimitEndsWhereSumsDo) {
  const auto id = world.add_requisites();
  world.live().create(1'000);
  world.rows.days.at({id, day_in_zone(world.now, "UTC")}).sum = kSumMinorMax - 1'001;
  world.live().create(1'001).is(state::awaiting_confirm);
  EXPECT_EQ(miss(world.live().create(1)), "1 in pool: 1 day sum full");
  world.rows = {};
}

TEST_F(Routing, ABalanceThatCanNotGrowRefusesASettlementAndKeepsThePayin) {
  world.add_requisites();
  const Payin payin = world.live().create(1'000);
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const AccountId available{AccountKind::available, world.live_id.value, kzt};
  const AccountId trader{AccountKind::trader, world.trader_id.value, kzt};
  world.rows.accounts[available] = {available, kMost - 874};  // 1,000 less the fee of 125
  payin.receive(1'000).is_refused(RefusalCode::validation_failed);
  world.rows.accounts[available].balance = 0;
  world.rows.accounts[trader] = {trader, -kMost + 998};
  payin.receive(1'000).is_refused(RefusalCode::validation_failed);
  payin.see(1'000).is(state::awaiting_confirm);
  EXPECT_EQ(payin.row().unread, 1) << "what was seen is kept all the same";
  EXPECT_EQ(payin.transfers().size(), 0U);
  world.rows.accounts[trader].balance = 0;
  payin.see(1'000).is(state::success);
}

// ---- turns
// -----------------------------------------------------------------------------------------

TEST_F(Routing, RequisitesRestBetweenTwoAssignments) {
  world.add_requisites([](Requisites& r) { r.cool_down_s = 60; });
  world.live().create(100'000).is(state::awaiting_confirm);
  world.wait(60s - 1ms);
  EXPECT_EQ(miss(world.live().create(100'001)), "1 in pool: 1 cooling down");
  world.wait(1ms);
  world.live().create(100'002).is(state::awaiting_confirm);
}

/// Payins one after another, `gap` apart, all paid: how often each requisites served.
std::map<RequisitesId, int> serve(World& world, int payins, Duration gap) {
  std::map<RequisitesId, int> used;
  for (int i = 0; i < payins; ++i) {
    const Payin payin = world.live().create(1'000);
    payin.see(1'000).ok();
    ++used[payin.row().requisites_id];
    world.wait(gap);
    world.rows.events.clear();  // thousands of payins would slow the test, and nobody asks for them
    world.rows.payments.erase(payin.id());
  }
  return used;
}

struct Turns : ::testing::TestWithParam<std::int64_t> {
  World world;
};

TEST_P(Turns, AreTakenLeastRecentlyUsedFirst) {
  std::vector<RequisitesId> order;
  for (int i = 0; i < 4; ++i) {
    order.push_back(world.add_requisites());
    world.wait(1s);
  }
  for (int round = 0; round < 3; ++round) {
    for (const RequisitesId id : order) {
      const Payin payin = world.live().create(1'000);
      payin.see(1'000).ok();
      EXPECT_EQ(payin.row().requisites_id, id) << "round " << round;
      world.wait(std::chrono::seconds{GetParam()});
    }
  }
}

TEST_P(Turns, WeightTwoIsUsedTwiceAsOften) {
  const auto light = world.add_requisites();
  const auto heavy = world.add_requisites([](Requisites& r) { r.weight = 2; });
  const auto used = serve(world, 3'000, std::chrono::seconds{GetParam()});
  EXPECT_NEAR(used.at(light), 1'000, 3);
  EXPECT_NEAR(used.at(heavy), 2'000, 3);
}

TEST_P(Turns, ANewcomerJoinsTheLineRatherThanCatchingUpOnIt) {
  const auto a = world.add_requisites();
  const auto b = world.add_requisites();
  serve(world, 500, std::chrono::seconds{GetParam()});
  const auto late = world.add_requisites();
  const auto used = serve(world, 300, std::chrono::seconds{GetParam()});
  for (const auto id : {a, b, late}) EXPECT_NEAR(used.at(id), 100, 2);
}

// A payin a second, or one in ten minutes: the weights hold at any pace.
INSTANTIATE_TEST_SUITE_P(Pace, Turns, ::testing::Values(0, 1, 600));

TEST_F(Routing, WhoComesBackAfterARestDoesNotServeAlone) {
  const auto a = world.add_requisites();
  const auto b = world.add_requisites();
  world.say(SwitchRequisites{a, false}).ok();
  serve(world, 200, 1s);
  world.say(SwitchRequisites{a, true}).ok();
  const auto used = serve(world, 100, 1s);
  EXPECT_NEAR(used.at(a), 50, 1);
  EXPECT_NEAR(used.at(b), 50, 1);
  world.rows = {};  // serve() forgot its payins, so the audit has nothing to go by
}

// ---- what the store filters
// ------------------------------------------------------------------------

TEST_F(Routing, EveryRuleThatMissedIsInTheReason) {
  EXPECT_EQ(miss(world.live().create(500)), "no requisites in the pool for this currency");
  world.add_requisites([](Requisites& r) { r.on = false; });
  world.add_requisites([](Requisites& r) { r.methods = "phone-p2p"; });
  world.add_requisites([](Requisites& r) { r.methods = "phone-p2p"; });
  world.add_requisites([](Requisites& r) { r.bank_symbol = "halyk-kzt"; });
  world.add_requisites([](Requisites& r) { r.amount_min = 701; });
  world.add_requisites([](Requisites& r) { r.amount_max = 499; });
  world.add_requisites([](Requisites& r) { r.pool = "elsewhere"; });
  const TraderId off = world.add_trader(1'000);
  world.set({"trader", off.text(), "state"}, "off");
  const TraderId poor = world.add_trader(499);
  world.add_requisites([&](Requisites& r) { r.trader_id = off; });
  world.add_requisites([&](Requisites& r) { r.trader_id = poor; });
  const Ask kaspi{.bank_symbol = "kaspi-kzt"};
  EXPECT_EQ(miss(world.live().create(500, kaspi)),
            "8 in pool: 1 off, 2 other method, 1 other bank, 2 outside amount limits, "
            "1 trader off, 1 trader's credit used up");
  world.add_requisites([](Requisites& r) { r.day_count_max = 1; });
  world.live().create(600, kaspi).is(state::awaiting_confirm);
  world.add_requisites([](Requisites& r) { r.day_sum_max = 1'099; });
  world.live().create(600, kaspi).is(state::awaiting_confirm);
  world.add_requisites([](Requisites& r) { r.cool_down_s = 9; });
  world.live().create(600, kaspi).is(state::awaiting_confirm);
  world.add_requisites();
  world.live().create(500, kaspi).is(state::awaiting_confirm);
  EXPECT_EQ(miss(world.live().create(500, kaspi)),
            "12 in pool: 1 off, 2 other method, 1 other bank, 2 outside amount limits, "
            "1 trader off, 1 cooling down, 1 trader's credit used up, 1 amount taken, "
            "1 day count full, 1 day sum full");
}

TEST_F(Routing, TheSearchIsRepeatedUntilSomethingFits) {
  const Payin payin = world.live().create(100'000);
  EXPECT_EQ(payin.row().assign_at, kNoon + 1s);
  world.wait(30s);
  std::vector<std::int64_t> seconds;
  for (const auto& event : payin.events()) {
    if (event.cause == Cause::routing_miss) seconds.push_back((event.at - kNoon) / 1s);
  }
  EXPECT_EQ(seconds, (std::vector<std::int64_t>{0, 1, 3, 6, 10, 15, 20, 25, 30}));
  const auto id = world.add_requisites();
  world.wait(5s);
  EXPECT_EQ(payin.is(state::awaiting_confirm).row().requisites_id, id);
  EXPECT_EQ(payin.last_event().reason, "least recently used of 1 in pool default");
}

TEST_F(Routing, ALineThatIsLongerThanOneSearchIsGoneOnWithAndToldOnce) {
  world.add_requisites([](Requisites& r) { r.amount_min = 200'000; });
  world.rows.line_is_long = true;
  const Payin payin = world.live().create(100'000);
  EXPECT_EQ(miss(payin), "1 looked at so far: 1 outside amount limits");
  world.wait(10s);
  EXPECT_EQ(payin.row().assign_at, kNoon + 11s) << "every second";
  EXPECT_EQ(payin.events().size(), 3U) << "created, checked, one miss";
  world.rows.line_is_long = false;
  world.wait(1s);
  EXPECT_EQ(miss(payin), "1 in pool: 1 outside amount limits");
  EXPECT_EQ(payin.row().assign_at, kNoon + 13s) << "the second whole line that was missed";
}

TEST_F(Routing, WhatABatchUsedUpIsAskedForAgainAtOnce) {
  const TraderId trader = world.add_trader(100'000);
  for (int i = 0; i < 2; ++i) world.add_requisites([&](Requisites& r) { r.trader_id = trader; });
  const Payin a = world.live().create_only(100'000);
  const Payin b = world.live().create_only(100'000);
  world.batch({FireTimer{a.id(), {}}, FireTimer{b.id(), {}}});
  a.is(state::awaiting_confirm);
  EXPECT_EQ(b.is(state::requisites).row().assign_at, world.now) << "the store knows better now";
  b.fire().ok();
  EXPECT_EQ(miss(b), "2 in pool: 2 trader's credit used up");
}

TEST_F(Routing, TheBankThatWasAskedForIsKept) {
  world.add_requisites();
  const auto halyk = world.add_requisites([](Requisites& r) { r.bank_symbol = "halyk-kzt"; });
  for (const std::int64_t amount : {1'000, 2'000}) {
    EXPECT_EQ(world.live().create(amount, {.bank_symbol = "halyk-kzt"}).row().requisites_id, halyk);
  }
}

TEST_F(Routing, AnExtraParamThenACustomerTypeThenTheProjectSelectsThePool) {
  const auto pool = [&](const std::string& name) {
    return world.add_requisites([&](Requisites& r) { r.pool = name; });
  };
  const auto usual = pool("default"), vip = pool("vip"), trusted = pool("trusted");
  world.live().set("pool.extra_param.gold", "vip").set("pool.customer_type.trust", "trusted");
  std::int64_t amount = 1'000;
  const auto served = [&](const Ask& ask) {
    return world.live().create(++amount, ask).row().requisites_id;
  };
  EXPECT_EQ(served({}), usual);
  EXPECT_EQ(served({.extra_param = "gold"}), vip);
  EXPECT_EQ(served({.extra_param = "gold", .customer_type = "trust"}), vip);
  EXPECT_EQ(served({.customer_type = "trust"}), trusted);
  EXPECT_EQ(served({.extra_param = "example"}), usual) << "an unknown one uses the default pool";
  EXPECT_EQ(served({.customer_type = "ftd"}), usual);
  const auto own = pool("own");
  world.live().set("pool.default", "own");
  EXPECT_EQ(served({.extra_param = "example"}), own);
}

TEST_F(Routing, SwitchedOffRequisitesAreNotGivenButTheirPayinsGoOn) {
  const auto id = world.add_requisites();
  const Payin payin = world.live().create(100'000);
  world.say(SwitchRequisites{id, false}).ok();
  EXPECT_EQ(miss(world.live().create(100'001)), "1 in pool: 1 off");
  payin.confirm().is(state::paid);
  world.say(SwitchRequisites{id_of<RequisitesId>(404), false}).is_refused(RefusalCode::not_found);
}

TEST_F(Routing, ExposureIsGivenBackExactlyOnce) {
  world.add_requisites();
  const auto open = [&] { return world.rows.exposures.at({world.trader_id, kzt}).open_amount; };
  const Payin payin = world.live().create(100'000);
  EXPECT_EQ(open(), 100'000);
  payin.see(10).is(state::different_amount);
  EXPECT_EQ(open(), 100'000) << "a dispute is unfinished";
  payin.receive(10).is(state::success);
  EXPECT_EQ(open(), 0);
  payin.receive(20).ok();
  EXPECT_EQ(open(), 0);
}

// ---- import
// ----------------------------------------------------------------------------------------

TEST_F(Routing, OneNumberIsOneRequisites) {
  Requisites r;
  r.trader_id = world.trader_id;
  r.currency = kzt;
  r.methods = "card-p2p";
  r.bank_symbol = "kaspi-kzt";
  r.number_hash = "1:abc";
  Requisites again = r;
  r.id = id_of<RequisitesId>(70);
  again.id = id_of<RequisitesId>(71);
  // Twice in one file: nothing of it is taken.
  const Said twice = world.say(ImportRequisites{{r, again}});
  twice.is_refused(RefusalCode::validation_failed);
  EXPECT_EQ(twice.refusal().message,
            "requisites 2: number: requisites of this number exist already");
  EXPECT_TRUE(world.say(ImportRequisites{{r}}).accepted());
  world.say(ImportRequisites{{again}}).is_refused(RefusalCode::validation_failed);
}

TEST_F(Routing, RequisitesThatAreWrongAreRefusedWithTheirLineAndField) {
  const auto refused = [&](auto change) {
    Requisites r;
    r.id = id_of<RequisitesId>(77);
    r.trader_id = world.trader_id;
    r.currency = kzt;
    r.methods = "card-p2p";
    r.bank_symbol = "kaspi-kzt";
    Requisites right = r;
    right.id = id_of<RequisitesId>(76);
    change(r);
    const Said said = world.say(ImportRequisites{{right, r}});
    said.is_refused(RefusalCode::validation_failed);
    return said.accepted() ? "" : said.refusal().message;
  };
  EXPECT_EQ(refused([](Requisites& r) { r.trader_id = id_of<TraderId>(404); }),
            "requisites 2: trader: unknown");
  EXPECT_EQ(refused([](Requisites& r) { r.currency = *Currency::parse("ZZZ"); }),
            "requisites 2: currency: unknown");
  EXPECT_EQ(refused([](Requisites& r) { r.bank_symbol = "nobank"; }),
            "requisites 2: bank: unknown");
  EXPECT_EQ(refused([](Requisites& r) { r.methods = " "; }), "requisites 2: methods: required");
  EXPECT_NE(refused([](Requisites& r) { r.amount_min = 0; }), "");
  EXPECT_NE(refused([](Requisites& r) { r.amount_max = kAmountMinorMax + 1; }), "");
  EXPECT_NE(refused([](Requisites& r) { r.amount_min = 10, r.amount_max = 9; }), "");
  EXPECT_NE(refused([](Requisites& r) { r.weight = 0; }), "");
  EXPECT_NE(refused([](Requisites& r) { r.cool_down_s = -1; }), "");
  EXPECT_NE(refused([](Requisites& r) { r.time_zone = "Asia/Atlantis"; }), "");
  EXPECT_NE(refused([](Requisites& r) { r.pool = "sim:mine"; }), "");
  EXPECT_EQ(refused([](Requisites& r) { r.id = id_of<RequisitesId>(76); }),
            "requisites 2: id: exists already");
  EXPECT_TRUE(world.rows.requisites.empty()) << "all or none";
}

}  // namespace
}  // namespace kassa::domain::test

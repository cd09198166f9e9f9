// Timers of the store and the live clock: in order, not before their time, across restarts.
#include <algorithm>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::Cause;
using domain::Instant;
using domain::RefusalCode;
using ops::Metric;

std::vector<RequestId> create_many(RunningEngine& world, ProjectId project, int count,
                                   std::int64_t amount, domain::Duration apart = 0ms) {
  std::vector<std::future<Decision>> answers;
  for (int i = 0; i < count; ++i) {
    answers.push_back(world.submit(world.asking(project, amount)));
    // A clock that moves between creates spreads their windows.
    if (apart > 0ms && i % 100 == 99) {
      answers.back().wait();
      world.clock.advance(apart);
    }
  }
  std::vector<RequestId> ids;
  for (auto& answer : answers) ids.push_back(payment_of(answer.get()).request_id);
  return ids;
}

TEST(Timers, TenThousandWindowsOfAMinuteEndInOrderAndNotBeforeTheirTime) {
  std::vector<Instant> ended;
  RunningEngine world;
  const auto ids = create_many(world, world.test, 10'000, 902, 599ms);
  world.faults.before([&](Step step, const domain::WorkingSet* ws) {
    if (step != Step::apply) return;
    for (const auto& event : ws->events()) {
      if (event.cause == Cause::none_available) ended.push_back(event.at);
      EXPECT_LE(event.at, world.clock.now()) << "before its time";
    }
  });
  world.clock.set(kNoon + 120s - 1ms);
  world.settle();
  EXPECT_TRUE(ended.empty());
  world.wait(1ms);
  EXPECT_GE(ended.size(), 100U);
  EXPECT_LE(ended.size(), 200U);
  world.wait(30s);
  EXPECT_NEAR(static_cast<double>(ended.size()), 5'000, 150);
  world.wait(31s);
  world.faults.none();
  EXPECT_EQ(ended.size(), ids.size());
  EXPECT_TRUE(std::ranges::is_sorted(ended));
  EXPECT_EQ(world.count("payments decline"), 10'000);
  EXPECT_EQ(world.counter(Metric::timers_fired), 10'000U);
}

TEST(Timers, WhatFellDueWhileNobodyRanFiresAtItsOwnTimeAfterARestart) {
  RunningEngine world;
  const RequestId live = world.create(world.live, 100'000);  // no requisites
  const RequestId test = world.create(world.test, 902);
  world.close();
  world.clock.advance(24h);
  world.open();
  world.settle();
  for (const RequestId id : {live, test}) {
    EXPECT_EQ(world.state(id), "decline");
    EXPECT_EQ(world.events(id).back().at, kNoon + 120s);
  }
}

TEST(Timers, ADueTimerCountsBeforeACommandOfItsInstant) {
  RunningEngine world;
  world.add_requisites();
  const RequestId id = world.create(world.live, 100'000);
  const RequestId other = world.create(world.live, 200'000);
  world.clock.set(world.payment(id).expires_at - 1ms);
  EXPECT_TRUE(world.run(domain::ConfirmPayin{other}).has_value());
  world.clock.advance(1ms);
  EXPECT_EQ(code_of(world.run(domain::ConfirmPayin{id})), RefusalCode::transition_not_allowed);
  EXPECT_EQ(world.state(id), "dispute:no_payment");
}

TEST(Timers, TheLiveClockStandsStillWhileTheSystemsIsBehind) {
  RunningEngine world;
  const RequestId id = world.create(world.test, 902);
  world.wait(60s);
  const Instant before = world.engine->live_now();
  EXPECT_EQ(before, kNoon + 60s);
  world.close();
  world.clock.set(kNoon - 24h);
  const auto jumps = world.counter(Metric::clock_jumps);
  world.open();
  for (int i = 0; i < 20; ++i) world.settle();
  EXPECT_EQ(world.engine->live_now(), before);
  EXPECT_EQ(payment_of(world.run(world.asking(world.test, 1'000))).created_at, before);
  EXPECT_EQ(world.counter(Metric::clock_jumps), jumps + 1)
      << "told once, not for as long as it lasts";
  world.clock.set(kNoon + 120s);
  world.settle();
  EXPECT_EQ(world.state(id), "decline");
}

TEST(Timers, WhatCanNotBeCommittedIsTriedAgainWithoutSpinningAndIsNotLost) {
  constexpr int kTries = 4;
  int tries = 0;
  std::promise<void> tried;
  RunningEngine world;
  const RequestId id = world.create(world.test, 902);
  world.faults.before([&](Step step, const domain::WorkingSet*) {
    if (step != Step::apply) return;
    if (++tries == kTries) tried.set_value();
    throw StoreError(StoreError::Kind::busy, "locked");
  });
  world.clock.advance(120s);
  const auto started = std::chrono::steady_clock::now();
  world.engine->poke();
  tried.get_future().wait();
  EXPECT_GE(std::chrono::steady_clock::now() - started, (kTries - 1) * 100ms);
  world.faults.none();
  world.settle();
  EXPECT_EQ(world.state(id), "decline");
}

TEST(Timers, PayinsThatWaitForOneSlotAskAgainAfterASecondNotAtOnce) {
  RunningEngine world;
  world.add_requisites();
  const auto ids = create_many(world, world.live, 50, 100'000);
  world.settle();
  EXPECT_EQ(world.count("payments processing:awaiting_confirm"), 1);
  const auto fired = world.counter(ops::Metric::timers_fired);
  world.clock.advance(999ms);
  world.settle();
  EXPECT_EQ(world.counter(ops::Metric::timers_fired), fired) << "a search that is due for ever";
  world.add_requisites();
  world.wait(1ms);
  EXPECT_EQ(world.count("payments processing:awaiting_confirm"), 2);
  world.wait(120s);
  EXPECT_EQ(world.count("payments decline"), 48);
}

}  // namespace
}  // namespace kassa::engine::test

// Two gateways on one store: each sees within a moment what the other did, and neither does what
// the other does.
#include <thread>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::SettingId;
using ops::Metric;

EngineOptions often() {
  EngineOptions options;
  options.look_around_every = 1ms;
  return options;
}

/// The first gateway, which makes the world; PostgreSQL, whatever the other tests run on.
class FirstGateway : public RunningEngine {
 public:
  FirstGateway() : RunningEngine(often(), std::make_unique<store::PostgresPlace>()) {}
};

/// A second one on the same store, with the same clock on its wall.
class SecondGateway {
 public:
  explicit SecondGateway(const RunningEngine& first)
      : traders_(first.ring()),
        store_(first.place().open(), faults),
        engine(store_, first.clock, metrics, traders_, often()) {
    engine.start();
  }

  ops::Metrics metrics;
  Faults faults;

 private:
  SimulatedTraders traders_;
  FaultyStore store_;

 public:
  Engine engine;
};

/// Until it is so, for ten seconds at most.
testing::AssertionResult soon(const std::function<bool()>& is_so) {
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < until) {
    if (is_so()) return testing::AssertionSuccess();
    std::this_thread::yield();
  }
  return testing::AssertionFailure() << "not within ten seconds";
}

TEST(Gateways, WhatOneConfiguresHoldsAtTheOtherWithoutACommand) {
  FirstGateway first;
  SecondGateway second(first);
  const SettingId id{"project", first.test.text(), "url.callback"};
  ASSERT_TRUE(first.set(id, "https://shop.example/other").has_value());
  const auto version = first.engine->config()->version;
  EXPECT_TRUE(soon([&] { return second.engine.config()->version == version; }));
}

TEST(Gateways, ATimerOfOneThatIsGoneFiresAtTheOther) {
  FirstGateway first;
  SecondGateway second(first);
  const RequestId live = first.create(first.live, 100'000);  // no requisites
  const RequestId test = first.create(first.test, 902);
  first.engine->stop();
  first.clock.advance(120s);
  second.engine.poke();
  EXPECT_TRUE(soon([&] { return first.state(live) == "decline"; }));
  EXPECT_TRUE(soon([&] { return first.state(test) == "decline"; }));
  EXPECT_EQ(first.events(live).back().at, kNoon + 120s);
}

TEST(Gateways, APaymentThatOneFreezesIsCountedAtTheOther) {
  FirstGateway first;
  SecondGateway second(first);
  const RequestId id = first.create(first.test, 902);
  ASSERT_TRUE(first.run(domain::FreezePayment{id, "by the test"}, Source::desk).has_value());
  auto& frozen = second.metrics.gauge(Metric::payments_frozen);
  EXPECT_TRUE(soon([&] { return frozen.value() == 1; }));
  ASSERT_TRUE(first.run(domain::ResumePayment{id}, Source::desk).has_value());
  EXPECT_TRUE(soon([&] { return frozen.value() == 0; }));
}

TEST(Gateways, WaysOfOneTestClockAddUpAndEachTimerFiresOnceAtItsOwnTime) {
  FirstGateway first;
  SecondGateway second(first);
  constexpr int kPayments = 600;
  std::vector<std::future<Decision>> made;
  for (int i = 0; i < kPayments; ++i) {
    made.push_back(first.submit(first.asking(first.test, 903)));
  }
  std::vector<RequestId> ids;
  for (auto& one : made) ids.push_back(payment_of(one.get()).request_id);
  EXPECT_TRUE(
      soon([&] { return first.count("payments processing:awaiting_confirm") == kPayments; }));
  const auto fired = [&] {
    return first.counter(Metric::timers_fired) +
           second.metrics.counter(Metric::timers_fired).value();
  };
  const auto before = fired();

  auto here = first.submit(domain::AdvanceClock{first.test, 600s});
  const Decision there = second.engine.run(domain::AdvanceClock{first.test, 700s}, Source::api);
  const Decision also = here.get();
  ASSERT_TRUE(there.has_value()) << there.error().message;
  ASSERT_TRUE(also.has_value()) << also.error().message;
  EXPECT_EQ(payment_of(first.run(first.asking(first.test, 1))).created_at, kNoon + 1'300s);
  EXPECT_EQ(fired() - before, 2U * kPayments) << "each window once";
  for (const RequestId id : ids) {
    const auto events = first.events(id);
    ASSERT_GE(events.size(), 4U);
    EXPECT_EQ(text(events.back().to), "decline");
    EXPECT_EQ(events.back().at, kNoon + 1'200s);
    EXPECT_EQ(events[events.size() - 2].at, kNoon + 600s);
  }
  EXPECT_TRUE(first.ledger_problems().empty());
}

TEST(Gateways, CommandsOfATestProjectGoOnAtOneWhileTheOtherMovesItsClock) {
  FirstGateway first;
  SecondGateway second(first);
  std::vector<std::future<Decision>> made;
  for (int i = 0; i < 500; ++i) made.push_back(first.submit(first.asking(first.test, 903)));
  for (auto& one : made) (void)one.get();
  std::thread moving([&] {
    EXPECT_TRUE(second.engine.run(domain::AdvanceClock{first.test, 24h}, Source::api).has_value());
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(first.run(first.asking(first.test, 903)).has_value());
  }
  moving.join();
  EXPECT_TRUE(first.ledger_problems().empty());
}

TEST(Gateways, WithNothingToDoTheStoreIsAskedNoMoreOftenThanTheLook) {
  RunningEngine world({}, std::make_unique<store::PostgresPlace>());
  const RequestId id = world.create(world.live, 100'000);
  ASSERT_EQ(world.state(id), "processing:requisites");
  // Another gateway has in hand what is due here: the timers rest, and are not asked for in a
  // circle.
  const auto other = world.place().open();
  const auto writer = other->open_writer();
  writer->begin();
  world.clock.advance(120s);
  ASSERT_EQ(writer->due_payments({}, world.clock.now(), 10).size(), 1U);
  const int begins = world.faults.begins;
  const auto until = std::chrono::steady_clock::now() + 200ms;
  world.engine->poke();
  while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_LE(world.faults.begins - begins, 15);
  writer->rollback();
  EXPECT_TRUE(soon([&] { return world.state(id) == "decline"; }));
}

}  // namespace
}  // namespace kassa::engine::test

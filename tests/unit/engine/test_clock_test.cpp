// A test project's clock: everything fires in order at its own time, and nobody else notices.
#include <thread>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::Instant;
using domain::RefusalCode;
using ops::Metric;
using Story = std::vector<std::pair<std::string, domain::Duration>>;

/// "state" and how long after noon it was entered.
Story story_of(RunningEngine& world, RequestId id) {
  Story story;
  for (const auto& event : world.events(id)) {
    if (event.from != event.to) story.emplace_back(text(event.to), event.at - kNoon);
  }
  return story;
}

TEST(TestClock, AWeekFiresEveryWindowAtItsOwnTimeAndWhatArisesOnTheWay) {
  RunningEngine world;
  const RequestId never_paid = world.create(world.test, 903);
  const RequestId faulty = world.create(world.test, 907);
  const RequestId half = world.create(world.test, 100'904);
  ASSERT_TRUE(world.run(domain::ConfirmPayin{half}).has_value());
  std::vector<Instant> order;
  world.faults.before([&](Step step, const domain::WorkingSet* ws) {
    if (step != Step::apply) return;
    for (const auto& event : ws->events()) order.push_back(event.at);
  });
  const auto answer = world.advance(world.test, std::chrono::hours{24 * 7});
  world.faults.none();
  EXPECT_EQ(answer.now, kNoon + std::chrono::hours{24 * 7});
  EXPECT_EQ(answer.fired, 2 + 2 + 2);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(story_of(world, never_paid), (Story{{"processing:requisites", 0s},
                                                {"processing:awaiting_confirm", 0s},
                                                {"dispute:no_payment", 600s},
                                                {"decline", 1'200s}}));
  EXPECT_EQ(story_of(world, faulty),
            (Story{{"processing:requisites", 0s}, {"error", 1s}, {"decline", 61s}}));
  EXPECT_EQ(story_of(world, half), (Story{{"processing:requisites", 0s},
                                          {"processing:awaiting_confirm", 0s},
                                          {"processing:paid", 0s},
                                          {"dispute:different_amount", 1s},
                                          {"success", 3s}}));
  EXPECT_TRUE(world.ledger_problems().empty());
}

TEST(TestClock, ItStopsExactlyWhereItWasAskedTo) {
  RunningEngine world;
  const RequestId id = world.create(world.test, 902);
  EXPECT_EQ(world.advance(world.test, 119s).fired, 0);
  EXPECT_EQ(world.state(id), "processing:requisites");
  const auto at_the_instant = world.advance(world.test, 1s);
  EXPECT_EQ(at_the_instant.fired, 1);
  EXPECT_EQ(at_the_instant.now, kNoon + 120s);
  EXPECT_EQ(world.state(id), "decline");
  const auto nothing_due = world.advance(world.test, 1h);
  EXPECT_EQ(nothing_due.fired, 0);
  EXPECT_EQ(nothing_due.now, kNoon + 120s + 1h);
  world.restart();
  EXPECT_EQ(world.advance(world.test, 1s).now, kNoon + 121s + 1h);
}

TEST(TestClock, LiveAndOtherTestProjectsKeepTheirTime) {
  RunningEngine world;
  world.add_requisites();
  const RequestId live = world.create(world.live, 100'000);
  const RequestId other = world.create(world.other_test, 902);
  const RequestId mine = world.create(world.test, 902);
  EXPECT_EQ(world.advance(world.test, 24h).fired, 1);
  EXPECT_EQ(world.state(mine), "decline");
  EXPECT_EQ(world.state(live), "processing:awaiting_confirm");
  EXPECT_EQ(world.state(other), "processing:requisites");
  EXPECT_EQ(payment_of(world.run(world.asking(world.other_test, 1))).created_at, kNoon);
  EXPECT_EQ(payment_of(world.run(world.asking(world.test, 1))).created_at, kNoon + 24h);
  for (const ProjectId id : {world.live, id_of<ProjectId>(0x77)}) {
    EXPECT_EQ(code_of(world.run(domain::AdvanceClock{id, 1h})), RefusalCode::not_found);
  }
  EXPECT_EQ(world.state(live), "processing:awaiting_confirm");
}

TEST(TestClock, AThousandPaymentsFireOnceEachOverSeveralPages) {
  RunningEngine world;
  std::vector<std::future<Decision>> made;
  for (int i = 0; i < 1'000; ++i) {
    made.push_back(world.submit(world.asking(world.test, 903)));
    if (i % 50 == 49) {
      made.back().wait();
      world.clock.advance(7ms);
    }
  }
  for (auto& one : made) one.wait();
  world.settle();
  const auto before = world.counter(Metric::timers_fired);
  const int commits = world.faults.commits;
  EXPECT_EQ(world.advance(world.test, 24h).fired, 2'000);
  EXPECT_GE(world.faults.commits - commits, 4);
  EXPECT_EQ(world.counter(Metric::timers_fired), before + 2'000);
  EXPECT_EQ(world.count("payments decline"), 1'000);
  EXPECT_TRUE(world.ledger_problems().empty());
}

/// Unpaid payins with two windows each: `count` of them make a way of count / 128 pages.
void create_unpaid(RunningEngine& world, ProjectId project, int count,
                   std::int32_t lifetime_s = 600) {
  std::vector<std::future<Decision>> made;
  for (int i = 0; i < count; ++i) {
    auto ask = world.asking(project, 903);
    ask.lifetime_s = lifetime_s;
    made.push_back(world.submit(std::move(ask)));
  }
  for (auto& one : made) EXPECT_TRUE(one.get().has_value());
  world.settle();
}

/// Calls once, on the loop's thread, after the first commit that ended a window.
void after_first_page(RunningEngine& world, const std::function<void()>& call) {
  enum class Page : std::uint8_t { awaited, applied, over };
  world.faults.after([call, page = Page::awaited](Step step, const domain::WorkingSet* ws) mutable {
    if (step == Step::apply && page == Page::awaited) {
      for (const auto& event : ws->events()) {
        if (event.cause == domain::Cause::not_paid) page = Page::applied;
      }
    }
    if (step != Step::commit || page != Page::applied) return;
    page = Page::over;
    call();
  });
}

TEST(TestClock, OthersAreServedWhileItIsOnItsWay) {
  std::vector<std::string> answered;
  RunningEngine world;
  create_unpaid(world, world.test, 1'000);
  create_unpaid(world, world.other_test, 10);
  const auto note = [&answered](const char* what) {
    return [&answered, what](Decision&& decision) {
      EXPECT_TRUE(decision.has_value()) << what;
      answered.emplace_back(what);
    };
  };
  after_first_page(world, [&] {
    world.engine->submit(world.asking(world.live, 1'000), Source::api, note("a payin"));
    world.engine->submit(domain::AdvanceClock{world.other_test, 24h}, Source::api,
                         note("a short way"));
  });
  std::promise<void> done;
  world.engine->submit(domain::AdvanceClock{world.test, 24h}, Source::api,
                       [&](Decision&& decision) {
                         note("a long way")(std::move(decision));
                         done.set_value();
                       });
  done.get_future().wait();
  world.faults.none();
  EXPECT_EQ(answered, (std::vector<std::string>{"a payin", "a short way", "a long way"}));
  EXPECT_EQ(world.count("payments decline"), 1'010);
  EXPECT_TRUE(world.ledger_problems().empty());
}

TEST(TestClock, ASecondWayOfTheSameClockBeginsWhereTheFirstEnds) {
  RunningEngine world;
  create_unpaid(world, world.test, 600);
  std::future<Decision> second;
  after_first_page(world, [&] { second = world.submit(domain::AdvanceClock{world.test, 600s}); });
  const auto first = world.advance(world.test, 600s);
  world.faults.none();
  const auto after = std::get<domain::ClockAnswer>(second.get().value());
  EXPECT_EQ(first.now, kNoon + 600s);
  EXPECT_EQ(first.fired, 600) << "not paid in time";
  EXPECT_EQ(after.now, kNoon + 1'200s);
  EXPECT_EQ(after.fired, 600) << "declined";
  EXPECT_EQ(world.count("payments decline"), 600);
}

TEST(TestClock, AStopOnTheWayLeavesThePagesThatAreDoneAndSaysWhatIsLeft) {
  RunningEngine world;
  create_unpaid(world, world.test, 300);
  // What is due where the clock stopped fires in any batch, so some fall due later than that.
  create_unpaid(world, world.test, 300, 601);
  const auto fired = world.counter(Metric::timers_fired);
  std::promise<void> on_its_way;
  std::thread stopper([&] {
    on_its_way.get_future().wait();
    world.engine->stop();
  });
  std::future<Decision> second;
  after_first_page(world, [&] {
    second = world.submit(domain::AdvanceClock{world.test, 1h});
    on_its_way.set_value();
    // Until nothing is accepted any more.
    for (bool stopping = false; !stopping; std::this_thread::yield()) {
      auto answer = world.submit(domain::ConfirmPayin{RequestId{}}, Source::desk);
      stopping = answer.wait_for(0s) == std::future_status::ready &&
                 answer.get().error().message.starts_with("Kassa is shutting down");
    }
  });
  const auto stopped = world.run(domain::AdvanceClock{world.test, 1'201s});
  stopper.join();
  world.faults.none();
  EXPECT_EQ(code_of(stopped), RefusalCode::unavailable);
  EXPECT_EQ(stopped.error().message,
            "The clock stopped on its way, after 600 s: Kassa is shutting down. Repeat the call "
            "with the 601 s that are left.");
  EXPECT_EQ(second.get().error().message,
            "The clock did not move: Kassa is shutting down. Repeat the call.");
  const auto done = world.count("payments dispute:no_payment");
  EXPECT_GE(done, 256);
  EXPECT_LT(done, 600);
  world.restart();
  EXPECT_EQ(world.advance(world.test, 601s).now, kNoon + 1'201s);
  EXPECT_EQ(world.counter(Metric::timers_fired) - fired, 1'200U) << "each window once";
  EXPECT_EQ(world.count("payments decline"), 600);
  EXPECT_TRUE(world.ledger_problems().empty());
}

TEST(TestClock, APaymentThatFailsOnTheWayIsFrozenAndTheOthersGoOn) {
  RunningEngine world;
  std::vector<RequestId> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(world.create(world.test, 902));
    world.clock.advance(1s);
  }
  const RequestId culprit = ids[2];
  world.faults.before([&](Step step, const domain::WorkingSet* ws) {
    if (step != Step::apply || !ws->payments.knows(culprit)) return;
    for (const auto& event : ws->events()) {
      const bool its_window = event.request_id == culprit && event.to == domain::state::decline;
      KASSA_CHECK(!its_window, "a breach made by the test");
    }
  });
  EXPECT_EQ(code_of(world.run(domain::AdvanceClock{world.test, 1h})), RefusalCode::internal_error);
  EXPECT_TRUE(world.payment(culprit).frozen);
  EXPECT_EQ(world.engine->read_only_reason(), "");
  EXPECT_EQ(world.state(ids[1]), "decline");
  EXPECT_EQ(world.state(ids[3]), "processing:requisites") << "the clock went past the culprit";
  EXPECT_EQ(world.advance(world.test, 1h).fired, 2);
  world.faults.none();
  for (const RequestId id : ids) {
    EXPECT_EQ(world.state(id), id == culprit ? "processing:requisites" : "decline");
  }
  EXPECT_TRUE(world.run(domain::ResumePayment{culprit}, Source::desk).has_value());
  world.settle();
  EXPECT_EQ(world.state(culprit), "decline");
}

TEST(TestClock, APageThatMeetsAnotherWriterIsRunAgain) {
  RunningEngine world;
  create_unpaid(world, world.test, 300);
  int conflicts = 0;
  world.faults.before([&](Step step, const domain::WorkingSet*) {
    if (step == Step::commit && conflicts < 5 && ++conflicts % 5 != 0) {
      throw StoreError(StoreError::Kind::conflict, "a deadlock made by the test");
    }
  });
  EXPECT_EQ(world.advance(world.test, 1'200s).fired, 600);
  world.faults.before([&](Step step, const domain::WorkingSet*) {
    if (step == Step::commit) throw StoreError(StoreError::Kind::conflict, "one without end");
  });
  EXPECT_EQ(code_of(world.run(domain::AdvanceClock{world.test, 1h})), RefusalCode::unavailable);
  world.faults.none();
  EXPECT_EQ(conflicts, 5);
  EXPECT_EQ(world.advance(world.test, 1s).now, kNoon + 1'201s);
  EXPECT_EQ(world.count("payments decline"), 300);
}

TEST(TestClock, AStoreThatFailsOnTheWayIsAnsweredAndLosesNothing) {
  RunningEngine world;
  const RequestId id = world.create(world.test, 902);
  world.faults.before([](Step step, const domain::WorkingSet*) {
    if (step == Step::commit) throw StoreError(StoreError::Kind::busy, "locked");
  });
  EXPECT_EQ(code_of(world.run(domain::AdvanceClock{world.test, 1h})), RefusalCode::unavailable);
  world.faults.none();
  EXPECT_EQ(world.state(id), "processing:requisites");
  EXPECT_EQ(world.advance(world.test, 1h).fired, 1);
  EXPECT_EQ(world.state(id), "decline");
}

}  // namespace
}  // namespace kassa::engine::test

// The queue and its batches: what is answered when, what shares a batch, what is refused at once.
#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::RefusalCode;
using ops::Metric;

/// Holds the loop at the beginning of its next batch until it is let go.
class Gate {
 public:
  explicit Gate(RunningEngine& world) : world_(world) {
    world.faults.before([this](Step step, const domain::WorkingSet*) {
      if (step != Step::begin || passed_.exchange(true)) return;
      reached_.count_down();
      open_.wait();
    });
    blocked_ = world.submit(domain::ConfirmPayin{RequestId{}}, Source::desk);
    reached_.wait();
  }
  ~Gate() { release(); }

  void release() {
    if (released_) return;
    released_ = true;
    open_.count_down();
    blocked_.wait();
    world_.faults.before({});
  }

 private:
  RunningEngine& world_;
  std::atomic<bool> passed_{false};
  bool released_ = false;
  std::latch reached_{1};
  std::latch open_{1};
  std::future<Decision> blocked_;
};

TEST(Batches, APayinIsAssignedInTheNextBatchConfirmedAndPaid) {
  RunningEngine world;
  const auto created = payment_of(world.run(world.asking(world.test, 100'000)));
  EXPECT_EQ(text(created.state), "processing:requisites");
  world.settle();
  EXPECT_EQ(world.state(created.request_id), "processing:awaiting_confirm");
  EXPECT_EQ(text(payment_of(world.run(domain::ConfirmPayin{created.request_id})).state),
            "processing:paid");
  world.wait(999ms);
  EXPECT_EQ(world.state(created.request_id), "processing:paid");
  world.wait(1ms);
  EXPECT_EQ(world.state(created.request_id), "success");
  EXPECT_TRUE(world.ledger_problems().empty());
}

TEST(Batches, NothingIsAnsweredOrToldBeforeItsCommit) {
  RunningEngine world;
  std::atomic<bool> committed{false};
  std::atomic<int> told{0};
  world.faults.before([&](Step step, const domain::WorkingSet*) {
    if (step == Step::begin) committed = false;
  });
  world.faults.after([&](Step step, const domain::WorkingSet*) {
    if (step == Step::commit) committed = true;
  });
  for (int i = 0; i < 50; ++i) {
    std::promise<bool> was_committed;
    world.engine->submit(world.asking(world.test, 1'000), Source::api, [&](Decision&&) {
      ++told;
      was_committed.set_value(committed);
    });
    EXPECT_TRUE(was_committed.get_future().get());
  }
  EXPECT_EQ(told, 50);
}

TEST(Batches, OnePaymentIdMakesOnePaymentWhoeverAsks) {
  RunningEngine world;
  constexpr int kCallers = 64;
  std::vector<domain::CreatePayin> asks;
  for (int i = 0; i < kCallers; ++i) {
    asks.push_back(world.asking(world.test, 1'000, "one"));
    if (i % 8 == 7) asks.back().content.hash[0] = 2;
  }
  std::vector<std::optional<Decision>> decisions(kCallers);
  std::latch start{kCallers};
  {
    std::vector<std::jthread> callers;
    for (std::size_t i = 0; i < kCallers; ++i) {
      callers.emplace_back([&, i] {
        start.arrive_and_wait();
        decisions[i] = world.run(asks[i]);
      });
    }
  }
  const auto key = world.reader->payment_key({world.test, "one"});
  ASSERT_TRUE(key.has_value());
  int made = 0;
  for (std::size_t i = 0; i < kCallers; ++i) {
    if (asks[i].content != key->content) {
      EXPECT_EQ(code_of(*decisions[i]), RefusalCode::payment_id_conflict);
      continue;
    }
    EXPECT_EQ(payment_of(*decisions[i]).request_id, key->request_id);
    if (std::get<domain::PaymentAnswer>(**decisions[i]).created) ++made;
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(world.count("payments processing:requisites") +
                world.count("payments processing:awaiting_confirm"),
            1);
}

TEST(Batches, WhatWaitsSharesACommitAndNoBatchIsLargerThanItsLimit) {
  EngineOptions options;
  options.batch_max = 64;
  std::size_t largest = 0;
  RunningEngine world(options);
  std::vector<std::future<Decision>> answers;
  {
    Gate gate(world);
    for (int i = 0; i < 480; ++i) answers.push_back(world.submit(world.asking(world.test, 1'000)));
    const int before = world.faults.commits;
    world.faults.after([&](Step step, const domain::WorkingSet* ws) {
      if (step == Step::apply) largest = std::max(largest, ws->payments.entries().size());
    });
    gate.release();
    for (auto& answer : answers) EXPECT_TRUE(answer.get().has_value());
    // Each create brings a search, and batches are full: 960 / 64, and the one held.
    EXPECT_LE(world.faults.commits - before, 17);
  }
  world.settle();
  world.faults.none();
  EXPECT_LE(largest, 64U);
  EXPECT_GE(largest, 40U);
}

/// How many commits it took until a command was answered, counted from `since`.
struct Answered {
  std::atomic<int> after_commits{-1};
  void ask(RunningEngine& world, Source source, int since) {
    world.engine->submit(domain::ConfirmPayin{RequestId{}}, source, [this, &world, since](auto&&) {
      after_commits = world.faults.commits - since;
    });
  }
};

TEST(Batches, AFloodOfOneSourceStarvesNeitherTheOthersNorTimers) {
  for (const std::size_t batch_max : {std::size_t{1}, std::size_t{64}}) {
    for (const auto flood : {Source::api, Source::desk, Source::delivery}) {
      EngineOptions options;
      options.batch_max = batch_max;
      int timer_after = -1;
      RunningEngine world(options);
      const RequestId due = world.create(world.test, 902);  // declined when its window ends
      const auto other = flood == Source::api ? Source::desk : Source::api;
      Answered lone;
      Answered last_of_flood;
      {
        Gate gate(world);
        const int since = world.faults.commits;
        for (std::size_t i = 0; i < 400; ++i) {
          (void)world.submit(domain::ConfirmPayin{RequestId{}}, flood);
        }
        last_of_flood.ask(world, flood, since);
        lone.ask(world, other, since);
        world.faults.after([&, since](Step step, const domain::WorkingSet* ws) {
          // Due when the batch that was held is over: the next one is full of the flood.
          if (step == Step::commit && world.faults.commits == since + 1) world.clock.advance(120s);
          if (step != Step::apply || timer_after >= 0 || !ws->payments.knows(due)) return;
          timer_after = world.faults.commits - since;
        });
      }
      world.engine->stop();
      // The batch that was held at the gate, and the first that saw the flood.
      EXPECT_LE(lone.after_commits, 2);
      EXPECT_EQ(timer_after, 1) << "commits before it";
      EXPECT_GE(last_of_flood.after_commits, 400 / 64);
      EXPECT_EQ(world.state(due), "decline");
    }
  }
}

TEST(Batches, AFloodOfCreatesDoesNotLeaveItsSearchesBehind) {
  EngineOptions options;
  options.batch_max = 64;
  std::ptrdiff_t waiting = 0;  // created, and not given requisites yet
  std::ptrdiff_t waiting_max = 0;
  RunningEngine world(options);
  std::vector<std::future<Decision>> answers;
  {
    Gate gate(world);
    for (int i = 0; i < 2'000; ++i)
      answers.push_back(world.submit(world.asking(world.test, 1'000)));
    world.faults.after([&](Step step, const domain::WorkingSet* ws) {
      if (step != Step::apply) return;
      waiting +=
          std::ranges::count(ws->events(), domain::Cause::created, &domain::PaymentEvent::cause);
      waiting -=
          std::ranges::count(ws->events(), domain::Cause::assigned, &domain::PaymentEvent::cause);
      waiting_max = std::max(waiting_max, waiting);
    });
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get().has_value());
  world.settle();
  world.faults.none();
  EXPECT_EQ(waiting, 0);
  EXPECT_LE(waiting_max, 3 * 64) << "two batches of creates at most, however long the flood";
}

TEST(Batches, DueTimersDoNotStarveCommands) {
  EngineOptions options;
  options.batch_max = 16;
  Answered lone;
  RunningEngine world(options);
  std::vector<std::future<Decision>> made;
  for (int i = 0; i < 400; ++i) made.push_back(world.submit(world.asking(world.test, 902)));
  for (auto& one : made) one.wait();
  world.settle();
  {
    Gate gate(world);
    const int since = world.faults.commits;
    world.clock.advance(120s);
    lone.ask(world, Source::api, since);
  }
  world.settle();
  EXPECT_LE(lone.after_commits, 2);
  EXPECT_EQ(world.count("payments decline"), 400);
}

TEST(Batches, AFullQueueRefusesAtOnceOnTheCallersThread) {
  EngineOptions options;
  options.queue_max = 3;
  RunningEngine world(options);
  std::vector<std::future<Decision>> accepted;
  {
    Gate gate(world);
    for (int i = 0; i < 3; ++i) accepted.push_back(world.submit(world.asking(world.test, 1'000)));
    auto refused = world.submit(world.asking(world.test, 1'000));
    ASSERT_EQ(refused.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(code_of(refused.get()), RefusalCode::unavailable);
    EXPECT_EQ(world.counter(Metric::commands, "queue_full"), 1U);
    // Another source has its own room.
    accepted.push_back(world.submit(domain::ResumePayment{RequestId{}}, Source::desk));
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(accepted[static_cast<std::size_t>(i)].get().has_value());
  EXPECT_EQ(code_of(accepted.back().get()), RefusalCode::payment_not_found);
}

TEST(Batches, WhatWaitedTooLongIsDroppedUndecided) {
  EngineOptions options;
  options.wait_max = 0ms;  // every wait is too long
  RunningEngine world;
  world.restart(options);
  const auto ask = world.asking(world.test, 1'000);
  EXPECT_EQ(code_of(world.run(ask)), RefusalCode::unavailable);
  EXPECT_EQ(world.counter(Metric::commands, "dropped_late"), 1U);
  EXPECT_FALSE(world.reader->payment_key({world.test, ask.payment_id}).has_value());
}

TEST(Batches, StopDecidesWhatWasAcceptedAndRefusesWhatComesAfter) {
  RunningEngine world;
  std::vector<std::future<Decision>> answers;
  for (int i = 0; i < 200; ++i) answers.push_back(world.submit(world.asking(world.test, 1'000)));
  world.engine->stop();
  for (auto& answer : answers) {
    ASSERT_EQ(answer.wait_for(0s), std::future_status::ready);
    EXPECT_TRUE(answer.get().has_value());
  }
  EXPECT_EQ(code_of(world.run(world.asking(world.test, 1'000))), RefusalCode::unavailable);
  world.engine->stop();
}

TEST(Batches, ARefusalTakesItsOwnChangesBackAndNobodyElses) {
  RunningEngine world;
  const auto requisites = [&](std::uint64_t n, const std::string& bank) {
    domain::Requisites fresh;
    fresh.id = id_of<domain::RequisitesId>(n);
    fresh.trader_id = world.trader;
    fresh.currency = kzt;
    fresh.methods = "card-p2p";
    fresh.bank_symbol = bank;
    fresh.number_hash = "1:" + std::to_string(n);
    return fresh;
  };
  std::future<Decision> refused;
  std::future<Decision> accepted;
  {
    Gate gate(world);
    refused = world.submit(
        domain::ImportRequisites{{requisites(1, "kaspi-kzt"), requisites(2, "no-such-bank")}});
    accepted = world.submit(domain::ImportRequisites{{requisites(3, "kaspi-kzt")}});
  }
  EXPECT_EQ(code_of(refused.get()), RefusalCode::validation_failed);
  EXPECT_TRUE(accepted.get().has_value());
  EXPECT_FALSE(world.reader->requisites(id_of<domain::RequisitesId>(1)).has_value());
  EXPECT_TRUE(world.reader->requisites(id_of<domain::RequisitesId>(3)).has_value());
}

TEST(Batches, AnAnswerThatThrowsHarmsNobody) {
  RunningEngine world;
  std::future<Decision> other;
  const auto ask = world.asking(world.test, 1'000);
  {
    Gate gate(world);
    world.engine->submit(ask, Source::api,
                         [](Decision&&) { throw std::runtime_error("the connection is gone"); });
    other = world.submit(world.asking(world.test, 1'000));
  }
  EXPECT_TRUE(std::get<domain::PaymentAnswer>(*other.get()).created) << "it was decided twice";
  EXPECT_EQ(world.counter(Metric::batches_rolled_back), 0U);
  EXPECT_TRUE(world.reader->payment_key({world.test, ask.payment_id}).has_value());
}

TEST(Config, AChangeIsSeenByLaterCommandsOfItsBatchAndByNobodyBeforeItsCommit) {
  std::int64_t seen = 0;
  std::vector<std::int64_t> told;
  RunningEngine world;
  world.close();
  world.open([&](Engine& engine) {
    engine.on_config = [&](const domain::ConfigPtr& config) { told.push_back(config->version); };
  });
  const std::int64_t before = world.engine->config()->version;
  domain::ChangeConfig suspend;
  suspend.settings.emplace_back(domain::SettingId{"project", world.test.text(), "state"},
                                "suspended");
  std::future<Decision> changed;
  std::future<Decision> created;
  {
    Gate gate(world);
    // From one source, so that they keep their order.
    changed = world.submit(suspend);
    created = world.submit(world.asking(world.test, 1'000));
    world.faults.after([&](Step step, const domain::WorkingSet* ws) {
      if (step == Step::apply && ws->config_change().config) seen = world.engine->config()->version;
    });
  }
  EXPECT_TRUE(changed.get().has_value());
  EXPECT_EQ(seen, before);
  EXPECT_EQ(code_of(created.get()), RefusalCode::project_not_active);
  EXPECT_EQ(world.engine->config()->version, before + 1);
  EXPECT_FALSE(world.engine->config()->project(world.test)->active);
  world.settle();
  EXPECT_EQ(told, (std::vector<std::int64_t>{before, before + 1}));
  world.restart();
  EXPECT_FALSE(world.engine->config()->project(world.test)->active);
}

TEST(Config, ChangesThatWerePreparedOnOneConfigurationBothHold) {
  RunningEngine world;
  const std::int64_t before = world.engine->config()->version;
  const auto naming = [](ProjectId id, const char* name) {
    domain::ChangeConfig change;
    change.settings.emplace_back(domain::SettingId{"project", id.text(), "name"}, name);
    return change;
  };
  std::future<Decision> first;
  std::future<Decision> second;
  {
    Gate gate(world);
    first = world.submit(naming(world.test, "one"), Source::desk);
    second = world.submit(naming(world.live, "two"), Source::desk);
  }
  EXPECT_TRUE(first.get().has_value());
  EXPECT_TRUE(second.get().has_value());
  const auto config = world.engine->config();
  EXPECT_EQ(config->version, before + 2);
  EXPECT_EQ(config->project(world.test)->name, "one");
  EXPECT_EQ(config->project(world.live)->name, "two");
  world.restart();
  EXPECT_EQ(world.engine->config()->project(world.test)->name, "one");
}

TEST(Config, ARefusedOrFailedChangeChangesNothing) {
  RunningEngine world;
  const std::int64_t before = world.engine->config()->version;
  const domain::SettingId mode{"project", world.test.text(), "mode"};
  EXPECT_EQ(code_of(world.set(mode, "live")), RefusalCode::validation_failed);
  EXPECT_EQ(code_of(world.set({"project", world.test.text(), "no_such"}, "1")),
            RefusalCode::validation_failed);
  const domain::SettingId active{"project", world.test.text(), "state"};
  world.faults.before([](Step step, const domain::WorkingSet*) {
    if (step == Step::commit) throw StoreError(StoreError::Kind::busy, "locked");
  });
  EXPECT_EQ(code_of(world.set(active, "suspended")), RefusalCode::unavailable);
  world.faults.none();
  EXPECT_EQ(world.engine->config()->version, before);
  EXPECT_TRUE(world.engine->config()->project(world.test)->active);
  EXPECT_TRUE(world.run(world.asking(world.test, 1'000)).has_value());
  EXPECT_TRUE(world.set(active, "suspended").has_value());
  EXPECT_EQ(world.engine->config()->version, before + 1);
}

}  // namespace
}  // namespace kassa::engine::test

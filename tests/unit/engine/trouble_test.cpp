// What goes wrong, and what the loop does about it: culprits, read-only, the store's errors.
#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::RefusalCode;
using ops::Metric;

/// Breaks every batch in which this payment changes, unless it is being frozen or resumed.
Hook breach_on(RequestId id) {
  return [id](Step step, const domain::WorkingSet* ws) {
    if (step != Step::apply) return;
    for (const auto& event : ws->events()) {
      const bool allowed =
          event.cause == domain::Cause::frozen || event.cause == domain::Cause::resumed;
      KASSA_CHECK(event.request_id != id || allowed, "a breach made by the test");
    }
  };
}

Hook fail_with(StoreError::Kind kind, Step at) {
  return [kind, at](Step step, const domain::WorkingSet*) {
    if (step == at) throw StoreError(kind, "made by the test");
  };
}

TEST(Trouble, ACulpritIsRefusedAndFrozenAndTheOthersAreAppliedOnce) {
  RunningEngine world;
  const RequestId culprit = world.create(world.test, 903);
  std::vector<RequestId> others;
  for (int i = 0; i < 4; ++i) others.push_back(world.create(world.test, 903));
  world.faults.before(breach_on(culprit));
  std::vector<std::future<Decision>> answers;
  for (const RequestId id : others) answers.push_back(world.submit(domain::ConfirmPayin{id}));
  auto failed = world.submit(domain::ConfirmPayin{culprit});
  answers.push_back(world.submit(world.asking(world.test, 903)));
  EXPECT_EQ(code_of(failed.get()), RefusalCode::internal_error);
  for (auto& answer : answers) EXPECT_TRUE(answer.get().has_value());
  for (const RequestId id : others) {
    EXPECT_EQ(world.state(id), "processing:paid");
    EXPECT_EQ(world.events(id).size(), 4U) << "applied twice";
  }
  EXPECT_EQ(world.state(culprit), "processing:awaiting_confirm");
  EXPECT_EQ(world.engine->read_only_reason(), "");
  EXPECT_EQ(world.metrics.gauge(Metric::payments_frozen).value(), 1);
}

TEST(Trouble, AFrozenPaymentAnswersNobodyUntilItIsResumed) {
  RunningEngine world;
  const RequestId id = world.create(world.test, 902);
  world.faults.before(breach_on(id));
  world.wait(120s);  // its window ends, and fails
  world.faults.none();
  EXPECT_TRUE(world.payment(id).frozen);
  EXPECT_EQ(code_of(world.run(domain::ConfirmPayin{id})), RefusalCode::unavailable);
  world.wait(24h);
  EXPECT_EQ(world.state(id), "processing:requisites");
  world.restart();
  EXPECT_TRUE(world.run(domain::ResumePayment{id}, Source::desk).has_value());
  world.settle();
  EXPECT_EQ(world.state(id), "decline");
  EXPECT_EQ(world.metrics.gauge(Metric::payments_frozen).value(), 0);
}

TEST(Trouble, ABatchWithoutASingleCulpritTurnsReadOnlyUntilResumed) {
  bool failed = false;
  RunningEngine world;
  const RequestId id = world.create(world.test, 902);
  world.faults.before([&](Step step, const domain::WorkingSet*) {
    if (step != Step::apply || failed) return;
    failed = true;
    throw std::runtime_error("once, and never again");
  });
  EXPECT_TRUE(world.run(world.asking(world.test, 902)).has_value()) << "it is applied alone";
  world.settle();
  EXPECT_NE(world.engine->read_only_reason(), "");
  EXPECT_EQ(world.metrics.gauge(Metric::read_only).value(), 1);
  EXPECT_EQ(code_of(world.run(domain::ConfirmPayin{id})), RefusalCode::unavailable);
  EXPECT_EQ(code_of(world.run(domain::AdvanceClock{world.test, 1h})), RefusalCode::unavailable);
  world.clock.advance(120s);
  world.engine->resume();
  world.settle();
  EXPECT_EQ(world.state(id), "decline") << "what fell due meanwhile is caught up";
}

TEST(Trouble, TheThirdFailureInTenMinutesTurnsReadOnlyAndItsCulpritIsFrozenToo) {
  RunningEngine world;
  std::vector<RequestId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(world.create(world.test, 903));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(world.engine->read_only_reason(), "");
    world.faults.before(breach_on(ids[i]));
    EXPECT_EQ(code_of(world.run(domain::ConfirmPayin{ids[i]})), RefusalCode::internal_error);
  }
  EXPECT_EQ(code_of(world.run(domain::ConfirmPayin{ids[3]})), RefusalCode::unavailable);
  EXPECT_TRUE(world.payment(ids[2]).frozen) << "it would fail again as soon as somebody resumes";
  world.engine->resume();
  EXPECT_TRUE(world.run(domain::ConfirmPayin{ids[3]}).has_value());
  EXPECT_EQ(world.engine->read_only_reason(), "");
  // Counted afresh: one more failure is not the third.
  world.faults.before(breach_on(ids[3]));
  EXPECT_EQ(code_of(world.run(world.money_for(ids[3], 903))), RefusalCode::internal_error);
  EXPECT_EQ(world.engine->read_only_reason(), "");
}

TEST(Trouble, AFullDiskTurnsReadOnly) {
  RunningEngine world;
  const auto ask = world.asking(world.test, 1'000);
  world.faults.before(fail_with(StoreError::Kind::full, Step::apply));
  EXPECT_EQ(code_of(world.run(ask)), RefusalCode::unavailable);
  world.faults.none();
  EXPECT_EQ(world.engine->read_only_reason(), "the store's disk is full");
  EXPECT_EQ(code_of(world.run(ask)), RefusalCode::unavailable);
  world.engine->resume();
  EXPECT_TRUE(std::get<domain::PaymentAnswer>(*world.run(ask)).created);
}

TEST(Trouble, AStoreInDoubtIsFatalAndNothingMoreIsWritten) {
  RunningEngine world;
  world.faults.before(fail_with(StoreError::Kind::fatal, Step::commit));
  EXPECT_EQ(code_of(world.run(world.asking(world.test, 1'000))), RefusalCode::unavailable);
  EXPECT_EQ(world.fatal, std::vector<std::string>{"made by the test"});
  const int begins = world.faults.begins;
  EXPECT_EQ(code_of(world.run(world.asking(world.test, 1'000))), RefusalCode::unavailable);
  EXPECT_EQ(world.faults.begins, begins);
}

TEST(Trouble, AConstraintOfTheStoreHasACulprit) {
  RunningEngine world;
  const RequestId culprit = world.create(world.test, 903);
  const RequestId other = world.create(world.test, 903);
  world.faults.before([&](Step step, const domain::WorkingSet* ws) {
    if (step != Step::apply) return;
    for (const auto& event : ws->events()) {
      if (event.request_id == culprit && event.to == domain::state::paid) {
        throw StoreError(StoreError::Kind::constraint, "made by the test");
      }
    }
  });
  auto failed = world.submit(domain::ConfirmPayin{culprit});
  auto fine = world.submit(domain::ConfirmPayin{other});
  EXPECT_EQ(code_of(failed.get()), RefusalCode::internal_error);
  EXPECT_TRUE(fine.get().has_value());
  EXPECT_TRUE(world.payment(culprit).frozen);
}

TEST(Trouble, OtherWritersInTheWayAreNobodysBreach) {
  // As long as a batch is tried again; then its commands are run alone, and nobody is in their way.
  RunningEngine world;
  int left = 4;
  world.faults.before([&left](Step step, const domain::WorkingSet*) {
    if (step != Step::load || left == 0) return;
    --left;
    throw StoreError(StoreError::Kind::conflict, "made by the test");
  });
  const auto made = world.run(world.asking(world.test, 902));
  world.faults.none();
  world.settle();
  EXPECT_EQ(left, 0);
  EXPECT_TRUE(std::get<domain::PaymentAnswer>(*made).created);
  EXPECT_EQ(world.counter(Metric::batches_rolled_back), 1U);
  EXPECT_EQ(world.engine->read_only_reason(), "");
}

TEST(Trouble, WhateverStepFailsForAMomentNothingIsLostOrDoubled) {
  for (const auto kind : {StoreError::Kind::busy, StoreError::Kind::failed}) {
    for (const Step at : {Step::begin, Step::load, Step::apply, Step::commit}) {
      RunningEngine world;
      const RequestId due = world.create(world.test, 902);
      const auto ask = world.asking(world.test, 902);
      world.faults.before(fail_with(kind, at));
      world.clock.advance(120s);
      EXPECT_EQ(code_of(world.run(ask)), RefusalCode::unavailable);
      EXPECT_FALSE(world.reader->payment_key({world.test, ask.payment_id}).has_value());
      world.faults.none();
      EXPECT_EQ(world.engine->read_only_reason(), "");
      EXPECT_TRUE(std::get<domain::PaymentAnswer>(*world.run(ask)).created);
      world.settle();
      EXPECT_EQ(world.state(due), "decline") << "a timer was lost with its batch";
      EXPECT_EQ(world.events(due).size(), 3U);
      world.wait(120s);
      EXPECT_EQ(world.count("payments decline"), 2);
    }
  }
}

TEST(Trouble, WhoeverListensCanNotUndoACommit) {
  RunningEngine world;
  world.close();
  int told = 0;
  world.open([&](Engine& engine) {
    engine.on_deliveries = [&](const auto&) {
      ++told;
      throw std::runtime_error("the listener broke");
    };
  });
  const auto made = world.run(world.asking(world.test, 100'000));
  world.settle();  // its requisites are found, which is told
  EXPECT_TRUE(std::get<domain::PaymentAnswer>(*made).created);
  EXPECT_EQ(world.counter(Metric::batches_rolled_back), 0U);
  world.engine->stop();
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace kassa::engine::test

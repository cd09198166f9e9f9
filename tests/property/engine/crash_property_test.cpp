// The process dies at random moments and is started again on the same file: every answered command
// is there, what was not answered is there wholly or not at all, and the books are clean.
//
// "Dying" is a fault at apply or commit, before or after the real one, from which on nothing of
// that process reaches the file. KASSA_SEED=n repeats one run; each failure prints the seed of its
// own.
#include <cstdlib>
#include <map>
#include <random>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

constexpr int kRuns = 12;
constexpr int kLives = 5;      // of one run, each ended by a crash
constexpr int kCommands = 60;  // of one life, at most

class CrashingLives {
 public:
  explicit CrashingLives(std::uint64_t seed) : random_(seed) { world_.add_requisites(); }

  void run() {
    for (int life = 0; life < kLives; ++life) {
      plan_crash();
      for (int i = 0; i < kCommands && !dead_; ++i) say_something();
      check_answers();
      world_.faults.none();
      world_.restart();
      dead_ = false;
      check_all();
      if (testing::Test::HasFailure()) return;
    }
    world_.wait(std::chrono::hours{48});
    world_.advance(world_.test, std::chrono::hours{48});
    check_all();
    EXPECT_EQ(world_.count("payments processing:awaiting_confirm"), 0);
  }

  [[nodiscard]] std::size_t crashes() const { return world_.fatal.size(); }

 private:
  struct Pending {
    RequestId id;
    std::future<Decision> decision;
  };

  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_);
  }

  /// After a few batches one step fails, and every step after it: nobody is left to write.
  void plan_crash() {
    const Step at = below(2) == 0 ? Step::apply : Step::commit;
    const bool after = below(2) == 0;
    auto left = std::make_shared<std::uint64_t>(below(15));
    const auto die = [this] {
      dead_ = true;
      throw StoreError(StoreError::Kind::fatal, "the process died");
    };
    world_.faults.before([=, this](Step step, const domain::WorkingSet*) {
      if (dead_ || (!after && step == at && (*left)-- == 0)) die();
    });
    world_.faults.after([=, this](Step step, const domain::WorkingSet*) {
      if (after && step == at && (*left)-- == 0) die();
    });
  }

  void say_something() {
    const ProjectId project = below(2) == 0 ? world_.live : world_.test;
    if (payins_.empty() || below(3) == 0) {
      static constexpr std::int64_t kScenarios[] = {100, 901, 902, 903, 904, 906, 907};
      const auto amount = static_cast<std::int64_t>(1'000 * (1 + below(20))) +
                          kScenarios[below(std::size(kScenarios))];
      const auto ask = world_.asking(project, amount);
      payins_.push_back(ask.request_id);
      keep(ask.request_id, world_.submit(ask));
    } else {
      const RequestId id = payins_[below(payins_.size())];
      keep(id, world_.submit(any_command(id)));
    }
    if (below(4) == 0) world_.clock.advance(domain::Duration{below(30'000)});
    if (below(4) == 0) pending_.back().decision.wait();
  }

  domain::Command any_command(RequestId id) {
    const auto amount = static_cast<std::int64_t>(1'000 * (1 + below(20)) + 100);
    using Resolve = domain::ResolvePayment;
    switch (below(5)) {
      case 0:
        return domain::CancelPayin{id};
      case 1:
        return world_.money_for(id, amount);
      case 2:
        return Resolve{id, Resolve::How::received, amount, {}, {}};
      default:
        return domain::ConfirmPayin{id};
    }
  }

  void keep(RequestId id, std::future<Decision> decision) {
    pending_.push_back({id, std::move(decision)});
  }

  /// Remembers how far each payment's life was when it was answered.
  void check_answers() {
    for (Pending& one : pending_) {
      const Decision decision = one.decision.get();
      if (!decision) continue;
      const auto& answer = payment_of(*decision);
      auto& seen = answered_[one.id];
      if (answer.last_event >= seen.last_event) seen = answer;
    }
    pending_.clear();
  }

  static const domain::Payment& payment_of(const Decision& decision) {
    if (const auto* notice = std::get_if<domain::NoticeAnswer>(&*decision)) return *notice->payment;
    return std::get<domain::PaymentAnswer>(*decision).payment;
  }

  void check_all() {
    world_.settle();
    EXPECT_TRUE(world_.ledger_problems().empty()) << world_.ledger_problems().front();
    EXPECT_EQ(world_.engine->read_only_reason(), "");
    for (const auto& [id, answer] : answered_) {
      const auto events = world_.events(id);
      ASSERT_GE(events.size(), static_cast<std::size_t>(answer.last_event)) << "answered, and lost";
      if (answer.last_event == 0) continue;
      EXPECT_EQ(events[static_cast<std::size_t>(answer.last_event) - 1].to, answer.state);
    }
    for (const RequestId id : payins_) {
      const auto view = world_.reader->payment(id);
      const auto events = world_.events(id);
      if (!view) {
        EXPECT_TRUE(events.empty()) << "events of a payment that is not there";
        continue;
      }
      ASSERT_EQ(events.size(), static_cast<std::size_t>(view->payment.last_event));
      EXPECT_EQ(events.back().to, view->payment.state);
    }
  }

  std::mt19937_64 random_;
  std::atomic<bool> dead_{false};
  std::vector<RequestId> payins_;
  std::vector<Pending> pending_;
  std::map<RequestId, domain::Payment> answered_;
  RunningEngine world_;
};

/// How often the process died.
std::size_t run_with(std::uint64_t seed) {
  SCOPED_TRACE("KASSA_SEED=" + std::to_string(seed));
  CrashingLives lives(seed);
  lives.run();
  return lives.crashes();
}

TEST(Crash, WhatWasAnsweredIsThereAndTheRestIsWholeOrAbsent) {
  if (const char* seed = std::getenv("KASSA_SEED")) {
    (void)run_with(std::strtoull(seed, nullptr, 10));
    return;
  }
  std::random_device device;
  std::size_t crashes = 0;
  for (int i = 0; i < kRuns && !testing::Test::HasFailure(); ++i) {
    crashes += run_with((std::uint64_t{device()} << 32) | device());
  }
  if (testing::Test::HasFailure()) return;
  EXPECT_GE(crashes, std::size_t{kRuns} * kLives / 2) << "nothing was tried";
}

}  // namespace
}  // namespace kassa::engine::test

// The process dies at random moments and is started again on the same file: every answered command
// is there, what was not answered is there wholly or not at all, and the books are clean.
//
// "Dying" is a fault at apply or commit, before or after the real one, from which on nothing of
// that process reaches the file. KASSA_SEED=n repeats one run; each failure prints the seed of its
// own. KASSA_OPERATIONS=100000 goes on with fresh runs until that many commands were answered
// (./dev soak). At the end hledger recomputes every balance of all runs from their transfers.
#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "property/engine/hledger.hpp"
#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

constexpr int kRuns = 12;
constexpr int kLives = 5;      // of one run, each ended by a crash
constexpr int kCommands = 60;  // of one life, at most

class CrashingLives {
 public:
  explicit CrashingLives(std::uint64_t seed) : random_(seed) {
    world_.add_requisites();
    const std::string trader = world_.trader.text();
    (void)world_.set({"trader", trader, "payout_methods.KZT"}, "card-p2p");
    (void)world_.set({"trader", trader, "payout_in_hand_max"}, "1000");
    for (const char* name : kOperators) (void)world_.set({"operator", name, "state"}, "on");
    domain::ChangeConfig first;
    for (const ProjectId id : {world_.live, world_.test}) {
      first.deposits.push_back({id, {100'000, kzt}});
    }
    KASSA_CHECK(world_.run(first, Source::desk).has_value(), "no first balance");
  }

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

  void write_down(Hledger& hledger, const std::string& name) { hledger.add(name, *world_.reader); }

  [[nodiscard]] std::size_t crashes() const { return world_.fatal.size(); }
  [[nodiscard]] std::int64_t answered() const { return commands_answered_; }

 private:
  static constexpr std::array<const char*, 2> kOperators = {"anna", "boris"};

  struct Pending {
    RequestId id;  // nil: of a settlement
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
    const std::uint64_t what = below(12);
    if (what == 0) {
      keep({}, world_.submit(any_settlement(), Source::desk));
    } else if (what < 3) {
      // Some are more than the balance covers.
      const auto ask = asking_payout(project, static_cast<std::int64_t>(1'000 * (1 + below(30))));
      payments_.push_back(ask.request_id);
      payouts_.insert(ask.request_id);
      keep(ask.request_id, world_.submit(ask));
    } else if (payments_.empty() || what < 6) {
      static constexpr std::int64_t kScenarios[] = {100, 901, 902, 903, 904, 906, 907};
      const auto amount = static_cast<std::int64_t>(1'000 * (1 + below(20))) +
                          kScenarios[below(std::size(kScenarios))];
      const auto ask = world_.asking(project, amount);
      payments_.push_back(ask.request_id);
      keep(ask.request_id, world_.submit(ask));
    } else {
      const RequestId id = payments_[below(payments_.size())];
      keep(id, world_.submit(any_command(id)));
    }
    if (below(4) == 0) world_.clock.advance(domain::Duration{below(30'000)});
    if (below(4) == 0) pending_.back().decision.wait();
  }

  domain::CreatePayout asking_payout(ProjectId project, std::int64_t amount) {
    static constexpr std::int64_t kScenarios[] = {0, 0, 911, 912, 913, 914, 915, 916};
    domain::CreatePayout command;
    static_cast<domain::NewPayment&>(command) =
        world_.asking(project, amount + kScenarios[below(std::size(kScenarios))]);
    return command;
  }

  domain::Command any_settlement() {
    if (!settlements_.empty() && below(2) == 0) {
      domain::DecideSettlement decide;
      decide.id = settlements_[below(settlements_.size())];
      decide.by = kOperators[below(2)];
      if (below(4) == 0) decide.verdict = domain::DecideSettlement::Verdict::reject;
      return decide;
    }
    domain::CreateSettlement create;
    create.id = id_of<domain::SettlementId>(0xF000'0000 + settlements_.size());
    const bool out = below(2) == 0;
    create.kind = out ? domain::SettlementKind::settlement : domain::SettlementKind::deposit;
    create.project_id = below(2) == 0 ? world_.live : world_.test;
    create.currency = kzt;
    create.amount = static_cast<std::int64_t>(1'000 * (1 + below(20)));
    create.made_by = kOperators[below(2)];
    settlements_.push_back(create.id);
    return create;
  }

  domain::Command payout_command(RequestId id) {
    using Said = domain::ReportPayout::Word;
    static constexpr Said kWords[] = {Said::paid, Said::paid, Said::failed, Said::wrong_requisites,
                                      Said::hand_back};
    if (below(4) == 0) {
      static constexpr domain::ResolvePayment::How kHows[] = {domain::ResolvePayment::How::received,
                                                              domain::ResolvePayment::How::decline,
                                                              domain::ResolvePayment::How::retry};
      return domain::ResolvePayment{id, kHows[below(3)], 1'000, {}};
    }
    domain::ReportPayout word;
    word.request_id = id;
    word.word = kWords[below(std::size(kWords))];
    word.order = static_cast<std::int32_t>(1 + below(3));
    if (below(3) == 0) word.amount = static_cast<std::int64_t>(1 + below(20'000));
    return word;
  }

  domain::Command any_command(RequestId id) {
    if (payouts_.contains(id)) return payout_command(id);
    const auto amount = static_cast<std::int64_t>(1'000 * (1 + below(20)) + 100);
    using Resolve = domain::ResolvePayment;
    switch (below(5)) {
      case 0:
        return domain::CancelPayin{id};
      case 1:
        return world_.money_for(id, amount);
      case 2:
        return Resolve{id, Resolve::How::received, amount, {}};
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
      ++commands_answered_;
      if (!decision) continue;
      if (const auto* settled = std::get_if<domain::SettlementAnswer>(&*decision)) {
        auto& seen = settled_[settled->settlement.id];
        seen = std::max(seen, settled->settlement.status);
        continue;
      }
      const auto& answer = payment_of(decision);
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
    for (const auto& [id, status] : settled_) {
      const auto settlement = world_.reader->settlement(id);
      ASSERT_TRUE(settlement.has_value()) << "answered, and lost";
      EXPECT_GE(settlement->status, status);
    }
    for (const RequestId id : payments_) {
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
  std::vector<RequestId> payments_;
  std::set<RequestId> payouts_;
  std::vector<domain::SettlementId> settlements_;
  std::map<domain::SettlementId, domain::SettlementStatus> settled_;
  std::int64_t commands_answered_ = 0;
  std::vector<Pending> pending_;
  std::map<RequestId, domain::Payment> answered_;
  RunningEngine world_;
};

struct Ran {
  std::size_t crashes = 0;
  std::int64_t answered = 0;
};
Ran run_with(std::uint64_t seed, Hledger& hledger) {
  SCOPED_TRACE("KASSA_SEED=" + std::to_string(seed));
  CrashingLives lives(seed);
  lives.run();
  lives.write_down(hledger, "seed-" + std::to_string(seed));
  return {lives.crashes(), lives.answered()};
}

TEST(Crash, WhatWasAnsweredIsThereAndTheRestIsWholeOrAbsent) {
  Hledger hledger;
  if (const char* seed = std::getenv("KASSA_SEED")) {
    (void)run_with(std::strtoull(seed, nullptr, 10), hledger);
    hledger.compare();
    return;
  }
  std::random_device device;
  const char* asked = std::getenv("KASSA_OPERATIONS");
  const std::int64_t operations = asked != nullptr ? std::strtoll(asked, nullptr, 10) : 0;
  Ran all;
  std::size_t runs = 0;
  while ((runs < kRuns || all.answered < operations) && !testing::Test::HasFailure()) {
    const Ran ran = run_with((std::uint64_t{device()} << 32) | device(), hledger);
    all.crashes += ran.crashes;
    all.answered += ran.answered;
    ++runs;
  }
  std::cout << runs << " runs, " << all.answered << " commands answered, " << all.crashes
            << " crashes; hledger compares " << hledger.accounts() << " accounts\n";
  hledger.compare();
  if (testing::Test::HasFailure()) return;
  EXPECT_GE(all.crashes, runs * kLives / 2) << "nothing was tried";
}

}  // namespace
}  // namespace kassa::engine::test

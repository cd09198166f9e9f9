// Random commands, in random batches, at random times, over a few payins of a live and a test
// project. After every batch the invariants hold (the world runs them), and the audit recomputes
// the books, the holds, the slots and the chains of events from scratch.
//
// KASSA_SEED=n repeats one run; each failure prints the seed of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

constexpr int kRuns = 60;
constexpr int kBatches = 140;  // of a run; 3 commands each on average

class RandomLives {
 public:
  explicit RandomLives(std::uint64_t seed) : random_(seed) {
    // Few requisites, tight limits and little credit, so that rules collide.
    const TraderId poor = world_.add_trader(400'000);
    world_.add_requisites([](Requisites& r) { r.time_zone = "Asia/Almaty"; });
    world_.add_requisites([&](Requisites& r) {
      r.trader_id = poor;
      r.weight = 3;
      r.day_sum_max = 900'000;
      r.time_zone = "Asia/Dushanbe";
    });
    world_.add_requisites([&](Requisites& r) {
      r.trader_id = poor;
      r.cool_down_s = 30;
      r.day_count_max = 4;
    });
    world_.now += Duration{below(86'400'000)};
  }

  void run() {
    for (int i = 0; i < kBatches; ++i) {
      std::vector<Command> batch;
      for (std::uint64_t n = 1 + below(5); n > 0; --n) batch.push_back(any_command());
      count(batch, world_.batch(batch));
      if (below(4) == 0) pass_time();
      const auto problems = world_.audit();
      ASSERT_TRUE(problems.empty()) << "after batch " << i << ": " << problems.front();
    }
    world_.wait(std::chrono::hours{100});
    const auto problems = world_.audit();
    ASSERT_TRUE(problems.empty()) << "at the end: " << problems.front();
  }

  int commands = 0;
  std::map<std::string, int> finals;  // how the payins ended, and how many commands were refused

  void tell() {
    for (const auto& [id, payment] : world_.rows.payments) ++finals[text(payment.state)];
  }

 private:
  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_);
  }

  void count(const std::vector<Command>& said, const std::vector<Decision>& decisions) {
    commands += static_cast<int>(said.size());
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (!decisions[i]) {
        ++finals["refused"];
      } else if (const auto* create = std::get_if<CreatePayin>(&said[i])) {
        ids_.push_back(std::get<PaymentAnswer>(*decisions[i]).payment.request_id);
        creates_.push_back(*create);
      }
    }
  }

  void pass_time() {
    static constexpr std::int64_t kSpans_ms[] = {1,       999,       1'000,     120'000,
                                                 600'000, 1'800'000, 40'000'000};
    const Duration by{kSpans_ms[below(std::size(kSpans_ms))]};
    switch (below(3)) {
      case 0:
        world_.wait(by);
        return;
      case 1:
        world_.let_pass(by);
        return;  // the next command finds timers that nobody fired
      default:
        world_.test().advance(std::chrono::ceil<std::chrono::seconds>(by));
    }
  }

  RequestId any_payin() { return ids_[below(ids_.size())]; }

  std::int64_t any_amount() {
    static constexpr std::int64_t kAmounts[] = {100'000, 100'000, 100'000, 50'000,  150'000,
                                                1,       40,      99'999,  100'901, 100'902,
                                                100'903, 100'904, 100'905, 100'906, 100'907};
    return kAmounts[below(std::size(kAmounts))];
  }

  Command any_create() {
    if (!creates_.empty() && below(10) == 0) {
      CreatePayin again = creates_[below(creates_.size())];
      again.request_id = id_of<RequestId>(0xB000'0000 + world_.next_number++);
      if (below(2) == 0) again.content.hash[0] = 9;
      return again;
    }
    Ask ask;
    ask.lifetime_s = below(2) == 0 ? 300 : 600;
    if (below(3) == 0) {
      ask.kind = PaymentKind::widget;
      if (below(2) == 0) ask.widget_method = "payin-p2p-phone";
    }
    const Shop shop = below(3) == 0 ? world_.test() : world_.live();
    return shop.asking(any_amount(), ask);
  }

  Command any_command() {
    if (ids_.empty() || below(5) == 0) return any_create();
    const RequestId id = any_payin();
    switch (below(14)) {
      case 12:
      case 13:
        return ChooseMethod{id, below(4) == 0 ? "payin-p2p-phone" : "payin-p2p-card",
                            below(3) == 0 ? "halyk-kzt" : ""};
      case 0:
      case 1:
      case 2:
        return FireTimer{id, std::nullopt};
      case 3:
      case 4:
        return ConfirmPayin{id};
      case 5:
        return CancelPayin{id};
      case 6:
        return world_.money_for(id, any_amount());
      case 7:
        return world_.money_for(id, world_.payin(id).row().initial_amount);
      case 8:
        return report(id);
      case 9:
        return below(4) == 0 ? Command{FreezePayment{id, "odd"}} : Command{ResumePayment{id}};
      default:
        return resolve(id);
    }
  }

  Command resolve(RequestId id) {
    static constexpr How kHows[] = {How::received, How::received, How::nothing,
                                    How::decline,  How::retry,    How::receipt};
    return ResolvePayment{id, kHows[below(std::size(kHows))], any_amount(), {}};
  }

  Command report(RequestId id) {
    ReportDelivery command;
    command.attempt.request_id = id;
    command.attempt.seq = static_cast<std::int32_t>(below(8));
    command.attempt.result = below(2) == 0 ? AttemptResult::delivered : AttemptResult::failed;
    command.attempt.replay = below(5) == 0;
    return command;
  }

  World world_;
  std::mt19937_64 random_;
  std::vector<RequestId> ids_;
  std::vector<CreatePayin> creates_;
};

TEST(RandomLives, KeepEveryRule) {
  const char* asked = std::getenv("KASSA_SEED");
  const std::uint64_t first = asked ? std::strtoull(asked, nullptr, 10) : std::random_device{}();
  int commands = 0;
  std::map<std::string, int> finals;
  for (std::uint64_t seed = first; seed < first + (asked ? 1 : kRuns); ++seed) {
    SCOPED_TRACE("KASSA_SEED=" + std::to_string(seed));
    RandomLives lives(seed);
    try {
      lives.run();
    } catch (const CheckFailed& breach) {
      ADD_FAILURE() << breach.what();
    }
    if (HasFailure()) return;
    lives.tell();
    commands += lives.commands;
    for (const auto& [what, times] : lives.finals) finals[what] += times;
  }
  std::cout << "seeds from " << first << ", " << commands << " commands";
  for (const auto& [what, times] : finals) std::cout << ", " << what << " " << times;
  std::cout << "\n";
  if (asked) return;
  EXPECT_GE(commands, 20'000);
  for (const auto* often : {"success", "decline", "dispute:different_amount", "refused"}) {
    EXPECT_GT(finals[often], 100) << "the run met too little: " << often;
  }
}

}  // namespace
}  // namespace kassa::domain::test

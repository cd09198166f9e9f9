// Random settlements and decisions, in random batches, between payins that use the same balances
// and the same credit. After every batch the invariants hold (the world runs them), and the audit
// recomputes the books.
//
// KASSA_SEED=n repeats one run; each failure prints the seed of its own.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

constexpr int kRuns = 40;
constexpr int kBatches = 120;  // of a run; 3 commands each on average
constexpr std::int64_t kCredit = 40'000;

class RandomSettlements {
 public:
  explicit RandomSettlements(std::uint64_t seed) : random_(seed) {
    for (const auto* name : kNames) world_.set({"operator", name, "state"}, "on");
    world_.set({"trader", world_.trader_id.text(), "credit.KZT"}, std::to_string(kCredit));
    world_.set({"trader", world_.trader_id.text(), "payout_methods.KZT"}, "card-p2p");
    for (int i = 0; i < 4; ++i) world_.add_requisites();
  }

  void run() {
    for (int i = 0; i < kBatches; ++i) {
      std::vector<Command> batch;
      for (std::uint64_t n = 1 + below(5); n > 0; --n) batch.push_back(any_command());
      count(batch, world_.batch(batch));
      if (below(4) == 0) world_.wait(std::chrono::seconds{below(400)});
      check(i);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }

  int commands = 0;
  std::map<std::string, int> outcomes;

 private:
  static constexpr const char* kNames[] = {"anna", "boris", "carla"};

  std::uint64_t below(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random_);
  }

  void check(int batch) {
    const auto problems = world_.audit();
    ASSERT_TRUE(problems.empty()) << "after batch " << batch << ": " << problems.front();
    for (const auto& [id, payment] : world_.rows.payments) {
      ASSERT_LE(payment.returned_amount, payment.settled_amount) << id.text();
    }
    const auto exposure = world_.rows.exposures.find({world_.trader_id, kzt});
    const std::int64_t open =
        exposure == world_.rows.exposures.end() ? 0 : exposure->second.open_amount;
    const std::int64_t owed = -world_.balance(AccountKind::trader, world_.trader_id.value);
    // What a bank gave back is owed whatever the credit.
    ASSERT_LE(owed + open, kCredit + beyond_credit()) << "after batch " << batch;
  }

  [[nodiscard]] std::int64_t beyond_credit() const {
    std::int64_t beyond = 0;
    for (const auto& [id, settlement] : world_.rows.settlements) {
      const bool back = settlement.kind == SettlementKind::returned;
      if (back && settlement.status == SettlementStatus::approved) beyond += settlement.amount;
    }
    return beyond;
  }

  void count(const std::vector<Command>& said, const std::vector<Decision>& decisions) {
    commands += static_cast<int>(said.size());
    for (std::size_t i = 0; i < said.size(); ++i) {
      if (!decisions[i]) {
        ++outcomes[std::string(wire_code(decisions[i].error().code))];
      } else if (const auto* create = std::get_if<CreateSettlement>(&said[i])) {
        const auto& answer = std::get<SettlementAnswer>(*decisions[i]);
        ++outcomes[answer.changed ? "made" : "made already"];
        ids_.push_back(answer.settlement.id);
        creates_.push_back(*create);
      } else if (std::holds_alternative<DecideSettlement>(said[i])) {
        const auto& answer = std::get<SettlementAnswer>(*decisions[i]);
        const auto& row = answer.settlement;
        ++outcomes[answer.changed
                       ? std::string(name(row.status)) + " " + std::string(name(row.kind))
                       : "decided already"];
      } else if (std::holds_alternative<CreatePayout>(said[i])) {
        payouts_.push_back(std::get<PaymentAnswer>(*decisions[i]).payment.request_id);
      } else if (std::holds_alternative<CreatePayin>(said[i])) {
        payins_.push_back(std::get<PaymentAnswer>(*decisions[i]).payment.request_id);
      }
    }
  }

  CreateSettlement any_create() {
    if (!creates_.empty() && below(8) == 0) {
      CreateSettlement again = creates_[below(creates_.size())];
      again.id = id_of<SettlementId>(0xE000'0000 + world_.next_number++);
      if (below(3) == 0) again.content.hash[0] = 9;
      return again;
    }
    static constexpr std::int64_t kAmounts[] = {1, 500, 9'000, 20'000, 39'999, 60'000};
    CreateSettlement command;
    command.id = id_of<SettlementId>(0xE000'0000 + world_.next_number++);
    command.kind = kSettlementKinds[below(kSettlementKinds.size())];
    if (command.kind == SettlementKind::returned && finished_.is_nil()) {
      command.kind = SettlementKind::deposit;
    }
    if (is_for_trader(command.kind)) {
      command.trader_id = world_.trader_id;
    } else {
      command.project_id = world_.live_id;
    }
    if (command.kind == SettlementKind::returned) command.payout = finished_;
    command.amount = kAmounts[below(std::size(kAmounts))];
    command.currency = kzt;
    command.made_by = kNames[below(2)];
    if (below(2) == 0) command.key = "key-" + std::to_string(command.id.value.bytes[15] % 16);
    command.content.hash[0] = static_cast<std::uint8_t>(command.kind);
    return command;
  }

  Command any_command() {
    if (ids_.empty() || below(3) == 0) return any_create();
    switch (below(7)) {
      case 0:
        return world_.live().asking(500 + static_cast<std::int64_t>(below(20'000)));
      case 1:
        return pay();
      default: {
        const auto verdict =
            below(4) == 0 ? DecideSettlement::Verdict::reject : DecideSettlement::Verdict::approve;
        return DecideSettlement{ids_[below(ids_.size())], verdict, kNames[below(3)], {}};
      }
    }
  }

  /// The asked amount of some payin arrives, or some payout is made, or paid.
  Command pay() {
    if (below(2) == 0 && !payouts_.empty()) {
      const RequestId id = payouts_[below(payouts_.size())];
      if (world_.rows.payments.at(id).state == state::success) finished_ = id;
      if (world_.rows.payments.at(id).orders == 0) return FireTimer{id, std::nullopt};
      ReportPayout paid;
      paid.request_id = id;
      paid.word = Say::paid;
      paid.order = 1;
      return paid;
    }
    if (below(2) == 0) return world_.live().asking_payout(1'000);
    if (payins_.empty()) return world_.live().asking(1'000);
    const RequestId id = payins_[below(payins_.size())];
    return world_.money_for(id, world_.rows.payments.at(id).initial_amount);
  }

  World world_;
  std::mt19937_64 random_;
  std::vector<SettlementId> ids_;
  std::vector<CreateSettlement> creates_;
  std::vector<RequestId> payins_;
  std::vector<RequestId> payouts_;
  RequestId finished_;
};

TEST(RandomSettlements, KeepEveryRule) {
  const char* asked = std::getenv("KASSA_SEED");
  const std::uint64_t first = asked ? std::strtoull(asked, nullptr, 10) : std::random_device{}();
  int commands = 0;
  std::map<std::string, int> outcomes;
  for (std::uint64_t seed = first; seed < first + (asked ? 1 : kRuns); ++seed) {
    SCOPED_TRACE("KASSA_SEED=" + std::to_string(seed));
    RandomSettlements settlements(seed);
    try {
      settlements.run();
    } catch (const CheckFailed& breach) {
      ADD_FAILURE() << breach.what();
    }
    if (HasFailure()) return;
    commands += settlements.commands;
    for (const auto& [what, times] : settlements.outcomes) outcomes[what] += times;
  }
  std::cout << "seeds from " << first << ", " << commands << " commands";
  for (const auto& [what, times] : outcomes) std::cout << ", " << what << " " << times;
  std::cout << "\n";
  if (asked) return;
  for (const auto* often :
       {"approved settlement", "approved deposit", "approved top_up", "approved withdrawal",
        "approved returned", "rejected settlement", "insufficient_balance", "made already",
        "decided already", "payment_id_conflict", "transition_not_allowed", "validation_failed"}) {
    EXPECT_GT(outcomes[often], 10) << "the runs met too little: " << often;
  }
}

}  // namespace
}  // namespace kassa::domain::test

// Settlements through the loop: decisions that race, over a real store.
#include <latch>
#include <thread>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::DecideSettlement;
using domain::RefusalCode;
using domain::SettlementAnswer;
using domain::SettlementId;
using domain::SettlementKind;
using domain::SettlementStatus;
using Verdict = DecideSettlement::Verdict;

struct Settlements : ::testing::Test {
  RunningEngine world;

  void SetUp() override {
    for (const auto* name : {"anna", "boris", "carla", "dora"}) {
      ASSERT_TRUE(world.set({"operator", name, "state"}, "on").has_value());
    }
  }

  [[nodiscard]] domain::CreateSettlement asking(std::uint64_t n, SettlementKind kind,
                                                std::int64_t amount) const {
    domain::CreateSettlement command;
    command.id = id_of<SettlementId>(n);
    command.kind = kind;
    command.project_id = world.live;
    command.amount = amount;
    command.currency = kzt;
    command.made_by = "anna";
    return command;
  }
  SettlementId create(std::uint64_t n, SettlementKind kind, std::int64_t amount) {
    EXPECT_TRUE(world.run(asking(n, kind, amount), Source::desk).has_value());
    return id_of<SettlementId>(n);
  }
  [[nodiscard]] std::int64_t available() {
    for (const auto& balance : world.reader->balances(world.live)) {
      if (balance.currency == kzt) return balance.available;
    }
    return 0;
  }
  /// All at once, each on a thread of its own.
  template <class Command>
  std::vector<Decision> race(const std::vector<Command>& commands) {
    std::vector<std::optional<Decision>> decisions(commands.size());
    std::latch start{static_cast<std::ptrdiff_t>(commands.size())};
    {
      std::vector<std::jthread> callers;
      for (std::size_t i = 0; i < commands.size(); ++i) {
        callers.emplace_back([&, i] {
          start.arrive_and_wait();
          decisions[i] = world.run(commands[i], Source::desk);
        });
      }
    }
    std::vector<Decision> all;
    for (auto& decision : decisions) all.push_back(std::move(*decision));
    return all;
  }
};

TEST_F(Settlements, DecisionsThatRaceChangeThingsOnce) {
  const auto id = create(1, SettlementKind::deposit, 5'000);
  std::vector<DecideSettlement> commands;
  for (int i = 0; i < 32; ++i) {
    static constexpr const char* kNames[] = {"anna", "boris", "carla", "dora"};
    commands.push_back({id, i % 8 == 7 ? Verdict::reject : Verdict::approve, kNames[i % 4], {}});
  }
  const auto decisions = race(commands);
  const auto row = world.reader->settlement(id);
  ASSERT_TRUE(row && row->status != SettlementStatus::pending);
  int changed = 0;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (decisions[i]) {
      // Whoever was heard is who decided, with that word.
      EXPECT_EQ(commands[i].by, row->decided_by);
      if (std::get<SettlementAnswer>(*decisions[i]).changed) ++changed;
    } else if (commands[i].by != "anna") {
      EXPECT_EQ(code_of(decisions[i]), RefusalCode::transition_not_allowed);
    }
  }
  EXPECT_EQ(changed, 1);
  const bool approved = row->status == SettlementStatus::approved;
  EXPECT_EQ(world.reader->transfers(RequestId{id.value}).size(), approved ? 1U : 0U);
  EXPECT_EQ(available(), approved ? 5'000 : 0);
  EXPECT_TRUE(world.ledger_problems().empty());
}

TEST_F(Settlements, ApprovalsThatRaceForOneBalanceNeverOverdrawIt) {
  (void)world.run(
      DecideSettlement{create(1, SettlementKind::deposit, 10'000), Verdict::approve, "boris", {}},
      Source::desk);
  std::vector<DecideSettlement> commands;
  for (std::uint64_t n = 2; n < 22; ++n) {
    commands.push_back({create(n, SettlementKind::settlement, 1'000),
                        Verdict::approve,
                        n % 2 == 0 ? "boris" : "carla",
                        {}});
  }
  int approved = 0;
  for (const auto& decision : race(commands)) {
    if (decision) {
      ++approved;
    } else {
      EXPECT_EQ(code_of(decision), RefusalCode::insufficient_balance);
    }
  }
  EXPECT_EQ(approved, 10);
  EXPECT_EQ(available(), 0);
  EXPECT_TRUE(world.ledger_problems().empty());
}

TEST_F(Settlements, CreatesOfOneKeyThatRaceMakeOne) {
  std::vector<domain::CreateSettlement> commands;
  for (std::uint64_t n = 1; n <= 16; ++n) {
    commands.push_back(asking(n, SettlementKind::deposit, 700));
    commands.back().key = "once";
    commands.back().content.hash[0] = 1;
  }
  const auto decisions = race(commands);
  const auto key = world.reader->settlement_key("once");
  ASSERT_TRUE(key.has_value());
  for (const auto& decision : decisions) {
    ASSERT_TRUE(decision.has_value());
    EXPECT_EQ(std::get<SettlementAnswer>(*decision).settlement.id, key->settlement_id);
  }
  EXPECT_EQ(world.reader->settlements({}, {"", 100}).rows.size(), 1U);
}

TEST_F(Settlements, SurviveARestartAsTheyWere) {
  const auto id = create(1, SettlementKind::deposit, 5'000);
  world.restart();
  EXPECT_TRUE(
      world.run(DecideSettlement{id, Verdict::approve, "boris", {}}, Source::desk).has_value());
  world.restart();
  const auto again = world.run(DecideSettlement{id, Verdict::approve, "boris", {}}, Source::desk);
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(std::get<SettlementAnswer>(*again).changed);
  EXPECT_EQ(available(), 5'000);
}

}  // namespace
}  // namespace kassa::engine::test

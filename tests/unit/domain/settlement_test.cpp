// Money across the border: who may make and approve it, what it moves, and that it moves once.
#include <algorithm>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using Kind = SettlementKind;
using Verdict = DecideSettlement::Verdict;

struct Settling : ::testing::Test {
  World world;
  const Uuid shop = world.live_id.value;
  const Uuid trader = world.trader_id.value;

  void SetUp() override {
    for (const auto* name : {"anna", "boris", "carla"})
      world.set({"operator", name, "state"}, "on");
  }

  [[nodiscard]] CreateSettlement asking(Kind kind, std::int64_t amount) {
    CreateSettlement command;
    command.id = id_of<SettlementId>(0xE000'0000 + world.next_number++);
    command.kind = kind;
    (is_for_trader(kind) ? command.trader_id.value : command.project_id.value) =
        is_for_trader(kind) ? trader : shop;
    command.amount = amount;
    command.currency = kzt;
    command.made_by = "anna";
    command.reference = "sealed";
    return command;
  }
  /// Made by anna.
  SettlementId create(Kind kind, std::int64_t amount, Place at = Place::current()) {
    return create(asking(kind, amount), at);
  }
  SettlementId create(const CreateSettlement& command, Place at = Place::current()) {
    world.say(command).ok(at);
    return command.id;
  }
  Said approve(SettlementId id, const std::string& by = "boris") {
    return world.say(DecideSettlement{id, Verdict::approve, by, {}});
  }
  Said reject(SettlementId id, const std::string& by = "boris") {
    return world.say(DecideSettlement{id, Verdict::reject, by, "why"});
  }
  SettlementId settle(Kind kind, std::int64_t amount, Place at = Place::current()) {
    const auto id = create(kind, amount, at);
    approve(id).ok(at);
    return id;
  }
  [[nodiscard]] const Settlement& row(SettlementId id) const {
    return world.rows.settlements.at(id);
  }
  [[nodiscard]] std::vector<Transfer> moved(SettlementId id) const {
    std::vector<Transfer> mine;
    std::ranges::copy_if(world.rows.transfers, std::back_inserter(mine),
                         [&](const Transfer& t) { return t.request_id.value == id.value; });
    return mine;
  }
  [[nodiscard]] std::int64_t available() const {
    return world.balance(AccountKind::available, shop);
  }
  [[nodiscard]] std::int64_t owed() const { return -world.balance(AccountKind::trader, trader); }
  static const SettlementAnswer& answer_of(const Said& said) {
    return std::get<SettlementAnswer>(said.decision().value());
  }
  void credit(std::int64_t amount) {
    world.set({"trader", world.trader_id.text(), "credit.KZT"}, std::to_string(amount));
  }
};

// ---- the two people --------------------------------------------------------------------------

TEST_F(Settling, ACreateMovesNothingUntilAnotherApproves) {
  const auto id = create(Kind::deposit, 70'000);
  EXPECT_EQ(row(id).status, SettlementStatus::pending);
  EXPECT_EQ(available(), 0);
  EXPECT_TRUE(moved(id).empty());

  world.let_pass(5s);
  const Said said = approve(id);
  said.ok();
  EXPECT_TRUE(answer_of(said).changed);
  EXPECT_EQ(available(), 70'000);
  ASSERT_EQ(moved(id).size(), 1U);
  EXPECT_EQ(moved(id)[0].at, world.now);
  EXPECT_EQ(row(id).status, SettlementStatus::approved);
  EXPECT_EQ(row(id).made_by, "anna");
  EXPECT_EQ(row(id).made_at, kNoon);
  EXPECT_EQ(row(id).decided_by, "boris");
  EXPECT_EQ(row(id).decided_at, kNoon + 5s);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST_F(Settling, NobodyApprovesTheirOwn) {
  const auto id = create(Kind::deposit, 1'000);
  const Said said = approve(id, "anna");
  said.is_refused(RefusalCode::validation_failed);
  EXPECT_EQ(said.refusal().message,
            "Nobody approves a settlement of their own; another operator must.");
  EXPECT_EQ(row(id).status, SettlementStatus::pending);
  EXPECT_TRUE(moved(id).empty());
  approve(id, "boris").ok();
}

TEST_F(Settling, AMakerMayTakeTheirOwnBack) {
  const auto id = create(Kind::deposit, 1'000);
  reject(id, "anna").ok();
  EXPECT_EQ(row(id).status, SettlementStatus::rejected);
  EXPECT_TRUE(moved(id).empty());
}

TEST_F(Settling, OnlyOperatorsThatAreOnMakeAndDecide) {
  auto command = asking(Kind::deposit, 1'000);
  command.made_by = "dora";
  world.say(command).is_refused(RefusalCode::validation_failed);
  EXPECT_TRUE(world.rows.settlements.empty());

  const auto id = create(Kind::deposit, 1'000);
  approve(id, "dora").is_refused(RefusalCode::validation_failed);
  reject(id, "").is_refused(RefusalCode::validation_failed);
  world.set({"operator", "boris", "state"}, "off");
  approve(id, "boris").is_refused(RefusalCode::validation_failed);
  reject(id, "boris").is_refused(RefusalCode::validation_failed);
  command.made_by = "boris";
  world.say(command).is_refused(RefusalCode::validation_failed);
  EXPECT_EQ(row(id).status, SettlementStatus::pending);
  world.set({"operator", "boris", "state"}, "on");
  approve(id, "boris").ok();
}

TEST_F(Settling, ARejectedOneNeverMoves) {
  const auto id = create(Kind::deposit, 1'000);
  reject(id).ok();
  EXPECT_EQ(row(id).note, "why");
  approve(id, "carla").is_refused(RefusalCode::transition_not_allowed);
  approve(id, "boris").is_refused(RefusalCode::transition_not_allowed);
  EXPECT_TRUE(moved(id).empty());
  EXPECT_EQ(available(), 0);
}

TEST_F(Settling, ADecisionSentTwiceChangesThingsOnce) {
  const auto approved = create(Kind::deposit, 1'000);
  approve(approved).ok();
  const Said again = approve(approved);
  again.ok();
  EXPECT_FALSE(answer_of(again).changed);
  EXPECT_EQ(answer_of(again).settlement.status, SettlementStatus::approved);
  approve(approved, "carla").is_refused(RefusalCode::transition_not_allowed);
  approve(approved, "anna").is_refused(RefusalCode::transition_not_allowed);
  reject(approved, "boris").is_refused(RefusalCode::transition_not_allowed);

  const auto rejected = create(Kind::deposit, 1'000);
  reject(rejected).ok();
  world.let_pass(1s);
  reject(rejected).ok();
  EXPECT_EQ(row(rejected).decided_at, kNoon);
  reject(rejected, "carla").is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(moved(approved).size(), 1U);
  EXPECT_EQ(available(), 1'000);
}

TEST_F(Settling, TwoDecisionsOfOneBatchChangeThingsOnce) {
  const auto id = create(Kind::deposit, 1'000);
  const auto decisions = world.batch({DecideSettlement{id, Verdict::approve, "boris", {}},
                                      DecideSettlement{id, Verdict::approve, "carla", {}},
                                      DecideSettlement{id, Verdict::reject, "carla", {}},
                                      DecideSettlement{id, Verdict::approve, "boris", {}}});
  EXPECT_TRUE(decisions[0].has_value());
  EXPECT_EQ(decisions[1].error().code, RefusalCode::transition_not_allowed);
  EXPECT_EQ(decisions[2].error().code, RefusalCode::transition_not_allowed);
  EXPECT_TRUE(decisions[3].has_value());
  EXPECT_EQ(moved(id).size(), 1U);
  EXPECT_EQ(available(), 1'000);
}

TEST_F(Settling, OneThatDoesNotExistIsNotFound) {
  approve(id_of<SettlementId>(1)).is_refused(RefusalCode::not_found);
  reject(id_of<SettlementId>(1)).is_refused(RefusalCode::not_found);
}

// ---- the maker's own key ---------------------------------------------------------------------

TEST_F(Settling, TheSameKeyAndContentIsTheSameSettlement) {
  auto command = asking(Kind::deposit, 1'000);
  command.key = "june-1";
  command.content = {1, {7}};
  create(command);
  auto again = asking(Kind::deposit, 1'000);
  again.key = command.key;
  again.content = command.content;
  const Said said = world.say(again);
  said.ok();
  EXPECT_EQ(answer_of(said).settlement.id, command.id);
  EXPECT_FALSE(answer_of(said).changed);

  approve(command.id).ok();
  EXPECT_EQ(answer_of(world.say(again)).settlement.status, SettlementStatus::approved);
  again.content.hash[0] = 8;
  world.say(again).is_refused(RefusalCode::payment_id_conflict);
  EXPECT_EQ(world.rows.settlements.size(), 1U);
}

TEST_F(Settling, WithoutAKeyEachCallMakesOne) {
  create(Kind::deposit, 1'000);
  create(Kind::deposit, 1'000);
  EXPECT_EQ(world.rows.settlements.size(), 2U);
}

TEST_F(Settling, AKeyOfARefusedCreateIsFree) {
  auto command = asking(Kind::settlement, 1'000);  // there is nothing to pay out
  command.key = "june-2";
  world.say(command).is_refused(RefusalCode::insufficient_balance);
  settle(Kind::deposit, 1'000);
  create(command);
}

TEST_F(Settling, TwoCreatesOfOneKeyInABatchMakeOne) {
  auto first = asking(Kind::deposit, 1'000);
  first.key = "twice";
  auto second = first;
  second.id = id_of<SettlementId>(0xE100'0000);
  const auto decisions = world.batch({first, second});
  EXPECT_EQ(std::get<SettlementAnswer>(*decisions[1]).settlement.id, first.id);
  EXPECT_EQ(world.rows.settlements.size(), 1U);
}

// ---- what is said ----------------------------------------------------------------------------

TEST_F(Settling, AKindNamesWhoseMoneyItIs) {
  const auto wrong = [&](Kind kind, auto change) {
    auto command = asking(kind, 1'000);
    change(command);
    world.say(command).is_refused(RefusalCode::validation_failed);
  };
  for (const Kind kind : {Kind::settlement, Kind::deposit}) {
    wrong(kind, [](auto& c) { c.project_id = {}; });
    wrong(kind, [&](auto& c) { c.trader_id = world.trader_id; });
    wrong(kind, [](auto& c) { c.payout = id_of<RequestId>(1); });
  }
  for (const Kind kind : {Kind::top_up, Kind::withdrawal}) {
    wrong(kind, [](auto& c) { c.trader_id = {}; });
    wrong(kind, [&](auto& c) { c.project_id = world.live_id; });
    wrong(kind, [](auto& c) { c.payout = id_of<RequestId>(1); });
  }
  wrong(Kind::returned, [](auto&) {});  // of which payout?
  wrong(Kind::deposit, [](auto& c) { c.amount = 0; });
  wrong(Kind::deposit, [](auto& c) { c.amount = kAmountMinorMax + 1; });
  wrong(Kind::deposit, [](auto& c) { c.currency = *Currency::parse("EUR"); });
  EXPECT_TRUE(world.rows.settlements.empty());
}

TEST_F(Settling, OfAProjectOrTraderThatDoesNotExistIsNotFound) {
  auto command = asking(Kind::deposit, 1'000);
  command.project_id = id_of<ProjectId>(0xEE);
  world.say(command).is_refused(RefusalCode::not_found);
  command = asking(Kind::top_up, 1'000);
  command.trader_id = id_of<TraderId>(0xEE);
  world.say(command).is_refused(RefusalCode::not_found);
}

// ---- what moves ------------------------------------------------------------------------------

TEST_F(Settling, EachKindMovesBetweenItsAccounts) {
  const auto between = [&](SettlementId id) {
    const Transfer t = moved(id).at(0);
    return std::string(name(t.kind)) + ": " + std::string(name(t.debit.kind)) + " to " +
           std::string(name(t.credit.kind));
  };
  EXPECT_EQ(between(settle(Kind::deposit, 500)), "deposit: clearing to available");
  EXPECT_EQ(between(settle(Kind::settlement, 200)), "settlement: available to clearing");
  EXPECT_EQ(between(settle(Kind::top_up, 40)), "top_up: clearing to trader");
  EXPECT_EQ(between(settle(Kind::withdrawal, 90)), "withdrawal: trader to clearing");
  EXPECT_EQ(available(), 300);
  EXPECT_EQ(owed(), 50);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST_F(Settling, ASettlementBeyondTheBalanceIsRefusedAtOnceAndAtApproval) {
  settle(Kind::deposit, 1'000);
  world.say(asking(Kind::settlement, 1'001)).is_refused(RefusalCode::insufficient_balance);
  const auto first = create(Kind::settlement, 700);
  const auto second = create(Kind::settlement, 700);  // each alone is covered
  approve(first).ok();
  const Said said = approve(second);
  said.is_refused(RefusalCode::insufficient_balance);
  EXPECT_EQ(said.refusal().message,
            "The project's available balance is 300, which does not cover the settlement.");
  EXPECT_EQ(row(second).status, SettlementStatus::pending);
  EXPECT_EQ(available(), 300);
  settle(Kind::deposit, 400);
  approve(second).ok();
  EXPECT_EQ(available(), 0);
}

TEST_F(Settling, TwoSettlementsOfOneBatchNeverOverdraw) {
  settle(Kind::deposit, 1'000);
  const auto first = create(Kind::settlement, 600);
  const auto second = create(Kind::settlement, 600);
  const auto decisions = world.batch({DecideSettlement{first, Verdict::approve, "boris", {}},
                                      DecideSettlement{second, Verdict::approve, "boris", {}}});
  EXPECT_TRUE(decisions[0].has_value());
  EXPECT_EQ(decisions[1].error().code, RefusalCode::insufficient_balance);
  EXPECT_EQ(available(), 400);
}

TEST_F(Settling, MoneyInOneCurrencyCoversNoneInAnother) {
  settle(Kind::deposit, 1'000);
  auto command = asking(Kind::settlement, 10);
  command.currency = tjs;
  world.say(command).is_refused(RefusalCode::insufficient_balance);
}

TEST_F(Settling, AWithdrawalKeepsDebtAndOpenPayinsWithinCredit) {
  credit(1'000);
  world.say(asking(Kind::withdrawal, 1'001)).is_refused(RefusalCode::insufficient_balance);
  settle(Kind::withdrawal, 600);  // they owe 600
  world.add_requisites();
  const auto payin = world.live().create(300).is(state::awaiting_confirm);
  const Said said = world.say(asking(Kind::withdrawal, 101));
  said.is_refused(RefusalCode::insufficient_balance);
  EXPECT_EQ(said.refusal().message,
            "With their unfinished payins the trader owes 900 and may owe 1000; the withdrawal "
            "would take them beyond that.");
  const auto waiting = create(Kind::withdrawal, 100);
  credit(950);
  approve(waiting).is_refused(RefusalCode::insufficient_balance);
  payin.cancel().ok();
  approve(waiting).ok();
  EXPECT_EQ(owed(), 700);
}

TEST_F(Settling, AWithdrawalAndAPayinNeverShareCredit) {
  credit(1'000);
  world.add_requisites();
  settle(Kind::withdrawal, 800);
  const auto payin = world.live().create(300);
  payin.is(state::requisites);  // nobody has credit for it
  settle(Kind::top_up, 100);
  world.wait(1s);  // it looks again
  payin.is(state::awaiting_confirm);
  world.say(asking(Kind::withdrawal, 1)).is_refused(RefusalCode::insufficient_balance);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

TEST_F(Settling, WhatATraderIsOwedTheyMayTakeWithoutCredit) {
  world.set({"trader", world.trader_id.text(), "credit.KZT"}, std::nullopt);
  world.say(asking(Kind::withdrawal, 1)).is_refused(RefusalCode::insufficient_balance);
  settle(Kind::top_up, 500);
  world.say(asking(Kind::withdrawal, 501)).is_refused(RefusalCode::insufficient_balance);
  settle(Kind::withdrawal, 500);
  EXPECT_EQ(owed(), 0);
}

TEST_F(Settling, ATestProjectsMoneyMovesAmongItsOwnAccounts) {
  auto command = asking(Kind::deposit, 900);
  command.project_id = world.test_id;
  create(command);
  approve(command.id).ok();
  EXPECT_EQ(world.test().available(), 900);
  const Transfer t = moved(command.id).at(0);
  EXPECT_EQ(t.debit.owner, world.test_id.value);
  EXPECT_EQ(t.credit.owner, world.test_id.value);
  EXPECT_EQ(available(), 0);
}

// ---- what came back of a payout --------------------------------------------------------------

struct Returning : Settling {
  /// Paid out by the world's trader.
  Payin payout(std::int64_t amount) {
    world.set({"trader", world.trader_id.text(), "payout_methods.KZT"}, "card-p2p");
    world.live().deposit(2 * amount);
    const Payout payment = world.live().pay_out(amount);
    payment.say(Say::paid).is(state::success);
    return payment;
  }
  [[nodiscard]] CreateSettlement returning(const Payin& payment, std::int64_t amount) {
    auto command = asking(Kind::returned, amount);
    command.payout = payment.id();
    return command;
  }
};

TEST_F(Returning, ComesFromThePayoutsTraderNumbered) {
  const Payin payment = payout(50'000);
  const std::int64_t before = available();
  const std::int64_t owed_before = owed();
  const auto first = create(returning(payment, 20'000));
  EXPECT_EQ(row(first).trader_id, world.trader_id);
  EXPECT_EQ(row(first).number, 0) << "numbered when it happens";
  approve(first).ok();
  const auto second = create(returning(payment, 30'000));
  approve(second).ok();
  EXPECT_EQ(row(first).number, 1);
  EXPECT_EQ(row(second).number, 2);
  EXPECT_EQ(payment.row().returned_amount, 50'000);
  EXPECT_EQ(available(), before + 50'000);
  EXPECT_EQ(owed(), owed_before + 50'000);
  EXPECT_EQ(moved(second).at(0).debit.kind, AccountKind::trader);
  EXPECT_EQ(payment.transfers().size(), 3U) << "the payment's own are as they were";
}

TEST_F(Returning, IsNeverMoreThanWasSettledInAll) {
  const Payin payment = payout(50'000);
  world.say(returning(payment, 50'001)).is_refused(RefusalCode::insufficient_balance);
  const auto first = create(returning(payment, 30'000));
  const auto second = create(returning(payment, 30'000));
  const auto decisions = world.batch({DecideSettlement{first, Verdict::approve, "boris", {}},
                                      DecideSettlement{second, Verdict::approve, "boris", {}}});
  EXPECT_TRUE(decisions[0].has_value());
  EXPECT_EQ(decisions[1].error().code, RefusalCode::insufficient_balance);
  EXPECT_EQ(decisions[1].error().message, "Of this payout 20000 can still be returned.");
  EXPECT_EQ(payment.row().returned_amount, 30'000);
  EXPECT_EQ(payment.row().returns, 1);
}

TEST_F(Returning, IsOfAFinishedPayoutOfTheProject) {
  const Payin payment = payout(50'000);
  auto command = returning(payment, 10);
  command.project_id = world.test_id;
  world.say(command).is_refused(RefusalCode::payment_not_found);
  command = returning(payment, 10);
  command.payout = id_of<RequestId>(0xEE);
  world.say(command).is_refused(RefusalCode::payment_not_found);
  command = returning(payment, 10);
  command.currency = tjs;
  world.say(command).is_refused(RefusalCode::validation_failed);
  command = returning(payment, 10);
  command.trader_id = world.trader_id;  // it is the payout's, whoever that is
  world.say(command).is_refused(RefusalCode::validation_failed);

  const Payin payin = world.payin_in(state::success, 7'000);
  world.say(returning(payin, 10)).is_refused(RefusalCode::validation_failed);
  const Payin open = world.payout_in(state::payout_process, 7'000);
  const Said said = world.say(returning(open, 10));
  said.is_refused(RefusalCode::transition_not_allowed);
  EXPECT_EQ(said.refusal().current, state::payout_process);
}

TEST_F(Returning, WaitsWhileAPersonLooksAtThePayout) {
  const Payin payment = payout(50'000);
  const auto id = create(returning(payment, 10));
  payment.freeze().ok();
  approve(id).is_refused(RefusalCode::unavailable);
  payment.resume().ok();
  approve(id).ok();
}

TEST_F(Returning, NeverBringsTestMoneyAndALiveTraderTogether) {
  const Payin payment = payout(50'000);
  payment.edit().project_id = world.test_id;
  auto command = returning(payment, 10);
  command.project_id = world.test_id;
  const Said said = world.say(command);
  said.is_refused(RefusalCode::validation_failed);
  EXPECT_EQ(said.refusal().message, "Money of a test project and of a live trader never meet.");
}

TEST_F(Returning, OfAnotherTraderThanItWasWrittenDownForIsRefused) {
  const Payin payment = payout(50'000);
  const auto id = create(returning(payment, 10));
  payment.edit().trader_id = world.add_trader(1'000'000);
  approve(id).is_refused(RefusalCode::transition_not_allowed);
}

// ---- operators -------------------------------------------------------------------------------

TEST(Operators, HaveNamesOfOneForm) {
  for (const auto* name : {"a", "anna", "9", "a.b-c_d", "anna2"}) {
    EXPECT_TRUE(is_operator_name(name)) << name;
  }
  EXPECT_TRUE(is_operator_name(std::string(64, 'x')));
  EXPECT_FALSE(is_operator_name(std::string(65, 'x')));
  for (const auto* name : {"", "Anna", ".anna", "-a", "_a", "an na", "ann\xC3\xA4", "a\n"}) {
    EXPECT_FALSE(is_operator_name(name)) << name;
  }
}

TEST(Operators, AreSettings) {
  World world;
  world.set({"operator", "anna", "state"}, "off");
  EXPECT_FALSE(world.config->operators.at("anna").on);
  world.set({"operator", "anna", "state"}, "on");
  EXPECT_TRUE(world.config->operators.at("anna").on);
  ChangeConfig wrong;
  wrong.settings = {{{"operator", "Anna", "state"}, "on"}};
  world.say(wrong).is_refused(RefusalCode::validation_failed);
  wrong.settings = {{{"operator", "anna", "state"}, "asleep"}};
  world.say(wrong).is_refused(RefusalCode::validation_failed);
}

TEST_F(Settling, ADepositIsInACurrencyThatTheProjectTakes) {
  world.live().set("currencies", "TJS");
  const CreateSettlement deposit = asking(Kind::deposit, 1'000);
  ASSERT_EQ(deposit.currency, kzt);
  world.say(deposit).is_refused(RefusalCode::validation_failed);
}

}  // namespace
}  // namespace kassa::domain::test

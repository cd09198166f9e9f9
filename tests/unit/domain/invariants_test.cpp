// Each invariant catches a breach made by hand, and lets a right batch pass.
#include "domain/invariants.hpp"

#include <algorithm>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

/// The names of the invariants that this batch breaks.
std::vector<std::string> breached(const WorkingSet& ws) {
  std::vector<std::string> names;
  for (const auto& invariant : all_invariants()) {
    try {
      invariant->check(ws);
    } catch (const CheckFailed&) {
      names.emplace_back(invariant->name());
    }
  }
  return names;
}

using Names = std::vector<std::string>;

struct Breach : ::testing::Test {
  World world;
  WorkingSet ws;
  const RequestId id = id_of<RequestId>(1);

  Payment& payment() {
    if (!ws.payments.knows(id)) {
      Payment fresh;
      fresh.request_id = id;
      fresh.state = state::requisites;
      fresh.amount = 100;
      ws.payments.put_loaded(id, fresh);
    }
    return ws.payments.edit(id);
  }
  Account& account(AccountKind kind) {
    const AccountId account_id{kind, id.value, kzt};
    ws.accounts.put_loaded(account_id, Account{account_id, 0});
    return ws.accounts.edit(account_id);
  }
  [[nodiscard]] Transfer settlement(std::int64_t amount) const {
    Transfer transfer;
    transfer.request_id = id;
    transfer.debit = {AccountKind::trader, world.trader_id.value, kzt};
    transfer.credit = {AccountKind::available, world.live_id.value, kzt};
    transfer.amount_minor = amount;
    return transfer;
  }
  void event(State from, Cause cause, State to) {
    PaymentEvent happened;
    happened.request_id = id;
    happened.from = from;
    happened.cause = cause;
    happened.to = to;
    ws.append(happened);
  }
  void succeeds(std::int64_t amount) {
    Payment& p = payment();
    p.state = state::success;
    p.amount = p.settled_amount = amount;
  }
};

TEST_F(Breach, ThereIsNoneInAnEmptyBatchOrAnOrdinaryPayment) {
  EXPECT_EQ(breached(ws), Names{});
  payment();
  event(state::new_, Cause::created, state::new_);
  event(state::new_, Cause::checked, state::requisites);
  event(state::requisites, Cause::routing_miss, state::requisites);
  EXPECT_EQ(breached(ws), Names{});
}

TEST_F(Breach, TransfersOfNothingOfTwoCurrenciesOrToTheirOwnAccount) {
  const auto breaks = [&](auto change) {
    Transfer transfer = settlement(100);
    transfer.request_id = {};
    change(transfer);
    const std::size_t mark = ws.mark();
    ws.append(transfer);
    EXPECT_EQ(breached(ws), Names{"transfers_balance"});
    ws.rollback(mark);
  };
  breaks([](Transfer& t) { t.amount_minor = 0; });
  breaks([](Transfer& t) { t.amount_minor = -5; });
  breaks([](Transfer& t) { t.credit.currency = tjs; });
  breaks([](Transfer& t) { t.credit = t.debit; });
  EXPECT_EQ(breached(ws), Names{});
}

TEST_F(Breach, ABalanceBelowZeroUnlessItIsATraders) {
  account(AccountKind::trader).balance = -1;
  EXPECT_EQ(breached(ws), Names{});
  account(AccountKind::available).balance = -1;
  EXPECT_EQ(breached(ws), Names{"balances_not_negative"});
  account(AccountKind::available).balance = 0;
  account(AccountKind::locked).balance = -1;
  EXPECT_EQ(breached(ws), Names{"balances_not_negative"});
}

TEST_F(Breach, APayoutThatHoldsOtherThanItsStateSays) {
  Payment& p = payment();
  p.kind = PaymentKind::payout;
  p.amount = p.initial_amount = 100;
  p.fee = {0, 7};
  p.held = 107;
  EXPECT_EQ(breached(ws), Names{});
  p.held = 106;
  EXPECT_EQ(breached(ws), Names{"payouts_hold_their_money"});
  p.state = state::decline;
  EXPECT_EQ(breached(ws), Names{"payouts_hold_their_money"}) << "an end that still holds";
  p.held = 0;
  EXPECT_EQ(breached(ws), Names{});
}

TEST_F(Breach, AnEdgeThatTheTableDoesNotHave) {
  payment();
  const auto breaks = [&](State from, Cause cause, State to) {
    const std::size_t mark = ws.mark();
    event(from, cause, to);
    EXPECT_EQ(breached(ws), Names{"legal_edges"}) << text(from) << " " << name(cause);
    ws.rollback(mark);
  };
  breaks(state::success, Cause::declined, state::decline);
  breaks(state::requisites, Cause::assigned, state::paid);
  breaks(state::paid, Cause::refused_command, state::decline);
  breaks(state::new_, Cause::created, state::requisites);
  breaks(state::paid, Cause::cancelled, state::paid);
}

TEST_F(Breach, ASuccessThatSettledAnotherAmountOrNone) {
  succeeds(100);
  ws.append(settlement(100));
  event(state::paid, Cause::exact_money, state::success);
  EXPECT_EQ(breached(ws), Names{});
  payment().amount = 101;
  EXPECT_EQ(breached(ws), Names{"one_settlement"});
  payment().state = state::decline;
  EXPECT_EQ(breached(ws), Names{"one_settlement"}) << "a decline that settled something";
}

TEST_F(Breach, AFeeAboveItsAmount) {
  succeeds(100);
  ws.append(settlement(100));
  payment().settled_fee = 101;
  EXPECT_EQ(breached(ws), Names{"one_settlement"});
  payment().settled_fee = -1;
  EXPECT_EQ(breached(ws), Names{"one_settlement"});
}

TEST_F(Breach, ADisputeClosedAsDoneWhileNoMoneyMoved) {
  succeeds(100);
  event(state::different_amount, Cause::settled, state::success);
  EXPECT_EQ(breached(ws), Names{"transfers_match_payments"});
}

TEST_F(Breach, TransfersThatAreMoreOrLessThanTheSettlement) {
  succeeds(100);
  ws.append(settlement(60));
  EXPECT_EQ(breached(ws), Names{"transfers_match_payments"});
  ws.append(settlement(40));
  EXPECT_EQ(breached(ws), Names{});
  ws.append(settlement(40));
  EXPECT_EQ(breached(ws), Names{"transfers_match_payments"}) << "settled twice";
}

TEST_F(Breach, ASettlementAndItsCorrectionInOneBatchAreCountedTogether) {
  succeeds(70);
  ws.append(settlement(100));
  Transfer back = settlement(30);
  std::swap(back.debit, back.credit);
  back.correction = 1;
  ws.append(back);
  payment().corrections = 1;
  EXPECT_EQ(breached(ws), Names{});
  payment().amount = payment().settled_amount = 100;
  EXPECT_EQ(breached(ws), Names{"transfers_match_payments"});
}

/// A settlement of the batch, and what it should move.
struct SettlementBreach : Breach {
  Settlement row = [this] {
    Settlement fresh;
    fresh.id = id_of<SettlementId>(7);
    fresh.project_id = world.live_id;
    fresh.kind = SettlementKind::deposit;
    fresh.amount = 100;
    fresh.currency = kzt;
    fresh.made_by = "anna";
    return fresh;
  }();

  /// The names of what breaks when the batch leaves the row as it is, with these transfers.
  [[nodiscard]] Names with(const std::vector<Transfer>& transfers) {
    WorkingSet batch;
    batch.settlements.insert(row);
    for (const auto& transfer : transfers) batch.append(transfer);
    return breached(batch);
  }
  void approved_by(const std::string& name) {
    row.status = SettlementStatus::approved;
    row.decided_by = name;
    row.decided_at = kNoon;
  }
  const Names breach{"settlements_match_transfers"};
};

TEST_F(SettlementBreach, MovesItsMoneyOnceWhenItIsApprovedAndNotBefore) {
  const Transfer due = transfer_of(row);
  EXPECT_EQ(with({}), Names{});
  EXPECT_EQ(with({due}), breach) << "pending";
  approved_by("boris");
  EXPECT_EQ(with({due}), Names{});
  EXPECT_EQ(with({}), breach) << "approved while no money moved";
  EXPECT_EQ(with({due, due}), breach) << "twice";
  row.status = SettlementStatus::rejected;
  EXPECT_EQ(with({}), Names{});
  EXPECT_EQ(with({due}), breach) << "rejected";
}

TEST_F(SettlementBreach, MovesExactlyWhatItSays) {
  approved_by("boris");
  const auto breaks = [&](auto change) {
    Transfer transfer = transfer_of(row);
    change(transfer);
    EXPECT_EQ(with({transfer}), breach);
  };
  breaks([](Transfer& t) { ++t.amount_minor; });
  breaks([](Transfer& t) { std::swap(t.debit, t.credit); });
  breaks([](Transfer& t) { t.kind = TransferKind::settlement; });
  breaks([](Transfer& t) { t.credit.owner = id_of<ProjectId>(0x55).value; });
  breaks([](Transfer& t) { t.request_id = id_of<RequestId>(8); });
}

TEST_F(SettlementBreach, IsApprovedBySomebodyElse) {
  approved_by("anna");
  EXPECT_EQ(with({transfer_of(row)}), breach);
  row.status = SettlementStatus::rejected;
  EXPECT_EQ(with({}), Names{}) << "a maker may take it back";
  row.decided_by.clear();
  EXPECT_EQ(with({}), breach) << "decided by nobody";
}

TEST_F(SettlementBreach, OneOnlyReadMovesNothing) {
  approved_by("boris");
  ws.settlements.put_loaded(row.id, row);
  EXPECT_EQ(breached(ws), Names{});
  ws.append(transfer_of(row));
  EXPECT_EQ(breached(ws), breach) << "a second time, in a later batch";
}

TEST_F(SettlementBreach, TheFirstBalanceOfATestProjectHasNone) {
  Transfer first = transfer_of(row);
  first.request_id = {};
  ws.append(first);
  EXPECT_EQ(breached(ws), Names{});
}

TEST_F(SettlementBreach, MoreCameBackThanWasSettled) {
  succeeds(100);
  ws.append(settlement(100));
  payment().returned_amount = 100;
  EXPECT_EQ(breached(ws), Names{});
  payment().returned_amount = 101;
  EXPECT_EQ(breached(ws), breach);
}

TEST_F(Breach, ATimerAtAnotherTimeThanItSays) {
  payment().window_at = kNoon + 5s;
  EXPECT_EQ(breached(ws), Names{"due_is_earliest"}) << "nobody would fire it";
  payment().due_at = kNoon + 5s;
  EXPECT_EQ(breached(ws), Names{});
  payment().word_at = kNoon + 4s;
  EXPECT_EQ(breached(ws), Names{"due_is_earliest"});
  payment().due_at = kNoon + 4s;
  EXPECT_EQ(breached(ws), Names{});
  payment().window_at = payment().word_at = std::nullopt;
  EXPECT_EQ(breached(ws), Names{"due_is_earliest"}) << "it would be fired for ever";
}

TEST_F(Breach, AFrozenPaymentWithATimer) {
  payment().frozen = true;
  payment().due_at = payment().window_at = kNoon;
  EXPECT_EQ(breached(ws), Names{"due_is_earliest"});
  payment().due_at.reset();
  EXPECT_EQ(breached(ws), Names{});
}

TEST_F(Breach, RowsThatTheBatchOnlyReadAreNotItsBusiness) {
  const AccountId available{AccountKind::available, id.value, kzt};
  ws.accounts.put_loaded(available, Account{available, -1});
  EXPECT_EQ(breached(ws), Names{});
}

// ---- the working set
// -------------------------------------------------------------------------------

TEST(WorkingSetRules, ARowThatNobodyNamedIsNotTakenForAbsent) {
  WorkingSet ws;
  const auto id = id_of<RequestId>(1);
  EXPECT_THROW((void)ws.payments.find(id), CheckFailed);
  EXPECT_THROW((void)ws.payments.edit(id), CheckFailed);
  ws.payments.put_loaded(id, std::nullopt);
  EXPECT_EQ(ws.payments.find(id), nullptr);
  EXPECT_THROW((void)ws.payments.get(id), CheckFailed);
  EXPECT_THROW((void)ws.payments.edit(id), CheckFailed);
}

TEST(WorkingSetRules, ALoadedRowDoesNotReplaceWhatTheBatchKnows) {
  WorkingSet ws;
  const ClockId id = id_of<ClockId>(1);
  ws.clocks.put_loaded(id, TestClock{id, 5});
  ws.clocks.edit(id).offset_ms = 7;
  ws.clocks.put_loaded(id, TestClock{id, 5});
  EXPECT_EQ(ws.clocks.get(id).offset_ms, 7);
  EXPECT_THROW(ws.clocks.insert({id, 1}), CheckFailed);
}

TEST(WorkingSetRules, OnlyTouchedRowsAreChanged) {
  WorkingSet ws;
  const ClockId read = id_of<ClockId>(1), edited = id_of<ClockId>(2), added = id_of<ClockId>(3);
  ws.clocks.put_loaded(read, TestClock{read, 1});
  ws.clocks.put_loaded(edited, TestClock{edited, 1});
  ws.clocks.put_loaded(added, std::nullopt);
  const std::size_t mark = ws.mark();
  ws.clocks.edit(edited).offset_ms = 2;
  ws.clocks.insert({added, 3});
  EXPECT_FALSE(ws.clocks.entries().at(read).changed);
  EXPECT_TRUE(ws.clocks.entries().at(edited).changed);
  EXPECT_TRUE(ws.clocks.entries().at(edited).stored);
  EXPECT_TRUE(ws.clocks.entries().at(added).changed);
  EXPECT_FALSE(ws.clocks.entries().at(added).stored);
  ws.rollback(mark);
  EXPECT_FALSE(ws.clocks.entries().at(edited).changed);
  EXPECT_EQ(ws.clocks.find(added), nullptr);
}

}  // namespace
}  // namespace kassa::domain::test

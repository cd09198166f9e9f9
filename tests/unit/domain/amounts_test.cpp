// The three amounts (wire §8.4), fees, and what each change posts to the books.
#include "unit/domain/world.hpp"

#include "domain/postings.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

constexpr std::int64_t kAsked = 100'000;
constexpr std::int64_t kFee = 2'600;  // 250 basis points and 100

struct Amounts : ::testing::Test {
  World world;

  void TearDown() override { EXPECT_EQ(world.audit(), std::vector<std::string>{}); }
};

TEST_F(Amounts, AreAllEqualAtFirstAndStaySoWhenTheExactMoneyComes) {
  world.payin_in(state::requisites, kAsked).has_amounts(kAsked, kAsked, kAsked);
  world.payin_in(state::success, kAsked).has_amounts(kAsked, kAsked, kAsked);
}

TEST_F(Amounts, AnotherAmountCountsAndTheAskedOneIsTheOldOne) {
  const Payin payin = world.payin_in(state::paid, kAsked);
  payin.see(60'000).is(state::different_amount);
  payin.has_amounts(60'000, kAsked, kAsked);
}

TEST_F(Amounts, AnOperatorsResolutionSaidTwiceChangesThingsOnce) {
  const Payin payin = world.payin_in(state::paid, kAsked);
  payin.receive(60'000).is(state::success);
  payin.has_amounts(60'000, kAsked, kAsked);
  const std::size_t events = payin.events().size();
  const std::size_t transfers = world.rows.transfers.size();
  payin.receive(60'000).is(state::success);
  EXPECT_EQ(payin.events().size(), events);
  EXPECT_EQ(world.rows.transfers.size(), transfers);
}

TEST_F(Amounts, ScenarioHalfArrivesEndsWithHalfAskedAsked) {
  const Payin payin = world.test().create(100'904);
  payin.confirm().ok();
  world.wait(10s);
  payin.is(state::success).has_amounts(50'452, 100'904, 100'904);
}

TEST_F(Amounts, GrowWithFurtherMoneyWhileTheOldOneStaysWhatWasAsked) {
  const Payin payin = world.payin_in(state::paid, kAsked);
  payin.see(60'000).ok();
  payin.see(10'000).is(state::different_amount);
  payin.has_amounts(70'000, kAsked, kAsked);
  payin.see(30'000).is(state::success);
  payin.has_amounts(kAsked, kAsked, kAsked);
  EXPECT_EQ(payin.last_event().cause, Cause::money_complete);
}

TEST_F(Amounts, BeyondTheAskedOneItStaysForTheOperator) {
  const Payin payin = world.payin_in(state::paid, kAsked);
  payin.see(60'000).ok();
  payin.see(60'000).is(state::different_amount);
  payin.has_amounts(120'000, kAsked, kAsked);
  payin.receive(120'000).is(state::success);
  payin.has_amounts(120'000, kAsked, kAsked);
  EXPECT_EQ(payin.row().settled_amount, 120'000);
}

TEST_F(Amounts, ResolvedWithAThirdAmountAllThreeDiffer) {
  const Payin payin = world.payin_in(state::different_amount, kAsked);
  payin.receive(45'000).is(state::success);
  payin.has_amounts(45'000, 50'000, kAsked);
}

TEST_F(Amounts, AnAppealCountsWhatReallyCameOnce) {
  const Payin payin = world.payin_in(state::decline, kAsked);
  EXPECT_EQ(world.live().available(), 0);
  payin.receive(80'000).is(state::success);
  payin.has_amounts(80'000, kAsked, kAsked);
  EXPECT_EQ(world.live().available(), 80'000 - 2'100);
  payin.receive(80'000).is(state::success);
  EXPECT_EQ(payin.transfers().size(), 2U) << "said again, it moves nothing again";
}

TEST_F(Amounts, AnAppealWithTheAskedAmountChangesNoneOfThem) {
  const Payin payin = world.payin_in(state::decline, kAsked);
  payin.receive(kAsked).is(state::success);
  payin.has_amounts(kAsked, kAsked, kAsked);
}

TEST_F(Amounts, AnAppealOfAPayinThatNeverHadRequisitesHasNobodyToCharge) {
  const Payin payin = world.payin_in(state::requisites, kAsked);
  payin.resolve(How::decline).ok();
  payin.receive(kAsked).is_refused(RefusalCode::transition_not_allowed);
  EXPECT_TRUE(world.rows.transfers.empty());
}

TEST_F(Amounts, ACorrectionUpPostsTheDifference) {
  const Payin payin = world.payin_in(state::success, kAsked);
  payin.receive(110'000).is(state::success);
  payin.has_amounts(110'000, kAsked, kAsked);
  EXPECT_EQ(world.live().available(), 110'000 - 2'850);
  ASSERT_EQ(payin.transfers().size(), 4U);
  EXPECT_EQ(payin.transfers()[2].kind, TransferKind::correction);
  EXPECT_EQ(payin.transfers()[2].amount_minor, 10'000 - 250);
  EXPECT_EQ(payin.transfers()[3].kind, TransferKind::correction_fee);
  EXPECT_EQ(payin.transfers()[3].amount_minor, 250);
}

TEST_F(Amounts, ACorrectionDownTakesTheDifferenceBackAndEachIsNumbered) {
  const Payin payin = world.payin_in(state::success, kAsked);
  payin.receive(90'000).ok();
  payin.receive(95'000).ok();
  payin.has_amounts(95'000, 90'000, kAsked);
  EXPECT_EQ(payin.row().corrections, 2);
  std::vector<std::int32_t> numbers;
  for (const auto& transfer : payin.transfers()) numbers.push_back(transfer.correction);
  EXPECT_EQ(numbers, (std::vector<std::int32_t>{0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(payin.transfers()[2].debit.kind, AccountKind::available);
  EXPECT_EQ(payin.transfers()[3].debit.kind, AccountKind::fees);
}

TEST_F(Amounts, ACorrectionBelowTheBalanceIsRefusedAndChangesNothing) {
  const Payin payin = world.payin_in(state::success, kAsked);
  world.rows.accounts.at({AccountKind::available, world.live_id.value, kzt}).balance = 9'000;
  const Said said = payin.receive(90'000);
  said.is_refused(RefusalCode::insufficient_balance);
  EXPECT_EQ(said.refusal().current, state::success) << "a 409 says where the payment is";
  payin.is(state::success).has_amounts(kAsked, kAsked, kAsked);
  EXPECT_EQ(payin.row().corrections, 0);
  EXPECT_EQ(payin.transfers().size(), 2U);
  EXPECT_EQ(payin.last_event().to, state::success);
  EXPECT_EQ(payin.last_event().cause, Cause::exact_money);
  payin.receive(95'000).is(state::success);
  world.rows.accounts.at({AccountKind::available, world.live_id.value, kzt}).balance +=
      kAsked - kFee - 9'000;  // what was paid out above comes back, for the audit
}

TEST_F(Amounts, ACorrectionToItsOwnAmountIsNone) {
  const Payin payin = world.payin_in(state::success, kAsked);
  const std::size_t events = payin.events().size();
  payin.receive(kAsked).is(state::success);
  EXPECT_EQ(payin.events().size(), events);
}

TEST_F(Amounts, OutsideTheLimitsOfAPaymentAreRefused) {
  const Payin payin = world.payin_in(state::paid, kAsked);
  for (const std::int64_t amount : {std::int64_t{0}, std::int64_t{-1}, kAmountMinorMax + 1}) {
    payin.see(amount).is_refused(RefusalCode::validation_failed);
    payin.receive(amount).is_refused(RefusalCode::validation_failed);
  }
  payin.see(kAmountMinorMax).is(state::different_amount);
}

TEST_F(Amounts, ADeclinedDisputeMovesNoMoney) {
  const Payin payin = world.payin_in(state::different_amount, kAsked);
  payin.resolve(How::decline).is(state::decline);
  EXPECT_TRUE(world.rows.transfers.empty());
  payin.has_amounts(50'000, kAsked, kAsked);
}

// ---- postings
// ------------------------------------------------------------------------------------

TEST_F(Amounts, ASettlementTakesFromTheTraderAndGivesToTheProjectAndToUs) {
  const Payin payin = world.payin_in(state::success, kAsked);
  const auto transfers = payin.transfers();
  ASSERT_EQ(transfers.size(), 2U);
  const AccountId trader{AccountKind::trader, world.trader_id.value, kzt};
  EXPECT_EQ(transfers[0].kind, TransferKind::payin);
  EXPECT_EQ(transfers[0].debit, trader);
  EXPECT_EQ(transfers[0].credit, (AccountId{AccountKind::available, world.live_id.value, kzt}));
  EXPECT_EQ(transfers[0].amount_minor, kAsked - kFee);
  EXPECT_EQ(transfers[1].kind, TransferKind::payin_fee);
  EXPECT_EQ(transfers[1].debit, trader);
  EXPECT_EQ(transfers[1].credit, (AccountId{AccountKind::fees, world.live_id.value, kzt}));
  EXPECT_EQ(transfers[1].amount_minor, kFee);
  EXPECT_EQ(world.balance(AccountKind::trader, world.trader_id.value), -kAsked);
  EXPECT_EQ(world.live().available(), kAsked - kFee);
}

TEST_F(Amounts, TheFeeIsTheRuleOfTheDayThePaymentWasCreated) {
  const Payin payin = world.payin_in(state::paid, kAsked);
  world.live().set("fee_bp.KZT", "9000");
  payin.see(kAsked).is(state::success);
  EXPECT_EQ(payin.row().settled_fee, kFee);
}

TEST_F(Amounts, AFeeThatEatsTheWholeAmountLeavesTheMerchantNothingButNeverOwing) {
  const Payin payin = world.payin_in(state::success, 60);
  EXPECT_EQ(payin.row().settled_fee, 60);
  EXPECT_EQ(world.live().available(), 0);
  ASSERT_EQ(payin.transfers().size(), 1U);
  EXPECT_EQ(payin.transfers()[0].kind, TransferKind::payin_fee);
}

TEST_F(Amounts, CurrenciesHaveBooksOfTheirOwn) {
  world.add_requisites([](Requisites& r) { r.currency = tjs; });
  const Payin payin = world.live().create(kAsked, {.currency = tjs});
  payin.see(kAsked).is(state::success);
  EXPECT_EQ(world.live().available(tjs), kAsked) << "no fee is set for TJS";
  EXPECT_EQ(world.live().available(kzt), 0);
}

TEST_F(Amounts, AFirstDepositComesFromClearing) {
  ChangeConfig change;
  change.deposits.push_back({world.test_id, {500'000, kzt}});
  world.say(change).ok();
  EXPECT_EQ(world.test().available(), 500'000);
}

TEST(Post, RefusesWhatTheBalanceDoesNotCoverAndKeepsTheRest) {
  World world;
  WorkingSet ws;
  const AccountId available{AccountKind::available, world.live_id.value, kzt};
  const AccountId trader{AccountKind::trader, world.trader_id.value, kzt};
  ws.accounts.put_loaded(available, Account{available, 10});
  ws.accounts.put_loaded(trader, std::nullopt);
  Transfer transfer;
  transfer.kind = TransferKind::correction;
  transfer.debit = available;
  transfer.credit = trader;
  transfer.amount_minor = 11;
  EXPECT_EQ(post(ws, world.context(), transfer).error().code, RefusalCode::insufficient_balance);
  EXPECT_EQ(ws.accounts.get(available).balance, 10);
  EXPECT_TRUE(ws.transfers().empty());
  transfer.amount_minor = 10;
  EXPECT_TRUE(post(ws, world.context(), transfer).has_value());
  EXPECT_EQ(ws.accounts.get(available).balance, 0);
}

TEST(Post, StopsAtWhatCannotBe) {
  World world;
  WorkingSet ws;
  const AccountId clearing{AccountKind::clearing, world.live_id.value, kzt};
  const AccountId available{AccountKind::available, world.live_id.value, kzt};
  const auto move = [&](AccountId from, AccountId to, std::int64_t amount) {
    Transfer transfer;
    transfer.kind = TransferKind::deposit;
    transfer.debit = from;
    transfer.credit = to;
    transfer.amount_minor = amount;
    return post(ws, world.context(), transfer);
  };
  EXPECT_THROW((void)move(clearing, available, 0), CheckFailed);
  EXPECT_THROW((void)move(clearing, available, -1), CheckFailed);
  EXPECT_THROW((void)move(clearing, clearing, 1), CheckFailed);
  EXPECT_THROW((void)move(clearing, {AccountKind::available, world.live_id.value, tjs}, 1),
               CheckFailed);
  EXPECT_TRUE(ws.transfers().empty());
}

}  // namespace
}  // namespace kassa::domain::test

// What was seen (domain/notice.hpp): money finds its payin by name or by slot, late money its own
// payer, and nothing that arrived is ever ignored.
#include "domain/transition.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

using How = ResolvePayment::How;

constexpr std::int64_t kAmount = 100'000;

struct Notices : testing::Test {
  AddNotice at_card(std::int64_t amount, std::optional<Instant> at = std::nullopt) {
    AddNotice seen;
    seen.id = world.next_notice();
    seen.requisites_id = card;
    seen.currency = kzt;
    seen.amount = amount;
    seen.seen_at = at;
    return seen;
  }
  Notice kept(const AddNotice& seen) { return world.notice_of(seen.id); }
  void TearDown() override { EXPECT_EQ(world.audit(), std::vector<std::string>{}); }

  World world;
  RequisitesId card = world.add_requisites();
};

TEST_F(Notices, MoneyIsMatchedByRequisitesAmountAndMoment) {
  const Payin payin = world.live().create(kAmount);
  const AddNotice seen = at_card(kAmount);
  world.notice(seen).is(state::success);
  EXPECT_EQ(kept(seen).state, NoticeState::applied);
  EXPECT_EQ(kept(seen).request_id, payin.id());
}

TEST_F(Notices, TheSameWordsAreOneNoticeWhicheverKeyNamesThem) {
  const Payin payin = world.live().create(kAmount);
  const AddNotice seen = at_card(kAmount);
  world.notice(seen).is(state::success);
  AddNotice rotated = seen;
  rotated.id = world.next_notice();
  rotated.others = {world.next_notice(), seen.id};
  const Said again = world.notice(rotated);
  again.ok();
  const auto answer = std::get<NoticeAnswer>(again.decision().value());
  EXPECT_TRUE(answer.repeated);
  EXPECT_EQ(answer.notice.id, seen.id);
  payin.is(state::success);
  rotated.amount = kAmount + 1;
  world.notice(rotated).is_refused(RefusalCode::conflict);

  // Also when both come at once.
  AddNotice one = at_card(7);
  AddNotice two = one;
  two.id = world.next_notice();
  one.others = {two.id};
  two.others = {one.id};
  const auto both = world.batch({one, two});
  EXPECT_FALSE(std::get<NoticeAnswer>(both[0].value()).repeated);
  EXPECT_TRUE(std::get<NoticeAnswer>(both[1].value()).repeated);
}

TEST_F(Notices, AnotherAmountWaitsForAPerson) {
  const Payin payin = world.live().create(kAmount);
  const AddNotice seen = at_card(kAmount - 1);
  world.notice(seen).ok();
  EXPECT_EQ(kept(seen).state, NoticeState::waiting);
  payin.is(state::awaiting_confirm);
  world.say(AssignNotice{seen.id, payin.id(), {}}).is(state::different_amount);
  EXPECT_EQ(kept(seen).state, NoticeState::applied);
  world.say(AssignNotice{seen.id, payin.id(), {}}).is(state::different_amount);  // said again
  const Payin other = world.live().create(kAmount + 5);
  world.say(AssignNotice{seen.id, other.id(), {}}).is_refused(RefusalCode::conflict);
}

TEST_F(Notices, LateMoneyInsideItsSlotsTimeNeverSettlesAnothersPayin) {
  const Payin early = world.live().create(kAmount);
  const Instant while_early = world.now + 500s;
  world.wait(600s + 1800s);  // expired, and its slot is free again
  const Payin late = world.live().create(kAmount);
  late.is(state::awaiting_confirm);
  ASSERT_EQ(late.row().requisites_id, early.row().requisites_id);

  const AddNotice seen = at_card(kAmount, while_early);
  world.notice(seen).ok();
  EXPECT_EQ(kept(seen).request_id, early.id());
  late.is(state::awaiting_confirm);
  early.is(state::success);  // within its dispute's window
}

TEST_F(Notices, MoneyAtAMomentThatNobodyHeldWaits) {
  const Instant before = world.now - 10s;
  const Payin payin = world.live().create(kAmount);
  const AddNotice seen = at_card(kAmount, before);
  world.notice(seen).ok();
  EXPECT_EQ(kept(seen).state, NoticeState::waiting);
  payin.is(state::awaiting_confirm);
  const Instant free_from = world.now + 600s + 1800s;
  world.wait(3h);
  const AddNotice after = at_card(kAmount, free_from);
  world.notice(after).ok();
  EXPECT_EQ(kept(after).state, NoticeState::waiting) << "free from that instant on";
}

TEST_F(Notices, ASlotThatChangedHandsInThisBatchIsKnownToo) {
  const Payin early = world.live().create(kAmount);
  const Instant while_early = world.now + 1s;
  world.wait(600s + 1800s);
  const Payin late = world.live().create_only(kAmount);
  world.batch({FireTimer{late.id(), std::nullopt}, at_card(kAmount, while_early)});
  late.is(state::awaiting_confirm);
  early.is(state::success);
}

TEST_F(Notices, DoublePaymentLiesUnreadUntilSomebodyCorrects) {
  const Payin payin = world.live().create(kAmount);
  payin.see(kAmount).is(state::success);
  payin.see(kAmount).is(state::success);
  EXPECT_EQ(payin.row().unread, 1);
  payin.has_amounts(kAmount, kAmount, kAmount);
  payin.receive(2 * kAmount).is(state::success);
  payin.has_amounts(2 * kAmount, kAmount, kAmount);
  EXPECT_EQ(payin.row().unread, 0);
  EXPECT_EQ(payin.row().settled_amount, 2 * kAmount) << "with its fee computed anew";
}

TEST_F(Notices, MoneyForACancelledPayinWaitsForAnAppeal) {
  const Payin payin = world.live().create(kAmount);
  payin.cancel().is(state::decline);
  const AddNotice seen = at_card(kAmount);
  world.notice(seen).is(state::decline);
  EXPECT_EQ(kept(seen).state, NoticeState::attached);
  payin.receive(kAmount).is(state::success);
  EXPECT_EQ(kept(seen).state, NoticeState::applied);
}

TEST_F(Notices, PartsAddUp) {
  const Payin payin = world.live().create(kAmount);
  payin.see(40'000).is(state::different_amount);
  payin.see(30'000).is(state::different_amount);
  payin.has_amounts(70'000, kAmount, kAmount);
  payin.see(30'000).is(state::success);
  payin.has_amounts(kAmount, kAmount, kAmount);
}

TEST_F(Notices, MoreThanAskedStaysForTheOperator) {
  const Payin payin = world.live().create(kAmount);
  payin.see(40'000).ok();
  payin.see(70'000).is(state::different_amount);
  payin.has_amounts(110'000, kAmount, kAmount);
  payin.receive(110'000).is(state::success);
}

TEST_F(Notices, TheSameReferenceIsOneNotice) {
  const Payin payin = world.live().create(kAmount);
  const AddNotice half = world.money_for(payin.id(), 40'000);
  world.notice(half).is(state::different_amount);
  world.notice(half).is(state::different_amount);
  payin.has_amounts(40'000, kAmount, kAmount);
  const auto both = world.batch({half, half});
  EXPECT_TRUE(both[0].has_value() && both[1].has_value());
  payin.has_amounts(40'000, kAmount, kAmount);
  AddNotice other = half;
  other.amount = 50'000;
  world.notice(other).is_refused(RefusalCode::conflict);
}

TEST_F(Notices, ADisputeDoesNotEndWhileOneLiesUnread) {
  const Payin payin = world.live().create(kAmount);
  world.wait(600s);
  payin.is(state::no_payment);
  AddNotice receipt = world.money_for(payin.id(), 1);
  receipt.kind = NoticeKind::receipt;
  receipt.amount = 0;
  world.notice(receipt).is(state::no_payment);
  EXPECT_EQ(payin.row().due_at, std::nullopt);
  world.wait(100'000s);
  payin.is(state::no_payment);
  world.say(ReadNotice{receipt.id, {ActorKind::operator_, "anna"}, "a cat"}).ok();
  EXPECT_EQ(payin.row().due_at, world.now) << "then the window ends, at the earliest now";
  world.wait(0ms);
  payin.is(state::decline).says("Not paid in time");
  EXPECT_EQ(payin.row().updated_at, world.now);
  world.say(ReadNotice{receipt.id, {}, {}}).ok();  // said again
  EXPECT_EQ(payin.row().unread, 0);
}

TEST_F(Notices, ReadInTimeTheWindowEndsWhenItWouldHave) {
  const Payin payin = world.live().create(kAmount);
  world.wait(600s);
  const Instant end = *payin.row().window_at;
  AddNotice receipt = world.money_for(payin.id(), 1);
  receipt.kind = NoticeKind::receipt;
  receipt.amount = 0;
  world.notice(receipt).ok();
  world.wait(100s);
  world.say(ReadNotice{receipt.id, {}, {}}).ok();
  EXPECT_EQ(payin.row().due_at, end);
}

TEST_F(Notices, MoneyOnAnotherTradersRequisitesIsNotThisPayments) {
  const Payin payin = world.live().create(kAmount);
  const TraderId other = world.add_trader(1'000'000'000);
  const RequisitesId elsewhere = world.add_requisites([&](Requisites& r) { r.trader_id = other; });
  AddNotice seen = at_card(777);
  seen.requisites_id = elsewhere;
  world.notice(seen).ok();
  world.say(AssignNotice{seen.id, payin.id(), {}}).is_refused(RefusalCode::validation_failed);
  const RequisitesId second = world.add_requisites();
  AddNotice own = at_card(777);
  own.requisites_id = second;
  world.notice(own).ok();
  world.say(AssignNotice{own.id, payin.id(), {}}).is(state::different_amount);
}

TEST_F(Notices, WrongOnesAreRefused) {
  AddNotice seen = at_card(0);
  world.notice(seen).is_refused(RefusalCode::validation_failed);
  seen.amount = kAmountMinorMax + 1;
  world.notice(seen).is_refused(RefusalCode::validation_failed);
  seen.amount = 1;
  seen.requisites_id = id_of<RequisitesId>(404);
  world.notice(seen).is_refused(RefusalCode::not_found);
  seen.requisites_id = card;
  seen.currency = tjs;
  world.notice(seen).is_refused(RefusalCode::validation_failed);
  world.say(ReadNotice{id_of<NoticeId>(404), {}, {}}).is_refused(RefusalCode::not_found);
  world.say(AssignNotice{id_of<NoticeId>(404), {}, {}}).is_refused(RefusalCode::not_found);
  EXPECT_TRUE(world.rows.notices.empty());
}

TEST_F(Notices, MoneyCantHaveComeLaterThanNow) {
  const Payin payin = world.live().create(kAmount);
  const auto ahead = [this](Duration by) { return world.now + by; };
  world.notice(at_card(kAmount, ahead(5min + 1ms))).is_refused(RefusalCode::validation_failed);
  AddNotice named = world.money_for(payin.id(), kAmount);
  named.seen_at = ahead(5min + 1ms);
  world.notice(named).is_refused(RefusalCode::validation_failed);
  payin.is(state::awaiting_confirm);
  world.notice(at_card(kAmount, ahead(5min))).is(state::success);  // clocks differ a little
}

TEST_F(Notices, TheSameNoticeAgainSaysThatItWasKnown) {
  const Payin payin = world.live().create(kAmount);
  const AddNotice seen = world.money_for(payin.id(), kAmount / 2);
  for (const bool repeated : {false, true, true}) {
    const Said said = world.notice(seen);
    said.is(state::different_amount);
    EXPECT_EQ(std::get<NoticeAnswer>(*said.decision()).repeated, repeated);
  }
  payin.has_amounts(kAmount / 2, kAmount, kAmount);
}

TEST_F(Notices, WhatWouldBeMoreThanAnyPaymentMayHaveWaitsForAPerson) {
  const Payin payin = world.live().create(kAmount);
  payin.see(kAmountMinorMax).is(state::different_amount);
  const AddNotice more = world.money_for(payin.id(), 1);
  world.notice(more).is(state::different_amount);
  EXPECT_EQ(kept(more).state, NoticeState::attached);
  payin.has_amounts(kAmountMinorMax, kAmount, kAmount);
}

TEST_F(Notices, OfAFrozenPaymentWaitWithIt) {
  const Payin payin = world.live().create(kAmount);
  payin.freeze().ok();
  const AddNotice seen = at_card(kAmount);
  world.notice(seen).ok();
  EXPECT_EQ(kept(seen).state, NoticeState::waiting);
  payin.resume().ok();
  world.say(AssignNotice{seen.id, payin.id(), {}}).is(state::success);
}

}  // namespace
}  // namespace kassa::domain::test

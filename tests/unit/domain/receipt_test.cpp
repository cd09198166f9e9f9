// The payer shows a receipt (domain/receipt.hpp): where it is taken, what it changes, and that one
// file is one payment's receipt.
#include "domain/transition.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

struct Receipts : testing::Test {
  /// A file that nobody has seen yet.
  static AddReceipt file(RequestId id, std::uint64_t n) {
    AddReceipt shown;
    shown.request_id = id;
    shown.id = id_of<NoticeId>(0xF000'0000 + n);
    shown.kind = ReceiptKind::png;
    shown.size = 1'000;
    shown.content.key_id = 1;
    shown.content.hash[0] = static_cast<std::uint8_t>(n);
    shown.file = id_of<ReceiptFileId>(0xF100'0000 + n);
    return shown;
  }
  Said show(const Payin& payin, std::uint64_t n) { return world.say(file(payin.id(), n)); }
  static const ReceiptAnswer& answer(const Said& said) {
    return std::get<ReceiptAnswer>(*said.decision());
  }
  void TearDown() override { EXPECT_EQ(world.audit(), std::vector<std::string>{}); }

  World world;
  RequisitesId card = world.add_requisites();
};

TEST_F(Receipts, AreTakenWhereTheMoneyWasNotFoundAndRefusedElsewhere) {
  std::uint64_t n = 1;
  for (const State taking : {state::awaiting_confirm, state::paid, state::no_payment,
                             state::confirm_timeout, state::different_amount}) {
    SCOPED_TRACE(text(taking));
    const Payin payin = world.payin_in(taking, 100'000 + static_cast<std::int64_t>(n));
    show(payin, n++).ok();
    EXPECT_EQ(payin.row().unread, 1);
    payin.is(taking == state::no_payment ? state::confirm_timeout : taking);
  }
  for (const State refusing : {state::requisites, state::success, state::error}) {
    SCOPED_TRACE(text(refusing));
    const Payin payin = world.payin_in(refusing, 100'000 + static_cast<std::int64_t>(n));
    show(payin, n++).is_refused(RefusalCode::transition_not_allowed);
    EXPECT_EQ(payin.row().receipts, 0);
  }
}

TEST_F(Receipts, OfADeclinedPayinAreTakenOnlyWhereThePayerWasToldWhomToPay) {
  const Payin told = world.live().create(100'000);
  told.cancel().is(state::decline);
  show(told, 1).is(state::decline);
  const Payin never_told = world.live().create_only(100'001);
  never_told.cancel().is(state::decline);
  show(never_told, 2).is_refused(RefusalCode::transition_not_allowed);
  // An appeal reads it.
  told.receive(100'000).is(state::success);
  EXPECT_EQ(world.notice_of(file(told.id(), 1).id).state, NoticeState::applied);
}

TEST_F(Receipts, OfAPayoutThereAreNone) {
  world.add_payer();
  const Payout payout = world.payout_in(state::payout_process);
  show(payout, 1).is_refused(RefusalCode::transition_not_allowed);
}

TEST_F(Receipts, LeadADisputeToAPersonByThePayersHand) {
  const Payin payin = world.payin_in(state::no_payment);
  const Said said = show(payin, 1);
  said.is(state::confirm_timeout);
  EXPECT_TRUE(answer(said).created);
  EXPECT_EQ(answer(said).receipt.number, 1);
  EXPECT_EQ(payin.last_event().cause, Cause::receipt);
  EXPECT_EQ(payin.last_event().actor.kind, ActorKind::payer);
  const Notice notice = world.notice_of(file(payin.id(), 1).id);
  EXPECT_EQ(notice.state, NoticeState::attached);
  EXPECT_EQ(notice.kind, NoticeKind::receipt);
  EXPECT_EQ(notice.amount, 0);
}

TEST_F(Receipts, ADueTimerCountsFirst) {
  const Payin payin = world.live().create(100'000);
  world.let_pass(600s);
  show(payin, 1).is(state::confirm_timeout);
  const auto events = payin.events();
  ASSERT_GE(events.size(), 3U);
  EXPECT_EQ(events[events.size() - 3].cause, Cause::not_paid);
  EXPECT_EQ(events[events.size() - 2].cause, Cause::noticed);
}

TEST_F(Receipts, ShownBeforeTheTimeIsOverHoldTheDisputesWindow) {
  const Payin payin = world.live().create(100'000);
  show(payin, 1).is(state::awaiting_confirm);
  world.wait(600s);
  payin.is(state::no_payment);
  world.wait(2 * 86'400s);
  payin.is(state::no_payment);
  world.say(ReadNotice{file(payin.id(), 1).id, {ActorKind::operator_, "anna"}, "a cat"}).ok();
  world.wait(1s);
  payin.is(state::decline);
}

TEST_F(Receipts, TheSameFileAgainChangesNothing) {
  const Payin payin = world.live().create(100'000);
  show(payin, 1).ok();
  const auto events = payin.events().size();
  AddReceipt again = file(payin.id(), 1);
  again.file = id_of<ReceiptFileId>(0x77);
  const Said said = world.say(again);
  said.ok();
  EXPECT_FALSE(answer(said).created);
  EXPECT_EQ(answer(said).receipt.file, file(payin.id(), 1).file) << "the first one's place";
  EXPECT_EQ(payin.events().size(), events);
  EXPECT_EQ(payin.row().unread, 1);
}

TEST_F(Receipts, AnotherPaymentsFileIsRefusedAlsoWithinABatchAndByARetiredKey) {
  const Payin one = world.live().create(100'000);
  const Payin two = world.live().create(100'001);
  const auto decisions = world.batch({file(one.id(), 1), file(two.id(), 1)});
  EXPECT_TRUE(decisions[0].has_value());
  ASSERT_FALSE(decisions[1].has_value());
  EXPECT_EQ(decisions[1].error().code, RefusalCode::conflict);
  AddReceipt rotated = file(two.id(), 2);
  rotated.others = {file(one.id(), 1).id};
  world.say(rotated).is_refused(RefusalCode::conflict);
  EXPECT_EQ(two.row().receipts, 0);
}

TEST_F(Receipts, AreFiveAtMost) {
  const Payin payin = world.live().create(100'000);
  for (std::uint64_t n = 1; n <= 5; ++n) show(payin, n).ok();
  EXPECT_EQ(world.rows.receipts.at(file(payin.id(), 5).id).number, 5);
  show(payin, 6).is_refused(RefusalCode::conflict);
  show(payin, 5).ok();  // said again
  EXPECT_EQ(payin.row().receipts, 5);
}

TEST_F(Receipts, WhoLookedAtOneIsRememberedAndItStaysUnread) {
  const Payin payin = world.live().create(100'000);
  show(payin, 1).ok();
  const Actor anna{ActorKind::operator_, "anna"};
  world.say(ShowReceipt{payin.id(), 1, anna}).is(state::awaiting_confirm);
  EXPECT_EQ(payin.last_event().cause, Cause::shown);
  EXPECT_EQ(payin.last_event().actor.name, "anna");
  EXPECT_EQ(payin.last_event().reason, "receipt 1");
  EXPECT_EQ(payin.row().unread, 1);
  for (const std::int32_t number : {0, 2}) {
    world.say(ShowReceipt{payin.id(), number, anna}).is_refused(RefusalCode::not_found);
  }
  world.say(ShowReceipt{id_of<RequestId>(0xDEAD), 1, anna})
      .is_refused(RefusalCode::payment_not_found);
}

TEST_F(Receipts, WithoutAKeptFileNothingIsTaken) {
  const Payin payin = world.live().create(100'000);
  AddReceipt shown = file(payin.id(), 1);
  shown.file = {};
  world.say(shown).is_refused(RefusalCode::unavailable);
  EXPECT_EQ(payin.row().receipts, 0);
}

}  // namespace
}  // namespace kassa::domain::test

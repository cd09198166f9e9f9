// A widget's payment until its payer has chosen (wire §7). What comes after is a payin's life; the
// stories are in tests/scenarios/widgets.txt.
#include "domain/methods.hpp"
#include "domain/transition.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

const Ask kWidget{.kind = PaymentKind::widget};

TEST(WidgetMethods, StandForMethods) {
  EXPECT_EQ(method_of_widget_method("payin-p2p-card"), "card-p2p");
  EXPECT_EQ(method_of_widget_method("payin-p2p-card-international"), "international-card-p2p");
  EXPECT_EQ(method_of_widget_method("payin-qr-link-p2p"), "qr-link-p2p");
  EXPECT_EQ(method_of_widget_method("card-p2p"), std::nullopt);
}

TEST(Widget, IsLookedForByNobodyBeforeTheChoice) {
  World world;
  world.add_requisites();
  const Payin widget = world.live().create(100'000, kWidget);
  widget.is(state::requisites);
  EXPECT_EQ(widget.row().assign_at, std::nullopt);
  EXPECT_EQ(widget.row().window_at, widget.row().expires_at);
  EXPECT_EQ(widget.row().method, "");
}

TEST(Widget, APreselectedMethodIsNoChoice) {
  World world;
  world.add_requisites();
  const Payin widget = world.live().create(
      100'000, {.kind = PaymentKind::widget, .widget_method = "payin-p2p-card"});
  EXPECT_EQ(widget.row().method, "card-p2p");
  EXPECT_EQ(widget.row().widget_method, "payin-p2p-card");
  EXPECT_EQ(widget.row().assign_at, std::nullopt);
  world.wait(60s);
  widget.is(state::requisites);
}

TEST(Widget, TheChoiceIsWrittenDownWithWhoMadeIt) {
  World world;
  const Payin widget = world.live().create(100'000, kWidget);
  world.wait(10s);
  widget.choose("payin-p2p-card", "kaspi-kzt").ok();
  const PaymentEvent event = widget.last_event();
  EXPECT_EQ(event.cause, Cause::chosen);
  EXPECT_EQ(event.actor.kind, ActorKind::payer);
  EXPECT_EQ(event.reason, "payin-p2p-card, kaspi-kzt");
  EXPECT_EQ(event.method, "card-p2p");
  EXPECT_EQ(event.widget_method, "payin-p2p-card");
  EXPECT_EQ(event.at, world.now);
  EXPECT_FALSE(event.callback) << "the state is still the one that the create answered";
  EXPECT_EQ(widget.row().window_at, world.now + 120s);
}

TEST(Widget, AMindThatChangesWithoutEndIsRefused) {
  World world;
  const Payin widget = world.live().create(100'000, kWidget);
  int taken = 0;
  while (widget.choose(taken % 2 == 0 ? "payin-p2p-card" : "payin-p2p-phone").accepted()) {
    ASSERT_LT(++taken, 100);
  }
  EXPECT_EQ(taken, 98) << "a hundred events, the two of the create among them";
}

TEST(Widget, AFrozenOneIsNotChosenFor) {
  World world;
  const Payin widget = world.live().create(100'000, kWidget);
  widget.freeze().ok();
  widget.choose("payin-p2p-card").is_refused(RefusalCode::unavailable);
  widget.resume().ok();
  widget.choose("payin-p2p-card").ok();
}

TEST(Widget, SentBackByAnOperatorItKeepsItsChoiceOrStillWaitsForOne) {
  World world;
  world.test().set("window.error_s", "3600");
  const Payin unchosen = world.test().create(10'907, kWidget);
  const Payin chosen = world.test().create(10'907, kWidget);
  chosen.choose("payin-p2p-card").ok();
  world.wait(1s);
  unchosen.is(state::error).resolve(ResolvePayment::How::retry).is(state::requisites);
  chosen.is(state::error).resolve(ResolvePayment::How::retry).is(state::requisites);
  EXPECT_EQ(unchosen.row().window_at, unchosen.row().expires_at);
  EXPECT_EQ(chosen.row().window_at, world.now + 120s);
}

/// A search that was due when the payer chose something else: what it had loaded was for the old
/// choice.
TEST(Widget, ASearchOfTheSameBatchGoesByTheNewChoice) {
  World world;
  const auto kaspi = world.add_requisites();
  const auto halyk = world.add_requisites([](Requisites& r) { r.bank_symbol = "halyk-kzt"; });
  const Payin widget = world.live().create(100'000, kWidget);
  widget.choose("payin-p2p-card", "kaspi-kzt").ok();
  world.batch({FireTimer{widget.id(), std::nullopt}});
  EXPECT_EQ(widget.row().requisites_id, kaspi);

  const Payin other = world.live().create(100'000, kWidget);
  other.choose("payin-p2p-card", "kaspi-kzt").ok();
  const auto decisions = world.batch({ChooseMethod{other.id(), "payin-p2p-card", "halyk-kzt"},
                                      FireTimer{other.id(), std::nullopt}});
  EXPECT_TRUE(decisions[0].has_value());
  EXPECT_EQ(other.row().requisites_id, halyk);
  EXPECT_EQ(world.audit(), std::vector<std::string>{});
}

}  // namespace
}  // namespace kassa::domain::test

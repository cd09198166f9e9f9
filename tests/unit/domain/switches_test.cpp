// Kill switches and draining: no new payments of what is off, and nothing else changes.
#include <gtest/gtest.h>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

class Switches : public testing::Test {
 protected:
  void flip(const std::string& what, const std::string& state) {
    world.set({"switch", what, "state"}, state);
  }

  World world;
};

TEST_F(Switches, PayinsOffRefuseNewOnesAndNothingElse) {
  world.add_requisites();
  const Ask ask{.payment_id = "accepted"};
  const auto payin = world.live().create(100'000, ask);
  flip("payins", "off");
  world.live().try_create(5'000).is_refused(RefusalCode::unavailable);
  world.test().try_create(5'000).is_refused(RefusalCode::unavailable);
  EXPECT_TRUE(world.live().try_create(100'000, ask).accepted()) << "the same call again";
  payin.confirm().is(state::paid);
  world.live().deposit(50'000);
  EXPECT_TRUE(world.say(world.live().asking_payout(1'000)).accepted());
  flip("payins", "on");
  EXPECT_TRUE(world.live().try_create(5'000).accepted());
}

TEST_F(Switches, PayoutsOffRefuseNewPayoutsOnly) {
  world.live().deposit(50'000);
  flip("payouts", "off");
  world.say(world.live().asking_payout(1'000)).is_refused(RefusalCode::unavailable);
  EXPECT_EQ(world.live().locked(), 0);
  EXPECT_TRUE(world.live().try_create(5'000).accepted());
}

TEST_F(Switches, AMethodThatIsOffIsRefusedEvenIfItWasValidatedBefore) {
  flip("method.card-p2p", "off");
  world.live().try_create(5'000).is_refused(RefusalCode::validation_failed);
}

TEST_F(Switches, RequisitesAtABankThatIsOffAreGivenToNobody) {
  world.remove_requisites();
  world.add_requisites();  // at Kaspi
  flip("bank.kaspi-kzt", "off");
  const auto payin = world.live().create(1'000);
  payin.is(state::requisites);
  const auto halyk = world.add_requisites([](Requisites& r) { r.bank_symbol = "halyk-kzt"; });
  EXPECT_EQ(world.live().create(2'000).row().requisites_id, halyk);
  flip("bank.kaspi-kzt", "on");
  EXPECT_TRUE(world.live().create(3'000).row().requisites_id.value != Uuid{});
}

TEST_F(Switches, DrainingRefusesWhatIsNewAndAnswersWhatWasAccepted) {
  world.add_requisites();
  const Ask ask{.payment_id = "accepted"};
  const auto payin = world.live().create(100'000, ask);
  world.live().deposit(50'000);
  world.draining = true;
  world.live().try_create(5'000).is_refused(RefusalCode::unavailable);
  world.say(world.live().asking_payout(1'000)).is_refused(RefusalCode::unavailable);
  EXPECT_TRUE(world.live().try_create(100'000, ask).accepted());
  payin.confirm().is(state::paid);
}

TEST_F(Switches, WhatIsTakenOnlyAgainMakesNoPaymentAndAnswersTheSameCreate) {
  CreatePayout create = world.live().asking_payout(1'000, {.payment_id = "again"});
  create.only_again = true;
  world.say(create).is_refused(RefusalCode::payment_not_found);
  create.only_again = false;
  world.say(create).ok();
  create.only_again = true;
  create.content_too.push_back(create.content);
  create.content.hash[0] ^= 1;
  EXPECT_TRUE(world.say(create).accepted()) << "known by another reading of it";
  create.content_too.clear();
  world.say(create).is_refused(RefusalCode::payment_id_conflict);
}

TEST_F(Switches, OfWhatDoesNotExistAreNoSettings) {
  auto settings = world.config->settings;
  settings[{"switch", "everything", "state"}] = "off";
  EXPECT_FALSE(build_config(settings, 2).has_value());
  settings = world.config->settings;
  settings[{"switch", "payins", "state"}] = "maybe";
  EXPECT_FALSE(build_config(settings, 2).has_value());
}

TEST_F(Switches, KeepWhoFlippedThemLastAndWhy) {
  flip("payouts", "off");
  world.set({"switch", "payouts", "by"}, "anna");
  world.set({"switch", "payouts", "at"}, "1749988800");
  world.set({"switch", "payouts", "why"}, "the bank is down");
  const Switch& one = world.config->switches.at("payouts");
  EXPECT_FALSE(one.on);
  EXPECT_EQ(one.by, "anna");
  EXPECT_EQ(one.at_s, 1'749'988'800);
  EXPECT_EQ(one.why, "the bank is down");
}

}  // namespace
}  // namespace kassa::domain::test

// The small types: money, fees, identifiers, masks, times, names; and the configuration.
#include <algorithm>
#include <cctype>
#include <limits>

#include "domain/config.hpp"
#include "domain/masks.hpp"
#include "domain/secret.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

// ---- money
// ---------------------------------------------------------------------------------------

TEST(MoneyRules, ACurrencyIsThreeCapitalLetters) {
  EXPECT_EQ(Currency::parse("KZT")->text(), "KZT");
  for (const auto* text : {"", "KZ", "KZTT", "kzt", "KZ1", "К"}) {
    EXPECT_EQ(Currency::parse(text), std::nullopt) << text;
  }
}

TEST(MoneyRules, SumsOfTwoCurrenciesOrPast64BitsCannotBe) {
  constexpr std::int64_t max = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ((Money{5, kzt} + Money{7, kzt}), (Money{12, kzt}));
  EXPECT_EQ((Money{5, kzt} - Money{7, kzt}), (Money{-2, kzt}));
  EXPECT_THROW((void)(Money{1, kzt} + Money{1, tjs}), CheckFailed);
  EXPECT_THROW((void)(Money{1, kzt} - Money{1, tjs}), CheckFailed);
  EXPECT_THROW((void)(Money{max, kzt} + Money{1, kzt}), CheckFailed);
  EXPECT_THROW((void)(Money{-max, kzt} - Money{2, kzt}), CheckFailed);
  EXPECT_EQ(checked_add(max, -1), max - 1);
  EXPECT_THROW((void)checked_add(-max, -2), CheckFailed);
}

TEST(MoneyRules, FeesAreRoundedHalfToEvenAndNeverAboveTheAmount) {
  const auto fee = [](std::int64_t amount, FeeRule rule) {
    return fee_of({amount, kzt}, rule).minor;
  };
  EXPECT_EQ(fee(10'000, {250, 0}), 250);
  EXPECT_EQ(fee(50, {100, 0}), 0) << "a half, to even";
  EXPECT_EQ(fee(150, {100, 0}), 2) << "one and a half, to even";
  EXPECT_EQ(fee(250, {100, 0}), 2) << "two and a half, to even";
  EXPECT_EQ(fee(251, {100, 0}), 3);
  EXPECT_EQ(fee(249, {100, 0}), 2);
  EXPECT_EQ(fee(100, {0, 30}), 30);
  EXPECT_EQ(fee(20, {0, 30}), 20);
  EXPECT_EQ(fee(20, {10'000, 30}), 20);
  EXPECT_EQ(fee(kAmountMinorMax, {10'000, 0}), kAmountMinorMax);
  EXPECT_THROW((void)fee(-1, {}), CheckFailed);
  EXPECT_THROW((void)fee(1, {10'001, 0}), CheckFailed);
  EXPECT_THROW((void)fee(1, {0, -1}), CheckFailed);
}

// ---- identifiers
// -----------------------------------------------------------------------------------

TEST(UuidRules, TheTextIsReadBackInEitherLetterCase) {
  const std::string text = "0197a3b4-c5d6-7e8f-9a0b-1c2d3e4f5061";
  EXPECT_EQ(Uuid::parse(text)->text(), text);
  std::string capitals = text;
  std::ranges::transform(capitals, capitals.begin(),
                         [](unsigned char c) { return std::toupper(c); });
  EXPECT_EQ(Uuid::parse(capitals)->text(), text);
}

TEST(UuidRules, AnythingElseIsNone) {
  for (const auto* text :
       {"", "0197a3b4c5d67e8f9a0b1c2d3e4f5061", "0197a3b4-c5d6-7e8f-9a0b-1c2d3e4f506",
        "0197a3b4-c5d6-7e8f-9a0b-1c2d3e4f50611", "0197a3b4-c5d6-7e8f-9a0b-1c2d3e4f506g",
        "0197a3b4+c5d6-7e8f-9a0b-1c2d3e4f5061", "{197a3b4-c5d6-7e8f-9a0b-1c2d3e4f506}"}) {
    EXPECT_EQ(Uuid::parse(text), std::nullopt) << text;
  }
}

TEST(UuidRules, Version7IsOrderedByItsTime) {
  std::array<std::uint8_t, 10> high{}, low{};
  high.fill(0xFF);
  const std::int64_t at = 1'749'988'800'123;
  const Uuid earlier = make_uuid_v7(at, high), later = make_uuid_v7(at + 1, low);
  EXPECT_LT(earlier, later);
  EXPECT_LT(earlier.text(), later.text());
  for (const Uuid& uuid : {earlier, later}) {
    EXPECT_EQ(uuid.text()[14], '7');
    EXPECT_NE(std::string("89ab").find(uuid.text()[19]), std::string::npos);
  }
  EXPECT_EQ(earlier.text().substr(0, 13), "01977375-f67b") << "48 bits of milliseconds";
  EXPECT_TRUE(Uuid{}.is_nil());
  EXPECT_FALSE(earlier.is_nil());
}

template <class T>
concept printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(SecretRules, IsReadByOneVisibleWordOnly) {
  const Secret<std::string> secret("4850788018041726");
  EXPECT_EQ(secret.reveal().size(), 16U);
  static_assert(printable<std::string> && !printable<Secret<std::string>>);
}

// ---- masks (wire §5.3)
// -----------------------------------------------------------------------------

TEST(Masks, OfCardsKeepFiveAndFour) {
  EXPECT_EQ(mask_card("4850788018041726"), "48507****1726");
  EXPECT_EQ(mask_card("1234567890123"), "12345****0123");
  EXPECT_EQ(mask_card("123456789012"), "****") << "under 13";
  EXPECT_EQ(mask_card(""), "****");
  EXPECT_EQ(mask_card(std::string(32, '7')), "77777****7777");
}

TEST(Masks, OfCardsInWidgetsKeepFourAndFour) {
  EXPECT_EQ(mask_card_for_widget("2202200000006980"), "2202****6980");
  EXPECT_EQ(mask_card_for_widget("220220000000"), "****");
}

TEST(Masks, OfPhonesKeepFiveAndTwo) {
  EXPECT_EQ(mask_phone("+77001234567"), "+7700****67");
  EXPECT_EQ(mask_phone("+992927000000"), "+9929****00");
  EXPECT_EQ(mask_phone("+7700"), "****");
}

TEST(Masks, OfHoldersGoByTheirLengthInCodePoints) {
  EXPECT_EQ(mask_holder("Erik Ackerman"), "Erik****rman");
  EXPECT_EQ(mask_holder("abcdefghijkl"), "abcd****ijkl");
  EXPECT_EQ(mask_holder("abcdefghijk"), "a****k");
  EXPECT_EQ(mask_holder("abcdef"), "a****f");
  EXPECT_EQ(mask_holder("abcde"), "****");
  EXPECT_EQ(mask_holder(""), "****");
}

TEST(Masks, CountCyrillicLettersNotTheirBytes) {
  EXPECT_EQ(mask_holder("Пётр Ломоносов"), "Пётр****осов");
  EXPECT_EQ(mask_holder("Юрий Ильин"), "Ю****н");
  EXPECT_EQ(mask_holder("Алиса"), "****") << "ten bytes, five letters";
  EXPECT_EQ(mask_holder("Алисия"), "А****я");
}

// ---- names
// -----------------------------------------------------------------------------------------

TEST(Names, OfStatesAreTheWires) {
  EXPECT_EQ(text(state::awaiting_confirm), "processing:awaiting_confirm");
  EXPECT_EQ(text(state::different_amount), "dispute:different_amount");
  EXPECT_EQ(text(state::payout_process), "processing:payout_process");
  EXPECT_EQ(text(state::success), "success");
  EXPECT_EQ(text(state::error), "error");
  EXPECT_EQ(wire_name(PaymentKind::widget), "payin");
  EXPECT_EQ(wire_name(PaymentKind::payout), "payout");
}

TEST(Names, OfCausesAreAllDifferent) {
  std::set<std::string_view> names;
  int causes = 0;
  for (int number = 1; number <= static_cast<int>(Cause::chosen); ++number) {
    const auto text = name(static_cast<Cause>(number));
    if (text == "unknown") continue;
    ++causes;
    EXPECT_TRUE(names.insert(text).second) << text;
  }
  const int notes = static_cast<int>(Cause::chosen) - static_cast<int>(Cause::refused_command) + 1;
  EXPECT_EQ(causes, static_cast<int>(kLastEdgeCause) + notes);
}

TEST(Times, AreWholeSecondsOnTheWire) {
  EXPECT_EQ(unix_seconds(instant_of_ms(1'999)), 1);
  EXPECT_EQ(unix_seconds(instant_of_ms(-1)), -1);
  EXPECT_EQ(floor_to_second(instant_of_ms(1'999)), instant_of_ms(1'000));
  EXPECT_EQ(unix_ms(instant_of_ms(1'999)), 1'999);
}

// ---- configuration
// ---------------------------------------------------------------------------------

struct Settings : ::testing::Test {
  World world;
  std::map<SettingId, std::string> all =
      ordinary_settings(world.live_id, world.test_id, world.trader_id);
  const std::string live = world.live_id.text();

  std::string wrong(const SettingId& id, const std::string& value) {
    auto changed = all;
    changed[id] = value;
    const auto built = build_config(changed, 2);
    if (built) return "nothing wrong";
    return built.error().id.name + ": " + built.error().message;
  }
};

TEST_F(Settings, BuildWhatTheySay) {
  all[{"project", live, "window.slot_s"}] = "7";
  all[{"project", live, "pool.extra_param.gold"}] = "vip";
  all[{"project", live, "callback.algorithm"}] = "HMAC-SHA512";
  all[{"project", live, "payin_methods.TJS"}] = "phone-p2p";
  const auto config = build_config(all, 2);
  ASSERT_TRUE(config.has_value());
  const Project& project = *config->project(world.live_id);
  EXPECT_EQ(config->version, 2);
  EXPECT_FALSE(project.test);
  EXPECT_TRUE(project.clock().is_nil());
  EXPECT_EQ(project.windows.slot_s, 7);
  EXPECT_EQ(project.windows.no_payment_s, 86'400);
  EXPECT_EQ(project.pool_by_extra_param.at("gold"), "vip");
  EXPECT_EQ(project.callback_algorithm, CallbackAlgorithm::hmac_sha512);
  EXPECT_EQ(project.currencies.at(kzt).payin_fee, (FeeRule{250, 100}));
  EXPECT_EQ(project.currencies.at(kzt).payin_methods, (words_of("card-p2p phone-p2p")));
  EXPECT_EQ(project.currencies.at(tjs).payin_methods, words_of("phone-p2p"));
  const Project& test = *config->project(world.test_id);
  EXPECT_TRUE(test.test);
  EXPECT_EQ(test.windows.no_payment_s, 600) << "the default of test mode";
  EXPECT_EQ(test.clock().value, world.test_id.value);
  EXPECT_EQ(config->project(id_of<ProjectId>(404)), nullptr);
}

TEST_F(Settings, AreRefusedByName) {
  EXPECT_EQ(wrong({"project", live, "window.error_s"}, "0"),
            "window.error_s: must be a whole number from 1 to 31536000");
  EXPECT_EQ(wrong({"project", live, "window.error_s"}, "1.5").substr(0, 15), "window.error_s:");
  EXPECT_EQ(wrong({"project", live, "window.errors"}, "1"),
            "window.errors: is not a setting of project");
  EXPECT_EQ(wrong({"prject", live, "name"}, "x"), "name: is not a setting of prject");
  EXPECT_EQ(wrong({"project", live, "mode"}, "demo"), "mode: must be test or live");
  EXPECT_EQ(wrong({"project", "not-a-uuid", "name"}, "x"), "name: must be a UUID");
  EXPECT_EQ(wrong({"project", live, "fee_bp.KZT"}, "10001"),
            "fee_bp.KZT: must be a whole number from 0 to 10000");
  EXPECT_EQ(wrong({"project", live, "fee_bp.kzt"}, "1"),
            "fee_bp.kzt: must name a currency by three capital letters");
  EXPECT_EQ(wrong({"project", live, "fee_bp."}, "1"), "fee_bp.: is not a setting of project");
  EXPECT_EQ(wrong({"project", live, "merchant"}, id_of<MerchantId>(404).text()),
            "merchant: must name a known merchant");
  EXPECT_EQ(wrong({"project", live, "currencies"}, "KZT USD"),
            "currencies: names USD, which has no settings of kind currency");
  EXPECT_EQ(wrong({"keyset", id_of<KeySetId>(5).text(), "project"}, id_of<ProjectId>(404).text()),
            "project: must name a known project");
  EXPECT_EQ(wrong({"trader", world.trader_id.text(), "credit.KZT"}, "unlimited"),
            "mode: unlimited credit is for test traders only");
}

TEST_F(Settings, ACurrencyIsEnabledByItsListAloneNotByItsFee) {
  all[{"project", live, "currencies"}] = "KZT";
  all[{"project", live, "fee_bp.TJS"}] = "100";
  const auto config = build_config(all, 2);
  ASSERT_TRUE(config.has_value());
  EXPECT_TRUE(config->project(world.live_id)->currencies.contains(kzt));
  EXPECT_FALSE(config->project(world.live_id)->currencies.contains(tjs));
}

TEST_F(Settings, EachIsDocumented) {
  ASSERT_GT(setting_docs().size(), 40U);
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const SettingDoc& doc : setting_docs()) {
    EXPECT_FALSE(doc.form.empty()) << doc.name;
    EXPECT_TRUE(doc.meaning.ends_with('.') || doc.meaning.ends_with(')')) << doc.name;
    EXPECT_TRUE(seen.emplace(doc.kind, doc.name).second) << doc.name;
  }
}

TEST_F(Settings, AreWordsBetweenSpaces) {
  EXPECT_EQ(words_of("  a bc  d "), (std::vector<std::string>{"a", "bc", "d"}));
  EXPECT_TRUE(words_of("   ").empty());
}

// ---- changing it
// -------------------------------------------------------------------------------------

TEST(ChangingConfig, IsAllOrNothing) {
  World world;
  ChangeConfig change;
  change.settings = {{{"project", world.live_id.text(), "name"}, "Renamed"},
                     {{"project", world.live_id.text(), "state"}, "asleep"}};
  const Said said = world.say(change);
  said.is_refused(RefusalCode::validation_failed);
  EXPECT_EQ(said.refusal().message,
            "project " + world.live_id.text() + " state: must be active or suspended");
  EXPECT_EQ(world.config->version, 1);
}

TEST(ChangingConfig, LaterCommandsOfTheBatchDecideByIt) {
  World world;
  ChangeConfig suspend;
  suspend.settings = {{{"project", world.live_id.text(), "state"}, "suspended"}};
  const auto decisions = world.batch({world.live().asking(1), suspend, world.live().asking(2)});
  EXPECT_TRUE(decisions[0].has_value());
  EXPECT_EQ(decisions[2].error().code, RefusalCode::project_not_active);
  EXPECT_EQ(world.config->version, 2);
}

TEST(ChangingConfig, WhatWasPreparedIsTakenUnlessAnotherChangeCameFirst) {
  World world;
  const auto naming = [&](const char* name) {
    ChangeConfig change;
    change.settings = {{{"project", world.live_id.text(), "name"}, name}};
    prepare(change, *world.config);
    return change;
  };
  const ChangeConfig alone = naming("alone");
  world.say(alone).ok();
  EXPECT_EQ(world.config, alone.prepared->result.value()) << "nothing is built again";

  const ChangeConfig first = naming("first");
  ChangeConfig second;
  second.settings = {{{"project", world.live_id.text(), "state"}, "suspended"}};
  prepare(second, *world.config);
  world.batch({first, second});
  EXPECT_EQ(world.config->version, 4);
  EXPECT_EQ(world.config->project(world.live_id)->name, "first") << "the second one takes both in";
  EXPECT_FALSE(world.config->project(world.live_id)->active);

  ChangeConfig wrong = naming("wrong");
  wrong.must_be_new = {{"project", world.live_id.text(), "mode"}};
  prepare(wrong, *world.config);
  world.say(wrong).is_refused(RefusalCode::validation_failed);
  EXPECT_EQ(world.config->version, 4);
}

TEST(ChangingConfig, ADeletedSettingGoesBackToItsDefault) {
  World world;
  const SettingId id{"project", world.live_id.text(), "window.error_s"};
  world.set(id, "7");
  EXPECT_EQ(world.config->project(world.live_id)->windows.error_s, 7);
  world.set(id, std::nullopt);
  EXPECT_EQ(world.config->project(world.live_id)->windows.error_s, 60);
}

TEST(ChangingConfig, WhatMustBeNewMayNotExist) {
  World world;
  ChangeConfig change;
  change.must_be_new = {{"project", world.live_id.text(), "mode"}};
  world.say(change).is_refused(RefusalCode::validation_failed);
}

TEST(ChangingConfig, TestMoneyNeverBecomesLiveMoney) {
  World world;
  const auto change = [&](const char* kind, const std::string& id,
                          std::optional<std::string> mode) {
    ChangeConfig changing;
    changing.settings = {{{kind, id, "mode"}, std::move(mode)}};
    return world.say(changing);
  };
  const auto refused = RefusalCode::validation_failed;
  change("project", world.test_id.text(), "live").is_refused(refused);
  change("project", world.test_id.text(), std::nullopt).is_refused(refused);
  change("project", world.live_id.text(), "test").is_refused(refused);
  change("trader", world.trader_id.text(), "test").is_refused(refused);
  change("project", world.test_id.text(), "test").ok();
}

}  // namespace
}  // namespace kassa::domain::test

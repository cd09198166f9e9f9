// The requisites that simulated traders make: nobody's real numbers, in the currency's form,
// sealed.
#include <regex>
#include <set>

#include "domain/details.hpp"
#include "engine/number_hash.hpp"
#include "ops/catalog.hpp"
#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

/// As ISO/IEC 7812 has it: the sum is a multiple of ten for every real card.
bool passes_luhn(const std::string& digits) {
  int sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) value = value * 2 / 10 + value * 2 % 10;
    sum += value;
  }
  return sum % 10 == 0;
}

class SimulatedTradersTest : public testing::Test {
 protected:
  SimulatedTradersTest() : ring_(*ops::KeyRing::create(directory_ / "keys.toml", kNoon)) {
    auto built = domain::build_config(*ops::parse_catalog(ops::built_in_catalog()), 1);
    KASSA_CHECK(built.has_value(), "the catalog does not build");
    config_ = std::move(*built);
    payin_.project_id = id_of<ProjectId>(0x22);
    payin_.request_id = id_of<RequestId>(0xA1);
  }

  /// Requisites for this payin, and what they hide.
  std::pair<domain::Requisites, domain::RequisitesDetails> make(const std::string& currency,
                                                                const std::string& method) {
    payin_.currency = *domain::Currency::parse(currency);
    payin_.method = method;
    const auto made = traders_.simulated_requisites(payin_, config_, kNoon);
    const auto opened =
        ring_.open(domain::kRequisitesDetailsTable, made.id.value.bytes, made.details);
    KASSA_CHECK(opened.has_value(), "the details do not open with their ring");
    return {made, domain::decode_requisites_details(opened->reveal()).value()};
  }

  ops::TemporaryDirectory directory_;
  ops::KeyRing ring_;
  SimulatedTraders traders_{ring_};
  domain::Config config_;
  domain::Payment payin_;
};

TEST_F(SimulatedTradersTest, CardsAreNobodys) {
  for (int i = 0; i < 500; ++i) {
    const auto [made, details] = make(i % 2 == 0 ? "KZT" : "TJS", "card-p2p");
    ASSERT_TRUE(std::regex_match(details.number, std::regex(R"(\d{16})")));
    ASSERT_FALSE(passes_luhn(details.number)) << "could be somebody's card";
    EXPECT_FALSE(details.holder.empty());
    EXPECT_EQ(made.details.find(details.number), std::string::npos);
    EXPECT_EQ(made.number_mask.find(details.number.substr(4, 8)), std::string::npos);
  }
}

TEST_F(SimulatedTradersTest, ANumberIsFoundByAKeyedHashThatNamesItsKey) {
  const std::string hash = number_hash(ring_, "4850123412341234");
  EXPECT_TRUE(std::regex_match(hash, std::regex("1:[0-9a-f]{64}")));
  EXPECT_EQ(hash, number_hash(ring_, "4850123412341234"));
  EXPECT_NE(hash, number_hash(ring_, "4850123412341235"));
  const ops::KeyRing other = *ops::KeyRing::create(directory_ / "other.toml", kNoon);
  EXPECT_NE(hash, number_hash(other, "4850123412341234")) << "a hash that anybody could make";
}

TEST_F(SimulatedTradersTest, PhonesHaveTheFormOfTheirCurrency) {
  for (const std::string currency : {"KZT", "TJS"}) {
    const std::regex pattern(config_.currency(*domain::Currency::parse(currency))->phone_pattern);
    std::set<std::string> different;
    for (int i = 0; i < 100; ++i) {
      const auto [made, details] = make(currency, "phone-p2p");
      EXPECT_TRUE(std::regex_match(details.number, pattern)) << "a phone of " << currency;
      different.insert(details.number);
    }
    EXPECT_GT(different.size(), 90U);
  }
}

TEST_F(SimulatedTradersTest, TheBankIsTheOneAskedForOrOneThatMovesTheCurrency) {
  for (const std::string currency : {"KZT", "TJS"}) {
    payin_.bank_symbol.clear();
    for (std::uint64_t i = 0; i < 30; ++i) {
      payin_.request_id = id_of<RequestId>(i);
      const auto& bank = config_.banks.at(make(currency, "card-p2p").first.bank_symbol);
      EXPECT_NE(std::ranges::find(bank.currencies, currency), bank.currencies.end());
    }
  }
  payin_.bank_symbol = "halyk-kzt";
  const auto [made, details] = make("KZT", "card-p2p");
  EXPECT_EQ(made.bank_symbol, "halyk-kzt");
  EXPECT_EQ(made.pool, "sim:" + payin_.project_id.text());
}

}  // namespace
}  // namespace kassa::engine::test

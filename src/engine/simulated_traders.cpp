#include "engine/simulated_traders.hpp"

#include <array>
#include <ranges>

#include "domain/details.hpp"
#include "domain/masks.hpp"
#include "domain/methods.hpp"
#include "domain/simulation.hpp"
#include "ops/random.hpp"

namespace kassa::engine {
namespace {

using domain::Bank;
using domain::Payment;

/// As many random decimal digits.
std::string random_digits(std::size_t count) {
  std::string digits(count, '0');
  std::vector<std::uint8_t> random(count);
  ops::fill_random(random);
  for (std::size_t i = 0; i < count; ++i) digits[i] = static_cast<char>('0' + random[i] % 10);
  return digits;
}

bool moves(const Bank& bank, const Payment& payin) {
  return domain::has_word(bank.currencies, payin.currency.text()) &&
         domain::has_word(bank.methods, payin.method);
}

/// The bank that was asked for, else one that moves this currency by this method, by the id's tail.
const Bank* choose_bank(const Payment& payin, const domain::Config& config) {
  if (const auto asked = config.banks.find(payin.bank_symbol); asked != config.banks.end()) {
    return &asked->second;
  }
  std::vector<const Bank*> fitting;
  for (const auto& [symbol, bank] : config.banks) {
    if (moves(bank, payin)) fitting.push_back(&bank);
  }
  if (fitting.empty()) return nullptr;
  return fitting[payin.request_id.value.bytes[15] % fitting.size()];
}

/// The Luhn sum of the digits, modulo 10: zero for every real card.
int luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (const char digit : std::views::reverse(digits)) {
    const int value = (digit - '0') * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
    doubled = !doubled;
  }
  return sum % 10;
}

/// Sixteen digits whose check digit is wrong, so that no card has this number.
std::string made_up_card() {
  std::string digits = "4850" + random_digits(12);
  if (luhn(digits) == 0)
    digits.back() = digits.back() == '9' ? '0' : static_cast<char>(digits.back() + 1);
  return digits;
}

/// The currency's pattern of a made-up phone, each N a random digit: "+7000NNNNNNN".
std::string made_up_phone(const domain::CurrencyRules& rules) {
  std::string phone = rules.test_phone;
  for (char& c : phone) {
    if (c == 'N') c = random_digits(1).front();
  }
  return phone;
}

std::string make_number(const Payment& payin, const domain::CurrencyRules& rules) {
  return domain::is_phone_method(payin.method) ? made_up_phone(rules) : made_up_card();
}

constexpr std::array<std::string_view, 8> kHolders = {
    "Test Holder",  "Aliya Sample",   "Nurlan Example", "Farrukh Demo",
    "Zarina Trial", "Daniyar Mockov", "Madina Proba",   "Rustam Draft"};

}  // namespace

domain::Requisites SimulatedTraders::simulated_requisites(const Payment& payin,
                                                          const domain::Config& config,
                                                          domain::Instant now) {
  const domain::CurrencyRules* rules = config.currency(payin.currency);
  KASSA_CHECK(rules != nullptr, "a payin in a currency without rules");
  const Bank* bank = choose_bank(payin, config);

  domain::Requisites requisites;
  requisites.id = domain::RequisitesId{ops::new_uuid_v7(now)};
  requisites.trader_id = domain::simulated_trader(payin.project_id);
  requisites.pool = domain::simulated_pool(payin.project_id);
  requisites.currency = payin.currency;
  requisites.methods = " " + payin.method + " ";
  requisites.bank_symbol = bank ? bank->symbol : "test-bank";
  requisites.bank_country = bank ? bank->country : rules->country;
  requisites.turn_at = requisites.created_at = now;

  domain::RequisitesDetails details;
  details.number = make_number(payin, *rules);
  details.holder = kHolders[requisites.id.value.bytes[15] % kHolders.size()];
  requisites.number_mask = domain::is_phone_method(payin.method)
                               ? domain::mask_phone(details.number)
                               : domain::mask_card(details.number);
  requisites.details =
      ring_.seal(domain::kRequisitesDetailsTable, requisites.id.value.bytes, encode(details));
  return requisites;
}

}  // namespace kassa::engine

#include "domain/candidates.hpp"

#include <string_view>

#include "domain/routing.hpp"

namespace kassa::domain {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Miss::count)> kMissNames = {
    "off",
    "other method",
    "other bank",
    "bank switched off",
    "outside amount limits",
    "trader off",
    "cooling down",
    "trader's credit used up",
    "amount taken",
    "day count full",
    "day sum full"};

/// Their trader may be given payins of that mode at all. Nothing of test mode can touch live money,
/// and the other way round.
bool serves(const Trader* trader, const CandidateQuery& query) {
  return trader != nullptr && trader->on && trader->test == query.simulated;
}

/// The day's limit that one payin more would break, or nothing. Without a limit of its own the sum
/// has that of all sums.
std::optional<Miss> missed_day(const CandidateQuery& query, const Requisites& requisites,
                               Carried& carried) {
  const RequisitesDay day =
      carried.day({requisites.id, day_in_zone(query.now, requisites.time_zone)});
  if (requisites.day_count_max > 0 && day.count >= requisites.day_count_max) return Miss::day_count;
  const std::int64_t sum_max = requisites.day_sum_max > 0 ? requisites.day_sum_max : kSumMinorMax;
  if (day.sum > sum_max - query.amount) return Miss::day_sum;
  return std::nullopt;
}

bool has_method(const Requisites& requisites, std::string_view method) {
  // `methods` has a space before and after each, so that no code is found inside a longer one.
  const std::string_view methods = requisites.methods;
  for (auto at = methods.find(method); at != std::string_view::npos;
       at = methods.find(method, at + 1)) {
    const std::size_t end = at + method.size();
    if (at > 0 && methods[at - 1] == ' ' && end < methods.size() && methods[end] == ' ')
      return true;
  }
  return false;
}

}  // namespace

std::int64_t owed_of(const Account* account, const Exposure* exposure) {
  const std::int64_t owed = account ? -account->balance : 0;
  return add(owed, exposure ? exposure->open_amount : 0).value_or(kSumMinorMax);
}

bool within_credit(const CandidateQuery& query, const Trader& trader, Carried& carried) {
  std::int64_t credit = kSumMinorMax;  // unlimited is no more than can be added up
  if (!trader.unlimited) {
    const auto of_currency = trader.credit.find(query.currency);
    if (of_currency == trader.credit.end()) return false;
    credit = of_currency->second;
  }
  return carried.owed({trader.id, query.currency}) <= credit - query.amount;
}

std::optional<Miss> missed_rule(const CandidateQuery& query, const Requisites& requisites,
                                Carried& carried) {
  if (!requisites.on) return Miss::off;
  if (!has_method(requisites, query.method)) return Miss::method;
  if (!query.bank_symbol.empty() && requisites.bank_symbol != query.bank_symbol) return Miss::bank;
  // Nothing that stops live money stops what is made up.
  if (!query.simulated && query.config->banks_off.contains(requisites.bank_symbol)) {
    return Miss::bank_off;
  }
  if (query.amount < requisites.amount_min || query.amount > requisites.amount_max) {
    return Miss::amount;
  }
  const Trader* trader = query.config->trader(requisites.trader_id);
  if (!serves(trader, query)) return Miss::trader_off;
  if (requisites.cool_down_s > 0 && requisites.last_used_at &&
      *requisites.last_used_at + std::chrono::seconds{requisites.cool_down_s} > query.now) {
    return Miss::cool_down;
  }
  if (!within_credit(query, *trader, carried)) return Miss::exposure;
  if (carried.is_taken({requisites.id, query.amount}, query.now)) return Miss::slot;
  return missed_day(query, requisites, carried);
}

std::string text(const MissCounts& missed, bool complete) {
  if (missed.looked_at == 0) return "no requisites in the pool for this currency";
  std::string parts;
  for (std::size_t i = 0; i < kMissNames.size(); ++i) {
    if (missed.by_rule[i] == 0) continue;
    parts += (parts.empty() ? " " : ", ") + std::to_string(missed.by_rule[i]) + " ";
    parts += kMissNames[i];
  }
  return std::to_string(missed.looked_at) + (complete ? " in pool:" : " looked at so far:") + parts;
}

}  // namespace kassa::domain

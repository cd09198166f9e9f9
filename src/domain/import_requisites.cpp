// Requisites come in, or are switched on and off. Switching off takes them out of the search at
// once; payins that were sent there already go on.
#include <algorithm>
#include <set>

#include "domain/routing.hpp"

namespace kassa::domain {
namespace {

/// What is wrong with requisites that come in, or nothing.
std::optional<std::string> wrong(const Requisites& r, const Config& config) {
  const Trader* trader = config.trader(r.trader_id);
  if (trader == nullptr) return "trader: unknown";
  if (config.currency(r.currency) == nullptr) return "currency: unknown";
  const auto bank = config.banks.find(r.bank_symbol);
  if (bank == config.banks.end()) return "bank: unknown";
  if (words_of(r.methods).empty()) return "methods: required";
  if (r.amount_min < 1 || r.amount_max > kAmountMinorMax || r.amount_min > r.amount_max) {
    return "amount_min, amount_max: out of range";
  }
  if (r.weight < 1 || r.weight > 1000) return "weight: must be from 1 to 1000";
  if (r.cool_down_s < 0 || r.day_count_max < 0 || r.day_sum_max < 0) {
    return "cool_down_s, day_count_max, day_sum_max: must not be negative";
  }
  if (!is_time_zone(r.time_zone)) return "time_zone: not an IANA time zone";
  if (r.pool.empty() || r.pool.starts_with("sim:")) return "pool: reserved or empty";
  return std::nullopt;
}

}  // namespace

void reads(const ImportRequisites& command, const WorkingSet& ws, const Context&, Keys& keys) {
  for (const auto& requisites : command.requisites) {
    if (!ws.requisites.knows(requisites.id)) keys.requisites.push_back(requisites.id);
    if (!requisites.number_hash.empty() && !ws.numbers_taken.contains(requisites.number_hash)) {
      keys.number_hashes.push_back(requisites.number_hash);
    }
  }
  for (const auto& hash : command.older_hashes) {
    if (!ws.numbers_taken.contains(hash)) keys.number_hashes.push_back(hash);
  }
}

Decision decide(const ImportRequisites& command, WorkingSet& ws, const Context& ctx) {
  const bool known_by_older_key = std::ranges::any_of(
      command.older_hashes, [&](const auto& hash) { return ws.numbers_taken.at(hash); });
  if (known_by_older_key) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "requisites: one of these numbers exists already",
                                   {},
                                   false});
  }
  std::size_t line = 0;
  std::set<std::string> numbers;  // of this import
  for (const auto& requisites : command.requisites) {
    ++line;
    auto problem = wrong(requisites, ctx.config);
    if (!problem && ws.requisites.find(requisites.id) != nullptr) problem = "id: exists already";
    if (!problem && !requisites.number_hash.empty() &&
        (ws.numbers_taken.at(requisites.number_hash) ||
         !numbers.insert(requisites.number_hash).second)) {
      problem = "number: requisites of this number exist already";
    }
    if (problem) {
      return std::unexpected(Refusal{RefusalCode::validation_failed,
                                     "requisites " + std::to_string(line) + ": " + *problem,
                                     {},
                                     false});
    }
    Requisites row = requisites;
    row.methods = " ";
    for (const auto& method : words_of(requisites.methods)) row.methods += method + " ";
    row.turn_at = row.created_at = ctx.real_now;
    ws.requisites.insert(std::move(row));
  }
  for (const auto& number : numbers) ws.numbers_taken[number] = true;
  return Done{};
}

void reads(const SwitchRequisites& command, const WorkingSet& ws, const Context&, Keys& keys) {
  if (!ws.requisites.knows(command.id)) keys.requisites.push_back(command.id);
}

Decision decide(const SwitchRequisites& command, WorkingSet& ws, const Context&) {
  if (ws.requisites.find(command.id) == nullptr) {
    return std::unexpected(
        Refusal{RefusalCode::not_found, "There are no requisites of this id.", {}, false});
  }
  if (ws.requisites.get(command.id).on != command.on)
    ws.requisites.edit(command.id).on = command.on;
  return Done{};
}

}  // namespace kassa::domain

// The rules by which requisites are passed over, said once.
//
// Two ask them. The store walks the line of a pool, whose turn it is first, and offers those that
// pass in what is stored; the choice asks again in the state that its batch has reached
// (domain/routing.hpp). So nothing can stand in front of the line for ever and hide what is behind
// it, and the reason of a miss counts every rule over the whole pool.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/config.hpp"
#include "domain/ledger.hpp"
#include "domain/requisites.hpp"

namespace kassa::domain {

/// Why requisites were passed over; the order is that of the checks, the dearest last.
enum class Miss : std::uint8_t {
  off,
  method,
  bank,
  bank_off,
  amount,
  trader_off,
  cool_down,
  exposure,
  slot,
  day_count,
  day_sum,
  count,
};

/// Which requisites may serve a payin.
struct CandidateQuery {
  RequestId request_id;
  std::string pool;
  Currency currency;
  std::string method;
  std::string bank_symbol;  // empty: any
  std::int64_t amount = 0;
  Instant now;                     // of the payment's clock
  bool simulated = false;          // test mode: look at a few only, more are made on demand
  const Config* config = nullptr;  // that the batch decides with: traders and their credit

  bool operator==(const CandidateQuery&) const = default;
};

/// What was looked at and passed over, each under the first rule that it misses.
struct MissCounts {
  std::int64_t looked_at = 0;  // of the pool and currency, whether they fit or not
  std::array<std::int64_t, static_cast<std::size_t>(Miss::count)> by_rule{};

  [[nodiscard]] std::int64_t& of(Miss miss) { return by_rule[static_cast<std::size_t>(miss)]; }
  bool operator==(const MissCounts&) const = default;
};

/// The answer to a CandidateQuery.
struct Candidates {
  std::vector<RequisitesId> ids;  // in the order of their turn
  MissCounts missed;
  bool complete = true;  // false: the line is longer than one search; the next one goes on
};

/// What requisites and traders carry already. Asked only where a rule needs it: each answer may
/// cost a look-up.
class Carried {
 public:
  virtual ~Carried() = default;
  [[nodiscard]] virtual bool is_taken(const SlotId& slot, Instant now) = 0;
  [[nodiscard]] virtual RequisitesDay day(const RequisitesDayId& id) = 0;
  /// What the trader owes, the amounts of unfinished payins included.
  [[nodiscard]] virtual std::int64_t owed(const ExposureId& id) = 0;
};

/// The account and the exposure of a trader, as `Carried::owed` adds them up; null: none yet.
[[nodiscard]] std::int64_t owed_of(const Account* account, const Exposure* exposure);

/// What the trader owes and this payin stay within their credit.
[[nodiscard]] bool within_credit(const CandidateQuery& query, const Trader& trader,
                                 Carried& carried);

/// The first rule that these requisites, of the query's pool and currency, miss; or nothing.
[[nodiscard]] std::optional<Miss> missed_rule(const CandidateQuery& query,
                                              const Requisites& requisites, Carried& carried);

/// "12 in pool: 7 amount taken, 5 off": every rule that missed, with how many missed it.
[[nodiscard]] std::string text(const MissCounts& missed, bool complete);

}  // namespace kassa::domain

#include "store/sqlite/candidates.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace kassa::store::sqlite {
namespace {

using domain::CandidateQuery;

/// Every row by turn, and whether it fits: the search stops reading when it has enough, which no
/// LIMIT around a filter does without reading (and sorting) all of the inner rows first.
constexpr const char* kSearch = R"sql(
SELECT requisites_id,
       instr(methods, ?3) > 0 AND (?4 = '' OR bank_symbol = ?4)
       AND amount_min <= ?5 AND amount_max >= ?5
       AND NOT EXISTS (SELECT 1 FROM slots WHERE slots.requisites_id = r.requisites_id
                       AND slots.amount = ?5 AND slots.held_until > ?6)
FROM requisites AS r INDEXED BY requisites_turn
WHERE pool = ?1 AND currency = ?2 AND is_on = 1
ORDER BY turn_at, requisites_id LIMIT ?7
)sql";

/// Each row counts once, under the first rule that it misses.
constexpr const char* kCount = R"sql(
SELECT count(*), sum(miss = 1), sum(miss = 2), sum(miss = 3), sum(miss = 4), sum(miss = 5)
FROM (SELECT CASE
        WHEN is_on = 0 THEN 1
        WHEN instr(methods, ?3) = 0 THEN 2
        WHEN ?4 <> '' AND bank_symbol <> ?4 THEN 3
        WHEN amount_min > ?5 OR amount_max < ?5 THEN 4
        WHEN EXISTS (SELECT 1 FROM slots WHERE slots.requisites_id = r.requisites_id
                     AND slots.amount = ?5 AND slots.held_until > ?6) THEN 5
        ELSE 0 END AS miss
      FROM requisites AS r INDEXED BY requisites_turn
      WHERE pool = ?1 AND currency = ?2 LIMIT ?7)
)sql";

/// Everything by which two queries get the same answer, but the moment.
auto question_of(const CandidateQuery& query) {
  return std::tie(query.pool, query.currency, query.method, query.bank_symbol, query.amount,
                  query.simulated);
}

struct SameQuestion {
  bool operator()(const CandidateQuery* a, const CandidateQuery* b) const {
    return question_of(*a) < question_of(*b);
  }
};

void bind_question(Execution& execution, const CandidateQuery& query, const std::string& method) {
  execution.bind(query.pool).bind(query.currency).bind(method).bind(query.bank_symbol);
  execution.bind(query.amount).bind(query.now);
}

/// As it stands in `methods`, with a space on both sides.
std::string spaced(const std::string& method) {
  return " " + method + " ";
}

}  // namespace

CandidateSearch::CandidateSearch(Database& db, SearchLimits limits)
    : limits_(limits),
      search_(db, "search requisites", kSearch),
      count_(db, "count missed requisites", kCount) {}

void CandidateSearch::load(const std::vector<CandidateQuery>& queries, domain::WorkingSet& ws) {
  std::map<const CandidateQuery*, std::vector<const CandidateQuery*>, SameQuestion> groups;
  for (const auto& query : queries) {
    if (!ws.candidates.contains(query.request_id)) groups[&query].push_back(&query);
  }
  for (const auto& [first, equal] : groups) {
    CandidateQuery query = *first;
    // The earliest moment: what is free then is free for all of them.
    for (const auto* other : equal) query.now = std::min(query.now, other->now);
    const std::size_t others = equal.size() - 1;
    domain::Candidates found;
    found.ids = search(query, std::min(limits_.answers + others, limits_.answers_max));
    if (found.ids.empty()) found.missed = count(query);
    for (const auto* asked : equal) ws.candidates.emplace(asked->request_id, found);
  }
}

std::vector<domain::RequisitesId> CandidateSearch::search(const CandidateQuery& query,
                                                          std::size_t answers) {
  const std::string method = spaced(query.method);
  const std::int64_t scan = query.simulated ? limits_.scan_simulated : limits_.scan;
  Execution rows(search_);
  bind_question(rows, query, method);
  rows.bind(scan);
  std::vector<domain::RequisitesId> ids;
  while (ids.size() < answers && rows.step()) {
    if (rows.get<bool>(1)) ids.push_back(rows.get<domain::RequisitesId>(0));
  }
  return ids;
}

domain::CandidateCounts CandidateSearch::count(const CandidateQuery& query) {
  const std::string method = spaced(query.method);
  const std::int64_t scan = query.simulated ? limits_.scan_simulated : limits_.scan;
  Execution rows(count_);
  bind_question(rows, query, method);
  rows.bind(scan);
  domain::CandidateCounts counts;
  if (!rows.step()) return counts;
  counts.in_pool = rows.integer(0);
  counts.off = rows.integer(1);
  counts.method = rows.integer(2);
  counts.bank = rows.integer(3);
  counts.amount = rows.integer(4);
  counts.slot = rows.integer(5);
  return counts;
}

}  // namespace kassa::store::sqlite

#include "store/candidates.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

namespace kassa::store {
namespace {

using domain::CandidateQuery;
using domain::Candidates;
using domain::Miss;
using domain::Requisites;
using domain::WorkingSet;

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// How long a search that nobody goes on with is remembered, where others want the room.
constexpr std::chrono::minutes kForgottenAfter{2};

/// How long a closed front is believed in: no longer than a payin waits before it looks again.
constexpr std::chrono::seconds kFrontHolds{1};

/// Whoever asks the same line for as much or more misses it by the same rule.
bool is_closed(Miss miss) {
  return miss != Miss::amount && miss != Miss::slot;
}
bool grows_with_amount(Miss miss) {
  return miss == Miss::exposure || miss == Miss::day_sum;
}

template <class Place>
bool is_before(const Place& a, const Place& b) {
  return std::tie(a.turn_at, a.requisites_id) < std::tie(b.turn_at, b.requisites_id);
}

}  // namespace

CandidateSearch::CandidateSearch(LineSource& source, SearchLimits limits)
    : limits_(limits), source_(source) {}

CandidateSearch::Question CandidateSearch::question_of(const CandidateQuery& query) {
  return {query.pool,        query.currency, query.method,
          query.bank_symbol, query.amount,   query.simulated};
}

CandidateSearch::Line CandidateSearch::line_of(const CandidateQuery& query) {
  return {query.pool, query.currency, query.method, query.bank_symbol};
}

void CandidateSearch::load(const std::vector<CandidateQuery>& queries, WorkingSet& ws) {
  std::map<Question, std::vector<const CandidateQuery*>> groups;
  for (const auto& query : queries) {
    if (!ws.candidates.contains(query.request_id)) groups[question_of(query)].push_back(&query);
  }
  if (groups.empty()) return;
  const std::int64_t share = limits_.effort_of_batch / static_cast<std::int64_t>(groups.size());
  std::vector<std::int64_t> amounts;
  for (const auto& [question, equal] : groups) amounts.push_back(equal.front()->amount);
  source_.begin(amounts, groups.begin()->second.front()->now);
  LookUps look_ups(source_);
  for (const auto& [question, equal] : groups) {
    CandidateQuery query = *equal.front();
    // The earliest moment: what is free then is free for all of them.
    for (const auto* other : equal) query.now = std::min(query.now, other->now);
    const std::size_t others = equal.size() - 1;
    look_ups.begin(std::clamp(share, limits_.effort_min, limits_.effort));
    const Candidates found =
        search(query, std::min(limits_.answers + others, limits_.answers_max), look_ups, ws);
    for (const auto* asked : equal) ws.candidates.emplace(asked->request_id, found);
  }
}

Candidates CandidateSearch::search(const CandidateQuery& query, std::size_t answers,
                                   LookUps& look_ups, WorkingSet& ws) {
  const bool simulated = query.simulated;
  Place at;
  Front* front = nullptr;  // as long as every row so far was closed
  if (!simulated) {
    front = &front_of(query);
    at = front->place;
    const auto resume = resumes_.extract(question_of(query));
    if (resume && is_before(at, resume.mapped().place)) {
      at = resume.mapped().place;
      front = nullptr;
    }
  }
  Candidates found;
  std::int64_t rows_left = simulated ? limits_.rows_simulated : kNoLimit;
  const Place from = at;
  const auto line = source_.walk(query.pool, query.currency, from.turn_at, from.requisites_id);
  while (found.ids.size() < answers && rows_left-- > 0) {
    if (look_ups.is_over()) {
      found.complete = false;
      break;
    }
    const Requisites* row = line->next();
    if (row == nullptr) break;
    look_ups.begin_row();
    const auto miss = domain::missed_rule(query, *row, look_ups);
    at.turn_at = row->turn_at;
    at.requisites_id = row->id;
    ++at.missed.looked_at;
    if (miss) {
      ++at.missed.of(*miss);
    } else {
      found.ids.push_back(row->id);
      look_ups.hand_over(*row, ws);
    }
    if (front != nullptr && !(miss && is_closed(*miss))) front = nullptr;
    if (front != nullptr) front->place = at;
    if (front != nullptr && grows_with_amount(*miss)) front->amount = query.amount;
  }
  found.missed = at.missed;
  if (!found.ids.empty()) return found;
  if (!found.complete) remember(query, at);
  const std::int64_t off = source_.count_off(query.pool, query.currency, limits_.off_counted_max);
  found.missed.of(Miss::off) += off;
  found.missed.looked_at += off;
  return found;
}

CandidateSearch::Front& CandidateSearch::front_of(const CandidateQuery& query) {
  Front& front = fronts_[line_of(query)];
  const bool holds = front.config_version == query.config->version &&
                     front.amount <= query.amount && query.now < front.until;
  if (!holds) front = {{}, 0, query.now + kFrontHolds, query.config->version};
  return front;
}

void CandidateSearch::remember(const CandidateQuery& query, const Place& place) {
  if (resumes_.size() >= limits_.resumes_max) {
    std::erase_if(resumes_, [&](const auto& entry) {
      return entry.second.asked_at + kForgottenAfter < query.now;
    });
  }
  if (resumes_.size() < limits_.resumes_max) {
    resumes_.insert_or_assign(question_of(query), Resume{place, query.now});
  }
}

}  // namespace kassa::store

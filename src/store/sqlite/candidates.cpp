#include "store/sqlite/candidates.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "store/sql.hpp"

namespace kassa::store::sqlite {
namespace {

using domain::CandidateQuery;
using domain::Candidates;
using domain::Miss;
using domain::Requisites;
using domain::WorkingSet;

/// All that the rules look at is in the index, so a row that is passed over costs no second look.
constexpr const char* kLine = R"sql(
SELECT turn_at, requisites_id, trader_id, methods, bank_symbol, amount_min, amount_max, cool_down_s,
       last_used_at, day_count_max, day_sum_max, time_zone
FROM requisites INDEXED BY requisites_line
WHERE pool = ?1 AND currency = ?2 AND is_on = 1 AND (turn_at, requisites_id) > (?3, ?4)
ORDER BY turn_at, requisites_id
)sql";

constexpr const char* kCountOff = R"sql(
SELECT count(*) FROM (SELECT 1 FROM requisites INDEXED BY requisites_line
                      WHERE pool = ?1 AND currency = ?2 AND is_on = 0 LIMIT ?3)
)sql";

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

constexpr std::int64_t kEffortOfRow = 1;
constexpr std::int64_t kEffortOfLookUp = 2;

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

/// What the rules look at; the rest of the row stays as it is.
void read_line(Execution& line, Requisites& row) {
  row.turn_at = line.get<domain::Instant>(0);
  row.id = line.get<domain::RequisitesId>(1);
  row.trader_id = line.get<domain::TraderId>(2);
  row.methods = line.text(3);
  row.bank_symbol = line.text(4);
  row.amount_min = line.integer(5);
  row.amount_max = line.integer(6);
  row.cool_down_s = line.integer(7);
  row.last_used_at = line.get<std::optional<domain::Instant>>(8);
  row.day_count_max = line.integer(9);
  row.day_sum_max = line.integer(10);
  row.time_zone = line.text(11);
}

}  // namespace

/// The searches of one batch: what they look up, and what that costs. Traders are looked up once.
class CandidateSearch::Walk final : public domain::Carried {
 public:
  explicit Walk(CandidateSearch& search) : search_(search) {}

  void begin(std::int64_t effort) { effort_left_ = effort; }
  void begin_row() {
    effort_left_ -= kEffortOfRow;
    slot_.reset();
    day_.reset();
  }
  [[nodiscard]] bool is_over() const { return effort_left_ <= 0; }

  bool is_taken(const domain::SlotId& id, domain::Instant now) override {
    slot_ = {id, look_up<domain::Slot>(search_.slot_, id)};
    return slot_->row && slot_->row->held_until > now;
  }
  domain::RequisitesDay day(const domain::RequisitesDayId& id) override {
    day_ = {id, look_up<domain::RequisitesDay>(search_.day_, id)};
    return day_->row.value_or(domain::RequisitesDay{id, 0, 0});
  }
  std::int64_t owed(const domain::ExposureId& id) override {
    auto known = debts_.find(id);
    if (known == debts_.end()) known = debts_.emplace(id, look_up_debt(id)).first;
    const auto& [account, exposure] = known->second;
    return domain::owed_of(account.row ? &*account.row : nullptr,
                           exposure.row ? &*exposure.row : nullptr);
  }

  /// Of requisites that are offered: the domain would ask for these rows next.
  void hand_over(const Requisites& row, WorkingSet& ws) const {
    if (slot_) ws.slots.put_loaded(slot_->key, slot_->row);
    if (day_) ws.days.put_loaded(day_->key, day_->row);
    const auto debt = debts_.find({row.trader_id, row.currency});
    if (debt == debts_.end()) return;
    ws.accounts.put_loaded(debt->second.account.key, debt->second.account.row);
    ws.exposures.put_loaded(debt->second.exposure.key, debt->second.exposure.row);
  }

 private:
  /// A row, or its known absence.
  template <class Row>
  struct Looked {
    domain::KeyOf<Row> key;
    std::optional<Row> row;
  };
  struct Debt {
    Looked<domain::Account> account;
    Looked<domain::Exposure> exposure;
  };

  template <class Row>
  std::optional<Row> look_up(Statement& statement, const domain::KeyOf<Row>& key) {
    effort_left_ -= kEffortOfLookUp;
    Execution found(statement);
    write_key<Row>(found, key);
    if (!found.step()) return std::nullopt;
    return read_row<Row>(found);
  }
  Debt look_up_debt(const domain::ExposureId& id) {
    const domain::AccountId account{domain::AccountKind::trader, id.trader_id.value, id.currency};
    return {{account, look_up<domain::Account>(search_.account_, account)},
            {id, look_up<domain::Exposure>(search_.exposure_, id)}};
  }

  CandidateSearch& search_;
  std::int64_t effort_left_ = 0;
  std::optional<Looked<domain::Slot>> slot_;  // of the row at hand, if it was asked for
  std::optional<Looked<domain::RequisitesDay>> day_;
  std::unordered_map<domain::ExposureId, Debt> debts_;
};

CandidateSearch::CandidateSearch(Database& db, SearchLimits limits)
    : limits_(limits),
      line_(db, "walk the line of a pool", kLine),
      count_off_(db, "count requisites that are off", kCountOff),
      slot_(db, "slot of a candidate", find_sql<domain::Slot>('?')),
      day_(db, "day of a candidate", find_sql<domain::RequisitesDay>('?')),
      exposure_(db, "exposure of a trader", find_sql<domain::Exposure>('?')),
      account_(db, "account of a trader", find_sql<domain::Account>('?')) {}

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
  Walk walk(*this);
  for (const auto& [question, equal] : groups) {
    CandidateQuery query = *equal.front();
    // The earliest moment: what is free then is free for all of them.
    for (const auto* other : equal) query.now = std::min(query.now, other->now);
    const std::size_t others = equal.size() - 1;
    walk.begin(std::clamp(share, limits_.effort_min, limits_.effort));
    const Candidates found =
        search(query, std::min(limits_.answers + others, limits_.answers_max), walk, ws);
    for (const auto* asked : equal) ws.candidates.emplace(asked->request_id, found);
  }
}

Candidates CandidateSearch::search(const CandidateQuery& query, std::size_t answers, Walk& walk,
                                   WorkingSet& ws) {
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
  Requisites row;
  row.currency = query.currency;
  std::int64_t rows_left = simulated ? limits_.rows_simulated : kNoLimit;
  Execution line(line_);
  const Place from = at;  // what is bound must stay as it is
  line.bind(query.pool).bind(query.currency).bind(from.turn_at).bind(from.requisites_id);
  while (found.ids.size() < answers && rows_left-- > 0) {
    if (walk.is_over()) {
      found.complete = false;
      break;
    }
    if (!line.step()) break;
    read_line(line, row);
    walk.begin_row();
    const auto miss = domain::missed_rule(query, row, walk);
    at.turn_at = row.turn_at;
    at.requisites_id = row.id;
    ++at.missed.looked_at;
    if (miss) {
      ++at.missed.of(*miss);
    } else {
      found.ids.push_back(row.id);
      walk.hand_over(row, ws);
    }
    if (front != nullptr && !(miss && is_closed(*miss))) front = nullptr;
    if (front != nullptr) front->place = at;
    if (front != nullptr && grows_with_amount(*miss)) front->amount = query.amount;
  }
  found.missed = at.missed;
  if (!found.ids.empty()) return found;
  if (!found.complete) remember(query, at);
  const std::int64_t off = count_off(query);
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

std::int64_t CandidateSearch::count_off(const CandidateQuery& query) {
  Execution rows(count_off_);
  rows.bind(query.pool).bind(query.currency).bind(limits_.off_counted_max);
  return rows.step() ? rows.integer(0) : 0;
}

}  // namespace kassa::store::sqlite

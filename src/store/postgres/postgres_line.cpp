#include "store/postgres/postgres_line.hpp"

#include <algorithm>

#include "domain/routing.hpp"
#include "store/postgres/dialect.hpp"

namespace kassa::store::postgres {
namespace {

constexpr std::size_t kPageMin = 64;
constexpr std::size_t kPageMax = 1'024;

/// Amounts of one batch for which slots are fetched ahead; with more, the rest is looked up.
constexpr std::size_t kAmountsAhead = 64;

template <class T>
void bind(Parameters& parameters, const T& value) {
  write_value<Codec<T>>(parameters, value);
}

}  // namespace

/// Goes along a part, which grows under it.
class PagedWalk final : public LineWalk {
 public:
  PagedWalk(PostgresLine& source, PostgresLine::Line line, PostgresLine::Part& part,
            std::size_t first)
      : source_(source), line_(std::move(line)), part_(part), next_(first) {}

  const domain::Requisites* next() override {
    if (next_ == part_.rows.size() && !part_.ended) source_.fetch_more(line_, part_);
    return next_ < part_.rows.size() ? &part_.rows[next_++] : nullptr;
  }

 private:
  PostgresLine& source_;
  PostgresLine::Line line_;
  PostgresLine::Part& part_;
  std::size_t next_;
};

PostgresLine::PostgresLine(Connection& connection)
    : connection_(connection),
      page_("walk the line of a pool", in_dialect(std::string(kLineSql) + "LIMIT ?5")),
      count_off_("count requisites that are off", in_dialect(kCountOffSql)) {}

void PostgresLine::begin(const std::vector<std::int64_t>& amounts, domain::Instant now) {
  amounts_ = {amounts.begin(), amounts.end()};
  if (amounts_.size() > kAmountsAhead) amounts_.clear();
  now_ = now;
  parts_.clear();
  slots_.clear();
  days_.clear();
  exposures_.clear();
  accounts_.clear();
}

std::unique_ptr<LineWalk> PostgresLine::walk(const std::string& pool,
                                             const domain::Currency& currency,
                                             const domain::Instant& after_turn,
                                             const domain::RequisitesId& after_id) {
  const Line line{pool, currency};
  const Place after{after_turn, after_id};
  Part& part = part_from(line, after);
  const auto first = std::ranges::upper_bound(
      part.rows, after, {},
      [](const domain::Requisites& row) { return Place{row.turn_at, row.id}; });
  return std::make_unique<PagedWalk>(*this, line, part,
                                     static_cast<std::size_t>(first - part.rows.begin()));
}

/// One that holds the place, or a new one that begins there.
PostgresLine::Part& PostgresLine::part_from(const Line& line, const Place& after) {
  auto& parts = parts_[line];
  for (const auto& part : parts) {
    const bool holds =
        part->after <= after &&
        (part->ended ||
         (!part->rows.empty() && after <= Place{part->rows.back().turn_at, part->rows.back().id}));
    if (holds || part->after == after) return *part;
  }
  parts.push_back(std::make_unique<Part>(Part{after, {}, false}));
  return *parts.back();
}

void PostgresLine::fetch_more(const Line& line, Part& part) {
  const std::size_t before = part.rows.size();
  const std::size_t page = std::clamp(before, kPageMin, kPageMax);
  const Place after =
      before == 0 ? part.after : Place{part.rows.back().turn_at, part.rows.back().id};
  Parameters parameters;
  bind(parameters, line.first);
  bind(parameters, line.second);
  bind(parameters, after.first);
  bind(parameters, after.second);
  parameters.put_integer(static_cast<std::int64_t>(page));
  const Answer answer = connection_.run(page_, parameters);
  for (int i = 0; i < answer.rows(); ++i) {
    domain::Requisites row;
    row.pool = line.first;
    row.currency = line.second;
    const AnswerRow source(answer, i);
    read_line_row(source, row);
    part.rows.push_back(std::move(row));
  }
  part.ended = static_cast<std::size_t>(answer.rows()) < page;
  if (part.rows.size() > before) fetch_carried(line, part, before);
}

/// All that the rules may ask of the rows from `from` on, in one round trip.
void PostgresLine::fetch_carried(const Line& line, const Part& part, std::size_t from) {
  for (std::size_t i = from; i < part.rows.size(); ++i) {
    const domain::Requisites& row = part.rows[i];
    for (const std::int64_t amount : amounts_) slots_.want({row.id, amount});
    days_.want({row.id, domain::day_in_zone(now_, row.time_zone)});
    exposures_.want({row.trader_id, line.second});
    accounts_.want({domain::AccountKind::trader, row.trader_id.value, line.second});
  }
  slots_.send(connection_);
  days_.send(connection_);
  exposures_.send(connection_);
  accounts_.send(connection_);
  const auto answers = connection_.finish();
  slots_.receive(answers[0]);
  days_.receive(answers[1]);
  exposures_.receive(answers[2]);
  accounts_.receive(answers[3]);
}

template <class Row>
std::optional<Row> PostgresLine::look_up(Known<Row>& known, const domain::KeyOf<Row>& key) {
  if (known.find(key) == nullptr) {
    known.want(key);
    known.send(connection_);
    known.receive(connection_.finish().front());
  }
  return *known.find(key);
}

std::optional<domain::Slot> PostgresLine::slot(const domain::SlotId& id) {
  return look_up(slots_, id);
}

std::optional<domain::RequisitesDay> PostgresLine::day(const domain::RequisitesDayId& id) {
  return look_up(days_, id);
}

std::optional<domain::Exposure> PostgresLine::exposure(const domain::ExposureId& id) {
  return look_up(exposures_, id);
}

std::optional<domain::Account> PostgresLine::account(const domain::AccountId& id) {
  return look_up(accounts_, id);
}

std::int64_t PostgresLine::count_off(const std::string& pool, const domain::Currency& currency,
                                     std::int64_t max) {
  Parameters parameters;
  bind(parameters, pool);
  bind(parameters, currency);
  parameters.put_integer(max);
  return connection_.run(count_off_, parameters).integer(0, 0);
}

}  // namespace kassa::store::postgres

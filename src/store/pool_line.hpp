// The line of a pool: its requisites that are on, whose turn it is first, and what they and their
// traders carry. Both who searches for a payin and who lists banks walk it and ask the domain's
// rules.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "domain/candidates.hpp"
#include "store/database.hpp"
#include "store/tables.hpp"

namespace kassa::store {

/// Rows behind a place, one by one.
class LineWalk {
 public:
  virtual ~LineWalk() = default;
  /// With what the rules look at; the rest of the row is not read. Null at the end.
  [[nodiscard]] virtual const domain::Requisites* next() = 0;
};

/// An engine's way to the lines and to what those in them carry.
class LineSource {
 public:
  virtual ~LineSource() = default;

  /// Before the searches of one batch: which amounts they ask for, and about when. What was read
  /// for an earlier batch is not believed any more.
  virtual void begin(const std::vector<std::int64_t>& amounts, domain::Instant now) = 0;

  /// What it is called with must outlive the walk, and so must the source.
  [[nodiscard]] virtual std::unique_ptr<LineWalk> walk(const std::string& pool,
                                                       const domain::Currency& currency,
                                                       const domain::Instant& after_turn,
                                                       const domain::RequisitesId& after_id) = 0;

  [[nodiscard]] virtual std::optional<domain::Slot> slot(const domain::SlotId& id) = 0;
  [[nodiscard]] virtual std::optional<domain::RequisitesDay> day(
      const domain::RequisitesDayId& id) = 0;
  [[nodiscard]] virtual std::optional<domain::Exposure> exposure(const domain::ExposureId& id) = 0;
  [[nodiscard]] virtual std::optional<domain::Account> account(const domain::AccountId& id) = 0;

  /// How many of the line's requisites are off, `max` at most.
  [[nodiscard]] virtual std::int64_t count_off(const std::string& pool,
                                               const domain::Currency& currency,
                                               std::int64_t max) = 0;
};

/// A line behind a place. Parameters: pool, currency, the turn and the id behind which. All that
/// the rules look at is in the index, so a row that is passed over costs no second look.
inline constexpr std::string_view kLineSql = R"sql(
SELECT turn_at, requisites_id, trader_id, methods, bank_symbol, amount_min, amount_max, cool_down_s,
       last_used_at, day_count_max, day_sum_max, time_zone
FROM requisites INDEXED BY requisites_line
WHERE pool = ?1 AND currency = ?2 AND is_on = 1 AND (turn_at, requisites_id) > (?3, ?4)
ORDER BY turn_at, requisites_id
)sql";

/// Parameters: pool, currency, how many at most.
inline constexpr std::string_view kCountOffSql = R"sql(
SELECT count(*) FROM (SELECT 1 FROM requisites INDEXED BY requisites_line
                      WHERE pool = ?1 AND currency = ?2 AND is_on = 0 LIMIT ?3) AS these
)sql";

/// A row of kLineSql; `row` has its pool and currency already.
template <class Source>
void read_line_row(Source& source, domain::Requisites& row) {
  row.turn_at = read_value<domain::Instant>(source, 0);
  row.id = read_value<domain::RequisitesId>(source, 1);
  row.trader_id = read_value<domain::TraderId>(source, 2);
  row.methods = source.text(3);
  row.bank_symbol = source.text(4);
  row.amount_min = source.integer(5);
  row.amount_max = source.integer(6);
  row.cool_down_s = source.integer(7);
  row.last_used_at = read_value<std::optional<domain::Instant>>(source, 8);
  row.day_count_max = source.integer(9);
  row.day_sum_max = source.integer(10);
  row.time_zone = source.text(11);
}

/// Where a look-up costs no more than a row: each is made when it is asked for.
class DirectLine final : public LineSource {
 public:
  explicit DirectLine(Database& db);

  void begin(const std::vector<std::int64_t>& /*amounts*/, domain::Instant /*now*/) override {}
  std::unique_ptr<LineWalk> walk(const std::string& pool, const domain::Currency& currency,
                                 const domain::Instant& after_turn,
                                 const domain::RequisitesId& after_id) override;
  std::optional<domain::Slot> slot(const domain::SlotId& id) override;
  std::optional<domain::RequisitesDay> day(const domain::RequisitesDayId& id) override;
  std::optional<domain::Exposure> exposure(const domain::ExposureId& id) override;
  std::optional<domain::Account> account(const domain::AccountId& id) override;
  std::int64_t count_off(const std::string& pool, const domain::Currency& currency,
                         std::int64_t max) override;

 private:
  Statement line_;
  Statement slot_;
  Statement day_;
  Statement exposure_;
  Statement account_;
  Statement count_off_;
};

/// What is looked up on the way, and what that costs: an effort of 1 is a row of the line, about
/// 0.5 µs, a look-up beside it costs 2. Traders are looked up once.
class LookUps final : public domain::Carried {
 public:
  explicit LookUps(LineSource& source) : source_(source) {}

  void begin(std::int64_t effort) { effort_left_ = effort; }
  void begin_row();
  [[nodiscard]] bool is_over() const { return effort_left_ <= 0; }

  bool is_taken(const domain::SlotId& id, domain::Instant now) override;
  domain::RequisitesDay day(const domain::RequisitesDayId& id) override;
  std::int64_t owed(const domain::ExposureId& id) override;

  /// Of the row at hand, which is offered: the domain would ask for these rows next.
  void hand_over(const domain::Requisites& row, domain::WorkingSet& ws) const;

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

  void count_look_up();
  [[nodiscard]] Debt look_up_debt(const domain::ExposureId& id);

  LineSource& source_;
  std::int64_t effort_left_ = 0;
  std::optional<Looked<domain::Slot>> slot_;  // of the row at hand, if it was asked for
  std::optional<Looked<domain::RequisitesDay>> day_;
  std::unordered_map<domain::ExposureId, Debt> debts_;
};

}  // namespace kassa::store

// The lines of pools in PostgreSQL. A look-up is a round trip there, so rows are fetched page by
// page, each with all that its requisites and traders carry, and kept for the batch: its searches
// walk the same lines.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/pool_line.hpp"
#include "store/postgres/row_queries.hpp"

namespace kassa::store::postgres {

/// Rows of one table that were asked for, and the known absence of the others.
template <class Row>
class Known {
 public:
  Known() : query_("carried " + std::string(Table<Row>::name), find_many_sql<Row>(Lock::none)) {}

  void clear() {
    rows_.clear();
    wanted_.clear();
  }
  void want(const domain::KeyOf<Row>& key) {
    if (rows_.try_emplace(key, std::nullopt).second) wanted_.push_back(key);
  }
  void send(Connection& connection) const { connection.send(query_, key_parameters<Row>(wanted_)); }
  void receive(const Answer& answer) {
    for (auto& row : rows_of<Row>(answer)) rows_[row.key()] = std::move(row);
    wanted_.clear();
  }
  [[nodiscard]] const std::optional<Row>* find(const domain::KeyOf<Row>& key) const {
    const auto found = rows_.find(key);
    return found == rows_.end() ? nullptr : &found->second;
  }

 private:
  Query query_;
  std::unordered_map<domain::KeyOf<Row>, std::optional<Row>> rows_;
  std::vector<domain::KeyOf<Row>> wanted_;
};

class PostgresLine final : public LineSource {
 public:
  /// Inside a transaction of the connection.
  explicit PostgresLine(Connection& connection);

  void begin(const std::vector<std::int64_t>& amounts, domain::Instant now) override;
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
  friend class PagedWalk;
  using Place = std::pair<domain::Instant, domain::RequisitesId>;
  /// A part of a line, without gaps.
  struct Part {
    Place after;
    std::vector<domain::Requisites> rows;
    bool ended = false;  // nothing comes behind it
  };
  using Line = std::pair<std::string, domain::Currency>;

  [[nodiscard]] Part& part_from(const Line& line, const Place& after);
  void fetch_more(const Line& line, Part& part);
  void fetch_carried(const Line& line, const Part& part, std::size_t from);
  template <class Row>
  [[nodiscard]] std::optional<Row> look_up(Known<Row>& known, const domain::KeyOf<Row>& key);

  Connection& connection_;
  Query page_;
  Query count_off_;
  std::set<std::int64_t> amounts_;
  domain::Instant now_;
  std::map<Line, std::vector<std::unique_ptr<Part>>> parts_;
  Known<domain::Slot> slots_;
  Known<domain::RequisitesDay> days_;
  Known<domain::Exposure> exposures_;
  Known<domain::Account> accounts_;
};

}  // namespace kassa::store::postgres

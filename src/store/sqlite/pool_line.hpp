// The line of a pool: its requisites that are on, whose turn it is first, and what they and their
// traders carry. Both who searches for a payin and who lists banks walk it and ask the domain's
// rules.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "domain/candidates.hpp"
#include "store/sqlite/database.hpp"
#include "store/tables.hpp"

namespace kassa::store::sqlite {

/// Prepared once a connection.
struct LineStatements {
  explicit LineStatements(Database& db);

  Statement line;
  Statement slot;
  Statement day;
  Statement exposure;
  Statement account;
};

/// What is looked up on the way, and what that costs: an effort of 1 is a row of the line, about
/// 0.5 µs, a look-up beside it costs 2. Traders are looked up once.
class LookUps final : public domain::Carried {
 public:
  explicit LookUps(LineStatements& statements) : statements_(statements) {}

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

  template <class Row>
  [[nodiscard]] std::optional<Row> look_up(Statement& statement, const domain::KeyOf<Row>& key);
  [[nodiscard]] Debt look_up_debt(const domain::ExposureId& id);

  LineStatements& statements_;
  std::int64_t effort_left_ = 0;
  std::optional<Looked<domain::Slot>> slot_;  // of the row at hand, if it was asked for
  std::optional<Looked<domain::RequisitesDay>> day_;
  std::unordered_map<domain::ExposureId, Debt> debts_;
};

/// Rows behind a place, one by one. What it was made with must outlive it.
class LineWalk {
 public:
  LineWalk(LineStatements& statements, const std::string& pool, const domain::Currency& currency,
           const domain::Instant& after_turn, const domain::RequisitesId& after_id);

  /// With what the rules look at; the rest of the row is not read. Null at the end.
  [[nodiscard]] const domain::Requisites* next();

 private:
  Execution line_;
  domain::Requisites row_;
};

}  // namespace kassa::store::sqlite

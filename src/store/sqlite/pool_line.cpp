#include "store/sqlite/pool_line.hpp"

#include "store/sql.hpp"

namespace kassa::store::sqlite {
namespace {

/// All that the rules look at is in the index, so a row that is passed over costs no second look.
constexpr const char* kLine = R"sql(
SELECT turn_at, requisites_id, trader_id, methods, bank_symbol, amount_min, amount_max, cool_down_s,
       last_used_at, day_count_max, day_sum_max, time_zone
FROM requisites INDEXED BY requisites_line
WHERE pool = ?1 AND currency = ?2 AND is_on = 1 AND (turn_at, requisites_id) > (?3, ?4)
ORDER BY turn_at, requisites_id
)sql";

constexpr std::int64_t kEffortOfRow = 1;
constexpr std::int64_t kEffortOfLookUp = 2;

}  // namespace

LineStatements::LineStatements(Database& db)
    : line(db, "walk the line of a pool", kLine),
      slot(db, "slot of a candidate", find_sql<domain::Slot>('?')),
      day(db, "day of a candidate", find_sql<domain::RequisitesDay>('?')),
      exposure(db, "exposure of a trader", find_sql<domain::Exposure>('?')),
      account(db, "account of a trader", find_sql<domain::Account>('?')) {}

void LookUps::begin_row() {
  effort_left_ -= kEffortOfRow;
  slot_.reset();
  day_.reset();
}

bool LookUps::is_taken(const domain::SlotId& id, domain::Instant now) {
  slot_ = {id, look_up<domain::Slot>(statements_.slot, id)};
  return slot_->row && slot_->row->held_until > now;
}

domain::RequisitesDay LookUps::day(const domain::RequisitesDayId& id) {
  day_ = {id, look_up<domain::RequisitesDay>(statements_.day, id)};
  return day_->row.value_or(domain::RequisitesDay{id, 0, 0});
}

std::int64_t LookUps::owed(const domain::ExposureId& id) {
  auto known = debts_.find(id);
  if (known == debts_.end()) known = debts_.emplace(id, look_up_debt(id)).first;
  const auto& [account, exposure] = known->second;
  return domain::owed_of(account.row ? &*account.row : nullptr,
                         exposure.row ? &*exposure.row : nullptr);
}

void LookUps::hand_over(const domain::Requisites& row, domain::WorkingSet& ws) const {
  if (slot_) ws.slots.put_loaded(slot_->key, slot_->row);
  if (day_) ws.days.put_loaded(day_->key, day_->row);
  const auto debt = debts_.find({row.trader_id, row.currency});
  if (debt == debts_.end()) return;
  ws.accounts.put_loaded(debt->second.account.key, debt->second.account.row);
  ws.exposures.put_loaded(debt->second.exposure.key, debt->second.exposure.row);
}

template <class Row>
std::optional<Row> LookUps::look_up(Statement& statement, const domain::KeyOf<Row>& key) {
  effort_left_ -= kEffortOfLookUp;
  Execution found(statement);
  write_key<Row>(found, key);
  if (!found.step()) return std::nullopt;
  return read_row<Row>(found);
}

LookUps::Debt LookUps::look_up_debt(const domain::ExposureId& id) {
  const domain::AccountId account{domain::AccountKind::trader, id.trader_id.value, id.currency};
  return {{account, look_up<domain::Account>(statements_.account, account)},
          {id, look_up<domain::Exposure>(statements_.exposure, id)}};
}

LineWalk::LineWalk(LineStatements& statements, const std::string& pool,
                   const domain::Currency& currency, const domain::Instant& after_turn,
                   const domain::RequisitesId& after_id)
    : line_(statements.line) {
  line_.bind(pool).bind(currency).bind(after_turn).bind(after_id);
  row_.pool = pool;
  row_.currency = currency;
}

const domain::Requisites* LineWalk::next() {
  if (!line_.step()) return nullptr;
  row_.turn_at = line_.get<domain::Instant>(0);
  row_.id = line_.get<domain::RequisitesId>(1);
  row_.trader_id = line_.get<domain::TraderId>(2);
  row_.methods = line_.text(3);
  row_.bank_symbol = line_.text(4);
  row_.amount_min = line_.integer(5);
  row_.amount_max = line_.integer(6);
  row_.cool_down_s = line_.integer(7);
  row_.last_used_at = line_.get<std::optional<domain::Instant>>(8);
  row_.day_count_max = line_.integer(9);
  row_.day_sum_max = line_.integer(10);
  row_.time_zone = line_.text(11);
  return &row_;
}

}  // namespace kassa::store::sqlite

#include "store/pool_line.hpp"

#include "store/sql.hpp"

namespace kassa::store {
namespace {

constexpr std::int64_t kEffortOfRow = 1;
constexpr std::int64_t kEffortOfLookUp = 2;

class DirectWalk final : public LineWalk {
 public:
  DirectWalk(Statement& line, const std::string& pool, const domain::Currency& currency,
             const domain::Instant& after_turn, const domain::RequisitesId& after_id)
      : line_(line) {
    line_.bind(pool).bind(currency).bind(after_turn).bind(after_id);
    row_.pool = pool;
    row_.currency = currency;
  }

  const domain::Requisites* next() override {
    if (!line_.step()) return nullptr;
    read_line_row(line_, row_);
    return &row_;
  }

 private:
  Execution line_;
  domain::Requisites row_;
};

}  // namespace

DirectLine::DirectLine(Database& db)
    : line_(db, "walk the line of a pool", std::string(kLineSql)),
      slot_(db, "slot of a candidate", find_sql<domain::Slot>('?')),
      day_(db, "day of a candidate", find_sql<domain::RequisitesDay>('?')),
      exposure_(db, "exposure of a trader", find_sql<domain::Exposure>('?')),
      account_(db, "account of a trader", find_sql<domain::Account>('?')),
      count_off_(db, "count requisites that are off", std::string(kCountOffSql)) {}

std::unique_ptr<LineWalk> DirectLine::walk(const std::string& pool,
                                           const domain::Currency& currency,
                                           const domain::Instant& after_turn,
                                           const domain::RequisitesId& after_id) {
  return std::make_unique<DirectWalk>(line_, pool, currency, after_turn, after_id);
}

std::optional<domain::Slot> DirectLine::slot(const domain::SlotId& id) {
  return find_row<domain::Slot>(slot_, id);
}

std::optional<domain::RequisitesDay> DirectLine::day(const domain::RequisitesDayId& id) {
  return find_row<domain::RequisitesDay>(day_, id);
}

std::optional<domain::Exposure> DirectLine::exposure(const domain::ExposureId& id) {
  return find_row<domain::Exposure>(exposure_, id);
}

std::optional<domain::Account> DirectLine::account(const domain::AccountId& id) {
  return find_row<domain::Account>(account_, id);
}

std::int64_t DirectLine::count_off(const std::string& pool, const domain::Currency& currency,
                                   std::int64_t max) {
  Execution rows(count_off_);
  rows.bind(pool).bind(currency).bind(max);
  return rows.step() ? rows.integer(0) : 0;
}

void LookUps::begin_row() {
  effort_left_ -= kEffortOfRow;
  slot_.reset();
  day_.reset();
}

void LookUps::count_look_up() {
  effort_left_ -= kEffortOfLookUp;
}

bool LookUps::is_taken(const domain::SlotId& id, domain::Instant now) {
  count_look_up();
  slot_ = {id, source_.slot(id)};
  return slot_->row && slot_->row->held_until > now;
}

domain::RequisitesDay LookUps::day(const domain::RequisitesDayId& id) {
  count_look_up();
  day_ = {id, source_.day(id)};
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

LookUps::Debt LookUps::look_up_debt(const domain::ExposureId& id) {
  count_look_up();
  count_look_up();
  const domain::AccountId account{domain::AccountKind::trader, id.trader_id.value, id.currency};
  return {{account, source_.account(account)}, {id, source_.exposure(id)}};
}

}  // namespace kassa::store

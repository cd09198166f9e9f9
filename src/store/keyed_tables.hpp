// The tables whose rows are loaded by key into a WorkingSet, in the order in which a batch locks
// them: where its Keys name them and where the WorkingSet holds them.
#pragma once

#include <vector>

#include "store/tables.hpp"

namespace kassa::store {

template <class RowType>
struct KeyedTable {
  using Row = RowType;
  domain::RowTable<Row> domain::WorkingSet::* table;
  std::vector<domain::KeyOf<Row>> domain::Keys::* keys;
};

/// Calls `visit(KeyedTable<Row>)` for each of them.
template <class Visit>
void for_each_keyed_table(Visit&& visit) {
  using domain::Keys;
  using domain::WorkingSet;
  visit(KeyedTable<domain::PaymentKey>{&WorkingSet::payment_keys, &Keys::payment_keys});
  visit(KeyedTable<domain::Payment>{&WorkingSet::payments, &Keys::payments});
  visit(KeyedTable<domain::Delivery>{&WorkingSet::deliveries, &Keys::deliveries});
  visit(KeyedTable<domain::Account>{&WorkingSet::accounts, &Keys::accounts});
  visit(KeyedTable<domain::Requisites>{&WorkingSet::requisites, &Keys::requisites});
  visit(KeyedTable<domain::Slot>{&WorkingSet::slots, &Keys::slots});
  visit(KeyedTable<domain::RequisitesDay>{&WorkingSet::days, &Keys::days});
  visit(KeyedTable<domain::Exposure>{&WorkingSet::exposures, &Keys::exposures});
  visit(KeyedTable<domain::TestClock>{&WorkingSet::clocks, &Keys::clocks});
  visit(KeyedTable<domain::PayoutOrder>{&WorkingSet::payout_orders, &Keys::payout_orders});
  visit(KeyedTable<domain::PayoutTurn>{&WorkingSet::payout_turns, &Keys::payout_turns});
  visit(KeyedTable<domain::Notice>{&WorkingSet::notices, &Keys::notices});
  visit(KeyedTable<domain::Receipt>{&WorkingSet::receipts, &Keys::receipts});
  visit(KeyedTable<domain::Settlement>{&WorkingSet::settlements, &Keys::settlements});
  visit(KeyedTable<domain::SettlementKey>{&WorkingSet::settlement_keys, &Keys::settlement_keys});
  visit(KeyedTable<domain::KeyUse>{&WorkingSet::key_uses, &Keys::key_uses});
}

}  // namespace kassa::store

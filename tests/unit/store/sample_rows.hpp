// Rows for tests of the store: any table's, filled column by column from its declaration, and the
// rows of whole payins that add up, as the domain would have left them.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "store/tables.hpp"
#include "unit/ids.hpp"

namespace kassa::store {

using kassa::test::id_of;

[[nodiscard]] inline domain::Instant at_ms(std::int64_t ms) {
  return domain::instant_of_ms(ms);
}

inline constexpr domain::Currency kKzt{{'K', 'Z', 'T'}};
inline constexpr domain::Currency kTjs{{'T', 'J', 'S'}};

/// Gives each column of a row another value. Seeds of other parity flip every bool.
class Filler {
 public:
  explicit Filler(std::int64_t seed) : next_(seed) {}

  template <class Row>
  [[nodiscard]] Row row() {
    Row row;
    for_each_column<Row>([&](const auto& column) {
      fill(column.of(row));
      using C = typename std::remove_cvref_t<decltype(column)>::CodecType;
      if constexpr (std::same_as<C, BytesCodec>) column.of(row) += std::string("\0\xff\0", 3);
    });
    return row;
  }

 private:
  template <std::integral T>
  void fill(T& value) {
    value = static_cast<T>(next_++);
  }
  void fill(bool& value) { value = next_++ % 2 == 0; }
  template <class T>
    requires std::is_enum_v<T>
  void fill(T& value) {
    value = static_cast<T>(1 + next_++ % 3);
  }
  void fill(domain::Instant& value) { value = at_ms(1'700'000'000'000 + next_++); }
  void fill(std::string& value) {
    value = fmt::format(" text {} with 'quotes' and \xD1\x84 ", next_++);
  }
  void fill(domain::Currency& value) { value = kKzt; }
  void fill(domain::Uuid& value) {
    for (auto& byte : value.bytes) byte = static_cast<std::uint8_t>(next_++);
  }
  template <class Tag>
  void fill(domain::Id<Tag>& value) {
    fill(value.value);
  }
  template <std::size_t N>
  void fill(std::array<std::uint8_t, N>& value) {
    for (auto& byte : value) byte = static_cast<std::uint8_t>(next_++);
  }
  void fill(std::vector<domain::QueuedCallback>& value) {
    value = {{static_cast<std::int32_t>(next_++), false},
             {static_cast<std::int32_t>(next_++), true}};
  }
  template <class T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }

  std::int64_t next_;
};

/// The columns in which two rows differ; empty: the same.
template <class Row>
[[nodiscard]] std::string difference(const Row& a, const Row& b) {
  std::string columns;
  for_each_column<Row>([&](const auto& column) {
    if (column.of(a) != column.of(b)) columns.append(column.name).append(" ");
  });
  return columns;
}

// ---- payins that add up ----------------------------------------------------------------------

struct PayinNames {
  domain::RequestId request_id;
  domain::ProjectId project_id = id_of<domain::ProjectId>(1);
  domain::TraderId trader_id = id_of<domain::TraderId>(1);
  domain::RequisitesId requisites_id = id_of<domain::RequisitesId>(1);
  std::int64_t amount = 10'000;

  [[nodiscard]] domain::AccountId available() const {
    return {domain::AccountKind::available, project_id.value, kKzt};
  }
  [[nodiscard]] domain::AccountId trader() const {
    return {domain::AccountKind::trader, trader_id.value, kKzt};
  }
  [[nodiscard]] domain::AccountId fees() const {
    return {domain::AccountKind::fees, project_id.value, kKzt};
  }
};

/// Payin `n`; each has an amount of its own, so that all may share requisites.
[[nodiscard]] inline PayinNames payin_names(std::uint32_t n) {
  PayinNames names;
  names.request_id = id_of<domain::RequestId>(n);
  names.amount = 10'000 + n;
  return names;
}

inline void add_event(domain::WorkingSet& ws, domain::Payment& payment, domain::Cause cause,
                      domain::State to) {
  domain::PaymentEvent event;
  event.request_id = payment.request_id;
  event.seq = ++payment.last_event;
  event.at = payment.created_at;
  event.cause = cause;
  event.from = payment.state;
  event.to = payment.state = to;
  event.amount = event.old_amount = payment.amount;
  event.callback = to != domain::state::requisites && to != domain::state::new_;
  ws.append(std::move(event));
}

template <class Row>
Row& edit_or_insert(domain::RowTable<Row>& table, Row fresh) {
  const auto key = fresh.key();
  if (table.find(key) == nullptr) table.insert(std::move(fresh));
  return table.edit(key);
}

/// What every payin here reads.
[[nodiscard]] inline domain::Keys keys_of(const PayinNames& names) {
  domain::Keys keys;
  keys.payments = {names.request_id};
  keys.deliveries = {names.request_id};
  keys.accounts = {names.available(), names.trader()};
  keys.exposures = {{names.trader_id, kKzt}};
  keys.slots = {{names.requisites_id, names.amount}};
  return keys;
}

/// Created and looking for requisites; two events.
inline void create_payin(domain::WorkingSet& ws, const PayinNames& names) {
  domain::Payment payment;
  payment.request_id = names.request_id;
  payment.project_id = names.project_id;
  payment.payment_id = "order-" + names.request_id.text();
  payment.amount = payment.old_amount = payment.initial_amount = names.amount;
  payment.currency = kKzt;
  payment.method = "card-p2p";
  payment.pool = "default";
  payment.created_at = payment.updated_at = at_ms(1'000'000);
  payment.expires_at = at_ms(1'600'000);
  payment.due_at = payment.window_at = payment.assign_at = at_ms(1'000'000);
  payment.details.assign(280, 's');  // about what a create's sealed details weigh
  add_event(ws, payment, domain::Cause::created, domain::state::new_);
  add_event(ws, payment, domain::Cause::checked, domain::state::requisites);
  ws.payment_keys.insert({{names.project_id, payment.payment_id},
                          names.request_id,
                          domain::PaymentKind::payin,
                          {1, {}}});
  ws.payments.insert(std::move(payment));
}

/// Given requisites: slot, exposure, event, a callback that waits. Needs keys_of() loaded.
inline void assign_payin(domain::WorkingSet& ws, const PayinNames& names) {
  auto& payment = ws.payments.edit(names.request_id);
  payment.trader_id = names.trader_id;
  payment.requisites_id = names.requisites_id;
  payment.exposed = names.amount;
  payment.assign_at.reset();
  payment.due_at = payment.window_at = payment.expires_at;
  add_event(ws, payment, domain::Cause::assigned, domain::state::awaiting_confirm);
  const domain::SlotId slot{names.requisites_id, names.amount};
  edit_or_insert(ws.slots, {slot, names.request_id, at_ms(1'000'000), at_ms(3'400'000)});
  auto& exposure = edit_or_insert(ws.exposures, domain::Exposure{{names.trader_id, kKzt}, 0});
  exposure.open_amount += names.amount;
  auto& delivery = edit_or_insert(ws.deliveries, domain::Delivery{names.request_id, {}, {}, 0, {}, {}});
  delivery.state = domain::DeliveryState::waiting;
  delivery.queue = {{payment.last_event, false}};
  delivery.next_try_at = at_ms(1'000'000);
}

/// Paid in full, a fee of 1 %: two transfers. Needs keys_of() loaded.
inline void settle_payin(domain::WorkingSet& ws, const PayinNames& names) {
  auto& payment = ws.payments.edit(names.request_id);
  const std::int64_t fee = names.amount / 100;
  payment.settled_amount = names.amount;
  payment.settled_fee = fee;
  payment.exposed = 0;
  payment.due_at.reset();
  payment.window_at.reset();
  add_event(ws, payment, domain::Cause::exact_money, domain::state::success);
  ws.exposures.edit({names.trader_id, kKzt}).open_amount -= names.amount;
  edit_or_insert(ws.accounts, domain::Account{names.available(), 0}).balance += names.amount - fee;
  edit_or_insert(ws.accounts, domain::Account{names.trader(), 0}).balance -= names.amount;
  ws.append(domain::Transfer{0, 0, names.request_id, domain::TransferKind::payin, 0, names.trader(),
                             names.available(), names.amount - fee, at_ms(1'100'000)});
  ws.append(domain::Transfer{0, 0, names.request_id, domain::TransferKind::payin_fee, 0,
                             names.trader(), names.fees(), fee, at_ms(1'100'000)});
  auto& delivery = ws.deliveries.edit(names.request_id);
  delivery.queue.push_back({payment.last_event, true});
}

// ---- settlements -----------------------------------------------------------------------------

/// A pending deposit of project 1, each of another amount.
[[nodiscard]] inline domain::Settlement sample_settlement(std::uint32_t n) {
  domain::Settlement settlement;
  settlement.id = id_of<domain::SettlementId>(0x5E00'0000 + n);
  settlement.kind = domain::SettlementKind::deposit;
  settlement.project_id = id_of<domain::ProjectId>(1);
  settlement.amount = 1'000 + n;
  settlement.currency = kKzt;
  settlement.made_by = "anna";
  settlement.made_at = at_ms(1'000'000);
  settlement.reference = "sealed";
  return settlement;
}

inline void approve_settlement(domain::Settlement& settlement) {
  settlement.status = domain::SettlementStatus::approved;
  settlement.decided_by = "boris";
  settlement.decided_at = at_ms(1'100'000);
}

/// Approved, posted, and in the balances of its accounts, which must be loaded.
inline void post_settlement(domain::WorkingSet& ws, domain::Settlement settlement) {
  approve_settlement(settlement);
  const domain::Transfer transfer = domain::transfer_of(settlement);
  const auto move = [&ws](const domain::AccountId& id, std::int64_t change) {
    if (!domain::has_balance_row(id.kind)) return;
    edit_or_insert(ws.accounts, domain::Account{id, 0}).balance += change;
  };
  move(transfer.debit, -transfer.amount_minor);
  move(transfer.credit, transfer.amount_minor);
  ws.settlements.insert(std::move(settlement));
  ws.append(transfer);
}

}  // namespace kassa::store

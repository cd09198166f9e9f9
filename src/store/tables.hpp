// Every table of the store, declared once. Statements (store/sql.hpp), loading and applying, the
// contract tests and the exports all come from these declarations; only the CREATE TABLE of an
// engine is written by hand, and a test compares it with them.
//
//   key(name, path…)     a column of the primary key, in its order; keys come first
//   fixed(name, path…)   what the row is born with: inserted, never updated (so that an update
//   leaves
//                        the indexes alone that hold it); a change made to it in memory is not kept
//   column(name, path…)  any other
//   bytes(name, path…)   a std::string that holds bytes, not text
//
// A path is the members that lead from the row to the value: (&Payment::state, &State::status).
// For rows with a key() the first member of a key's path is that key, so that the same declaration
// binds a row and a key that has no row yet.
#pragma once

#include <string_view>
#include <tuple>

#include "domain/working_set.hpp"
#include "store/codec.hpp"

namespace kassa::store {

enum class Role : std::uint8_t { key, fixed, value };

template <Role R, class C, class... Path>
struct Column {
  using CodecType = C;
  static constexpr Role role = R;

  std::string_view name;
  std::tuple<Path...> path;

  /// The value inside `row`, to be read or set.
  template <class Row>
  [[nodiscard]] constexpr auto& of(Row& row) const {
    return std::apply([&row](auto... member) -> auto& { return (row.*....*member); }, path);
  }
  /// The value inside a key of the row.
  template <class Key>
  [[nodiscard]] constexpr const auto& of_key(const Key& key) const {
    return std::apply(
        [&key](auto /*to_key*/, auto... member) -> const auto& { return (key.*....*member); },
        path);
  }
};

template <class Pointer>
struct MemberOf;
template <class Class, class Member>
struct MemberOf<Member Class::*> {
  using Type = Member;
};
template <class... Path>
using LeafOf =
    typename MemberOf<std::tuple_element_t<sizeof...(Path) - 1, std::tuple<Path...>>>::Type;

template <class... Path>
[[nodiscard]] constexpr auto key(std::string_view name, Path... path) {
  return Column<Role::key, Codec<LeafOf<Path...>>, Path...>{name, {path...}};
}
template <class... Path>
[[nodiscard]] constexpr auto fixed(std::string_view name, Path... path) {
  return Column<Role::fixed, Codec<LeafOf<Path...>>, Path...>{name, {path...}};
}
template <class... Path>
[[nodiscard]] constexpr auto column(std::string_view name, Path... path) {
  return Column<Role::value, Codec<LeafOf<Path...>>, Path...>{name, {path...}};
}
template <class... Path>
[[nodiscard]] constexpr auto bytes(std::string_view name, Path... path) {
  return Column<Role::value, BytesCodec, Path...>{name, {path...}};
}

template <class Row>
struct Table;

template <>
struct Table<domain::Payment> {
  using Row = domain::Payment;
  using State = domain::State;
  static constexpr std::string_view name = "payments";
  static constexpr auto columns = std::tuple{
      key("request_id", &Row::request_id),
      fixed("project_id", &Row::project_id),
      fixed("clock", &Row::clock),
      fixed("kind", &Row::kind),
      fixed("payment_id", &Row::payment_id),
      column("status", &Row::state, &State::status),
      column("sub_status", &Row::state, &State::sub),
      column("status_description", &Row::status_description),
      column("amount", &Row::amount),
      column("old_amount", &Row::old_amount),
      fixed("initial_amount", &Row::initial_amount),
      fixed("currency", &Row::currency),
      column("method", &Row::method),
      column("payment_system", &Row::payment_system),
      column("widget_method", &Row::widget_method),
      column("bank_symbol", &Row::bank_symbol),
      column("pool", &Row::pool),
      fixed("fee_basis_points", &Row::fee, &domain::FeeRule::basis_points),
      fixed("fee_fixed_minor", &Row::fee, &domain::FeeRule::fixed_minor),
      fixed("lifetime_s", &Row::lifetime_s),
      fixed("created_at", &Row::created_at),
      column("updated_at", &Row::updated_at),
      fixed("expires_at", &Row::expires_at),
      column("window_at", &Row::window_at),
      column("assign_at", &Row::assign_at),
      column("word_at", &Row::word_at),
      column("word", &Row::word),
      column("due_at", &Row::due_at),
      column("trader_id", &Row::trader_id),
      column("requisites_id", &Row::requisites_id),
      column("assigned_day", &Row::assigned_day),
      column("exposed", &Row::exposed),
      column("day_counted", &Row::day_counted),
      column("settled_amount", &Row::settled_amount),
      column("settled_fee", &Row::settled_fee),
      column("corrections", &Row::corrections),
      column("assign_tries", &Row::assign_tries),
      column("was_confirmed", &Row::was_confirmed),
      column("was_appealed", &Row::was_appealed),
      column("frozen", &Row::frozen),
      fixed("own_url_intermediate", &Row::own_urls, &domain::OwnUrls::intermediate),
      fixed("own_url_success", &Row::own_urls, &domain::OwnUrls::success),
      fixed("own_url_decline", &Row::own_urls, &domain::OwnUrls::decline),
      column("last_event", &Row::last_event),
      bytes("details", &Row::details),
      column("held", &Row::held),
      column("orders", &Row::orders),
      column("hand_backs", &Row::hand_backs),
      column("unread", &Row::unread),
      column("returned_amount", &Row::returned_amount),
      column("returns", &Row::returns),
      column("receipts", &Row::receipts),
      column("chosen", &Row::chosen),
  };
};

template <>
struct Table<domain::PaymentKey> {
  using Row = domain::PaymentKey;
  static constexpr std::string_view name = "payment_keys";
  static constexpr auto columns = std::tuple{
      key("project_id", &Row::id, &domain::PaymentKeyId::project_id),
      key("payment_id", &Row::id, &domain::PaymentKeyId::payment_id),
      column("request_id", &Row::request_id),
      column("kind", &Row::kind),
      column("content_key_id", &Row::content, &domain::ContentHash::key_id),
      column("content_hash", &Row::content, &domain::ContentHash::hash),
  };
};

template <>
struct Table<domain::PaymentEvent> {
  using Row = domain::PaymentEvent;
  using State = domain::State;
  static constexpr std::string_view name = "payment_events";
  static constexpr auto columns = std::tuple{
      key("request_id", &Row::request_id),
      key("seq", &Row::seq),
      column("at", &Row::at),
      column("cause", &Row::cause),
      column("actor_kind", &Row::actor, &domain::Actor::kind),
      column("actor_name", &Row::actor, &domain::Actor::name),
      column("from_status", &Row::from, &State::status),
      column("from_sub_status", &Row::from, &State::sub),
      column("to_status", &Row::to, &State::status),
      column("to_sub_status", &Row::to, &State::sub),
      column("status_description", &Row::status_description),
      column("amount", &Row::amount),
      column("old_amount", &Row::old_amount),
      column("method", &Row::method),
      column("widget_method", &Row::widget_method),
      column("requisites_id", &Row::requisites_id),
      column("reason", &Row::reason),
      column("callback", &Row::callback),
      bytes("actor_note", &Row::actor, &domain::Actor::note),
  };
};

template <>
struct Table<domain::Delivery> {
  using Row = domain::Delivery;
  static constexpr std::string_view name = "deliveries";
  static constexpr auto columns = std::tuple{
      key("request_id", &Row::request_id),
      column("state", &Row::state),
      column("queue", &Row::queue),
      column("failed_tries", &Row::failed_tries),
      column("next_try_at", &Row::next_try_at),
      column("claimed_by", &Row::claimed_by),
  };
};

template <>
struct Table<domain::DeliveryAttempt> {
  using Row = domain::DeliveryAttempt;
  static constexpr std::string_view name = "delivery_attempts";
  /// The store's own column, from which readers count `attempt`: it numbers the rows of one key 1,
  /// 2, 3 … as they come. Who reports a replay doesn't know how often the event was tried.
  static constexpr std::string_view ordinal = "ordinal";
  static constexpr auto columns = std::tuple{
      key("request_id", &Row::request_id),
      key("seq", &Row::seq),
      column("at", &Row::at),
      column("result", &Row::result),
      column("http_status", &Row::http_status),
      column("duration_ms", &Row::duration_ms),
      column("replay", &Row::replay),
      column("excerpt", &Row::excerpt),
  };
};

template <>
struct Table<domain::Account> {
  using Row = domain::Account;
  using Id = domain::AccountId;
  static constexpr std::string_view name = "accounts";
  static constexpr auto columns = std::tuple{
      key("kind", &Row::id, &Id::kind),
      key("owner", &Row::id, &Id::owner),
      key("currency", &Row::id, &Id::currency),
      column("balance", &Row::balance),
  };
};

template <>
struct Table<domain::Transfer> {
  using Row = domain::Transfer;
  using Id = domain::AccountId;
  static constexpr std::string_view name = "transfers";
  static constexpr auto columns = std::tuple{
      key("lane", &Row::lane),
      key("seq", &Row::seq),
      column("request_id", &Row::request_id),
      column("kind", &Row::kind),
      column("correction", &Row::correction),
      column("debit_kind", &Row::debit, &Id::kind),
      column("debit_owner", &Row::debit, &Id::owner),
      column("debit_currency", &Row::debit, &Id::currency),
      column("credit_kind", &Row::credit, &Id::kind),
      column("credit_owner", &Row::credit, &Id::owner),
      column("credit_currency", &Row::credit, &Id::currency),
      column("amount_minor", &Row::amount_minor),
      column("at", &Row::at),
      column("chain", &Row::chain),
  };
};

template <>
struct Table<LaneHead> {
  using Row = LaneHead;
  static constexpr std::string_view name = "lane_heads";
  static constexpr auto columns = std::tuple{
      key("lane", &Row::lane),
      column("seq", &Row::seq),
      column("chain", &Row::chain),
  };
};

template <>
struct Table<domain::Requisites> {
  using Row = domain::Requisites;
  static constexpr std::string_view name = "requisites";
  static constexpr auto columns = std::tuple{
      key("requisites_id", &Row::id),
      column("trader_id", &Row::trader_id),
      column("pool", &Row::pool),
      column("currency", &Row::currency),
      column("methods", &Row::methods),
      column("bank_symbol", &Row::bank_symbol),
      column("bank_country", &Row::bank_country),
      column("is_on", &Row::on),
      column("amount_min", &Row::amount_min),
      column("amount_max", &Row::amount_max),
      column("day_count_max", &Row::day_count_max),
      column("day_sum_max", &Row::day_sum_max),
      column("cool_down_s", &Row::cool_down_s),
      column("weight", &Row::weight),
      column("time_zone", &Row::time_zone),
      column("turn_at", &Row::turn_at),
      column("last_used_at", &Row::last_used_at),
      column("created_at", &Row::created_at),
      column("number_mask", &Row::number_mask),
      bytes("number_hash", &Row::number_hash),
      bytes("details", &Row::details),
  };
};

template <>
struct Table<domain::Slot> {
  using Row = domain::Slot;
  static constexpr std::string_view name = "slots";
  static constexpr auto columns = std::tuple{
      key("requisites_id", &Row::id, &domain::SlotId::requisites_id),
      key("amount", &Row::id, &domain::SlotId::amount),
      column("request_id", &Row::request_id),
      column("held_from", &Row::held_from),
      column("held_until", &Row::held_until),
  };
};

template <>
struct Table<domain::SlotHold> {
  using Row = domain::SlotHold;
  static constexpr std::string_view name = "slot_holds";
  static constexpr auto columns = std::tuple{
      key("requisites_id", &Row::slot, &domain::SlotId::requisites_id),
      key("amount", &Row::slot, &domain::SlotId::amount),
      key("held_from", &Row::held_from),
      key("request_id", &Row::request_id),
      column("held_until", &Row::held_until),
  };
};

template <>
struct Table<domain::PayoutOrder> {
  using Row = domain::PayoutOrder;
  static constexpr std::string_view name = "payout_orders";
  static constexpr auto columns = std::tuple{
      key("request_id", &Row::id, &domain::PayoutOrderId::request_id),
      key("number", &Row::id, &domain::PayoutOrderId::number),
      fixed("trader_id", &Row::trader_id),
      column("state", &Row::state),
      fixed("taken_at", &Row::taken_at),
      column("ended_at", &Row::ended_at),
  };
};

template <>
struct Table<domain::PayoutTurn> {
  using Row = domain::PayoutTurn;
  static constexpr std::string_view name = "payout_turns";
  static constexpr auto columns = std::tuple{
      key("trader_id", &Row::trader_id),
      column("in_hand", &Row::in_hand),
      column("turn_at", &Row::turn_at),
  };
};

template <>
struct Table<domain::Notice> {
  using Row = domain::Notice;
  static constexpr std::string_view name = "notices";
  static constexpr auto columns = std::tuple{
      key("notice_id", &Row::id),
      fixed("kind", &Row::kind),
      column("state", &Row::state),
      column("request_id", &Row::request_id),
      fixed("requisites_id", &Row::requisites_id),
      fixed("currency", &Row::currency),
      fixed("amount", &Row::amount),
      fixed("seen_at", &Row::seen_at),
      fixed("recorded_at", &Row::recorded_at),
      fixed("by_kind", &Row::by, &domain::Actor::kind),
      fixed("by_name", &Row::by, &domain::Actor::name),
      column("reason", &Row::reason),
      bytes("details", &Row::details),
      bytes("note", &Row::note),
  };
};

template <>
struct Table<domain::Receipt> {
  using Row = domain::Receipt;
  static constexpr std::string_view name = "receipts";
  static constexpr auto columns = std::tuple{
      key("notice_id", &Row::notice_id),
      fixed("request_id", &Row::request_id),
      fixed("number", &Row::number),
      fixed("kind", &Row::kind),
      fixed("size", &Row::size),
      fixed("created_at", &Row::created_at),
      column("content_key_id", &Row::content, &domain::ContentHash::key_id),
      column("content_hash", &Row::content, &domain::ContentHash::hash),
      column("file", &Row::file),
  };
};

template <>
struct Table<domain::RequisitesDay> {
  using Row = domain::RequisitesDay;
  static constexpr std::string_view name = "requisites_days";
  static constexpr auto columns = std::tuple{
      key("requisites_id", &Row::id, &domain::RequisitesDayId::requisites_id),
      key("day", &Row::id, &domain::RequisitesDayId::day),
      column("count", &Row::count),
      column("sum", &Row::sum),
  };
};

template <>
struct Table<domain::Exposure> {
  using Row = domain::Exposure;
  static constexpr std::string_view name = "exposures";
  static constexpr auto columns = std::tuple{
      key("trader_id", &Row::id, &domain::ExposureId::trader_id),
      key("currency", &Row::id, &domain::ExposureId::currency),
      column("open_amount", &Row::open_amount),
  };
};

template <>
struct Table<domain::TestClock> {
  using Row = domain::TestClock;
  static constexpr std::string_view name = "test_clocks";
  static constexpr auto columns = std::tuple{
      key("clock", &Row::id),
      column("offset_ms", &Row::offset_ms),
  };
};

template <>
struct Table<domain::Settlement> {
  using Row = domain::Settlement;
  static constexpr std::string_view name = "settlements";
  static constexpr auto columns = std::tuple{
      key("settlement_id", &Row::id),
      fixed("kind", &Row::kind),
      column("status", &Row::status),
      fixed("project_id", &Row::project_id),
      fixed("trader_id", &Row::trader_id),
      fixed("payout", &Row::payout),
      fixed("amount", &Row::amount),
      fixed("currency", &Row::currency),
      column("number", &Row::number),
      fixed("made_by", &Row::made_by),
      fixed("made_at", &Row::made_at),
      column("decided_by", &Row::decided_by),
      column("decided_at", &Row::decided_at),
      bytes("reference", &Row::reference),
      bytes("note", &Row::note),
  };
};

template <>
struct Table<domain::SettlementKey> {
  using Row = domain::SettlementKey;
  static constexpr std::string_view name = "settlement_keys";
  static constexpr auto columns = std::tuple{
      key("id", &Row::id),
      column("settlement_id", &Row::settlement_id),
      column("content_key_id", &Row::content, &domain::ContentHash::key_id),
      column("content_hash", &Row::content, &domain::ContentHash::hash),
  };
};

template <>
struct Table<domain::KeyUse> {
  using Row = domain::KeyUse;
  static constexpr std::string_view name = "key_uses";
  static constexpr auto columns = std::tuple{
      key("key_set_id", &Row::id),
      column("first_at", &Row::first_at),
      column("last_at", &Row::last_at),
  };
};

template <>
struct Table<domain::Setting> {
  using Row = domain::Setting;
  static constexpr std::string_view name = "settings";
  static constexpr auto columns = std::tuple{
      key("kind", &Row::id, &domain::SettingId::kind),
      key("id", &Row::id, &domain::SettingId::id),
      key("name", &Row::id, &domain::SettingId::name),
      column("value", &Row::value),
  };
};

/// Every table, for what walks over all of them.
using AllRows =
    std::tuple<domain::Payment, domain::PaymentKey, domain::PaymentEvent, domain::Delivery,
               domain::DeliveryAttempt, domain::Account, domain::Transfer, LaneHead,
               domain::Requisites, domain::Slot, domain::SlotHold, domain::RequisitesDay,
               domain::Exposure, domain::TestClock, domain::PayoutOrder, domain::PayoutTurn,
               domain::Notice, domain::Settlement, domain::SettlementKey, domain::Setting,
               domain::Receipt, domain::KeyUse>;

/// Calls `visit(column)` for each column of the row's table, in order.
template <class Row, class Visit>
constexpr void for_each_column(Visit&& visit) {
  std::apply([&visit](const auto&... column) { (visit(column), ...); }, Table<Row>::columns);
}

template <class Row>
concept NumberedByStore = requires { Table<Row>::ordinal; };

/// Hands every column of `row` to an engine's sink.
template <class Row, class Sink>
void write_row(Sink& sink, const Row& row) {
  for_each_column<Row>([&](const auto& column) {
    write_value<typename std::remove_cvref_t<decltype(column)>::CodecType>(sink, column.of(row));
  });
}

/// Hands the key's columns to a sink.
template <class Row, class Sink>
void write_key(Sink& sink, const domain::KeyOf<Row>& key) {
  for_each_column<Row>([&](const auto& column) {
    using ColumnOf = std::remove_cvref_t<decltype(column)>;
    if constexpr (ColumnOf::role == Role::key) {
      write_value<typename ColumnOf::CodecType>(sink, column.of_key(key));
    }
  });
}

/// A row out of an engine's source, whose columns from `first` on are the table's.
template <class Row, class Source>
[[nodiscard]] Row read_row(Source& source, int first = 0) {
  Row row;
  for_each_column<Row>([&](const auto& column) {
    using C = typename std::remove_cvref_t<decltype(column)>::CodecType;
    auto& value = column.of(row);
    value = read_value<std::remove_cvref_t<decltype(value)>, C>(source, first++);
  });
  return row;
}

}  // namespace kassa::store

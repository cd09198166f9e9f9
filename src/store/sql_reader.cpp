#include "store/sql_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>
#include <tuple>

#include "store/available_banks.hpp"
#include "store/ledger_check.hpp"
#include "store/sealed_columns.hpp"

namespace kassa::store {
namespace {

using domain::RequestId;

constexpr std::size_t kPageMax = 1'000;
/// Payments that one page of a list looks at, whatever its filter: a read stays within its time.
constexpr std::int64_t kPaymentsLookedAtMax = 20'000;
/// Transfers that one page looks at, whatever the filter: a read stays within its time.
constexpr std::int64_t kTransfersLookedAtMax = 50'000;

std::size_t limit_of(const Page& page) {
  return std::clamp<std::size_t>(page.limit, 1, kPageMax);
}

/// Cursors are the last row's key: they stay right while rows are added before or behind them.
template <class Id>
std::optional<Id> id_of_cursor(const std::string& cursor) {
  if (cursor.empty()) return std::nullopt;
  const auto id = Id::parse(cursor);
  if (!id) throw BadCursor();
  return id;
}

struct EventPlace {
  RequestId request_id;
  std::int32_t seq = 0;
};

std::string cursor_of(const EventPlace& place) {
  return fmt::format("{}.{}", place.request_id.text(), place.seq);
}

std::optional<EventPlace> place_of_cursor(const std::string& cursor) {
  if (cursor.empty()) return std::nullopt;
  const auto dot = cursor.find('.');
  if (dot == std::string::npos) throw BadCursor();
  const auto id = RequestId::parse(std::string_view(cursor).substr(0, dot));
  EventPlace place{id.value_or(RequestId{}), 0};
  const char* const end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data() + dot + 1, end, place.seq);
  if (!id || parsed.ec != std::errc{} || parsed.ptr != end) throw BadCursor();
  return place;
}

struct NoticePlace {
  domain::Instant recorded_at = domain::Instant::max();
  domain::NoticeId id;
};

std::string cursor_of(const NoticePlace& place) {
  return fmt::format("{}.{}", place.id.text(), domain::unix_ms(place.recorded_at));
}

NoticePlace notice_place_of_cursor(const std::string& cursor) {
  if (cursor.empty()) return {};
  const auto dot = cursor.find('.');
  if (dot == std::string::npos) throw BadCursor();
  const auto id = domain::NoticeId::parse(std::string_view(cursor).substr(0, dot));
  std::int64_t ms = 0;
  const char* const end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data() + dot + 1, end, ms);
  if (!id || parsed.ec != std::errc{} || parsed.ptr != end) throw BadCursor();
  return {domain::instant_of_ms(ms), *id};
}

struct TransferPlace {
  std::int64_t lane = std::numeric_limits<std::int64_t>::min();
  std::int64_t seq = 0;
};

std::string cursor_of(const TransferPlace& place) {
  return fmt::format("{}.{}", place.lane, place.seq);
}

TransferPlace transfer_place_of_cursor(const std::string& cursor) {
  TransferPlace place;
  if (cursor.empty()) return place;
  const char* const end = cursor.data() + cursor.size();
  const auto lane = std::from_chars(cursor.data(), end, place.lane);
  if (lane.ec != std::errc{} || lane.ptr == end || *lane.ptr != '.') throw BadCursor();
  const auto seq = std::from_chars(lane.ptr + 1, end, place.seq);
  if (seq.ec != std::errc{} || seq.ptr != end) throw BadCursor();
  return place;
}

/// Cuts the row that was read past the limit to see whether there is more.
template <class Row, class CursorOf>
Paged<Row> page_of(std::vector<Row> rows, std::size_t limit, CursorOf cursor_of_row) {
  Paged<Row> page;
  const bool more = rows.size() > limit;
  if (more) rows.resize(limit);
  if (more) page.next_cursor = cursor_of_row(rows.back());
  page.rows = std::move(rows);
  return page;
}

/// The payments of one payment_id, whatever their project: a seek a project, not a scan.
constexpr const char* kByPaymentId = R"sql(
request_id IN (
  WITH RECURSIVE project(id) AS (
    SELECT (SELECT project_id FROM payment_keys ORDER BY project_id LIMIT 1)
    UNION ALL
    SELECT (SELECT project_id FROM payment_keys WHERE project_id > project.id
            ORDER BY project_id LIMIT 1)
    FROM project WHERE project.id IS NOT NULL)
  SELECT k.request_id FROM project JOIN payment_keys AS k
    ON k.project_id = project.id AND k.payment_id = ?3)
)sql";

std::string walk_sql(const std::string& columns, const PaymentFilter& filter) {
  using domain::Status;
  std::string where;
  if (filter.payment_id) {
    where = std::string(kByPaymentId) + "AND request_id < ?1";
  } else if (filter.status == Status::error || filter.status == Status::dispute) {
    where = fmt::format("status = {} AND status IN (1, 3) AND request_id < ?1",
                        static_cast<int>(*filter.status));
  } else if (filter.project_id) {
    where = "project_id = ?2 AND request_id < ?1";
  } else {
    where = "request_id < ?1";
  }
  return fmt::format("SELECT {} FROM payments WHERE {} ORDER BY request_id DESC", columns, where);
}

/// Of the walk's rows those that the filter wants, ?6 at most: told apart where they lie, as those
/// passed over may be thousands. The order is the walk's, of which the outer statement takes the
/// rows one by one and so ends it early. ?5: the status.
std::string wanted_payments_sql(const PaymentFilter& filter) {
  return fmt::format("SELECT * FROM ({}) AS walked WHERE {} AND {} LIMIT ?6", payments_sql(filter),
                     filter.project_id ? "project_id = ?2" : "1 = 1",
                     filter.status ? "status = ?5" : "1 = 1");
}

constexpr std::string_view kBehindTransfer = "WHERE (lane, seq) > (?1, ?2) ORDER BY lane, seq";

/// The same with the transfers behind one, ?3 at most, of which those from ?4 on and before ?5 are
/// wanted.
std::string wanted_transfers_sql() {
  return fmt::format("SELECT * FROM ({}{} LIMIT ?3) AS walked WHERE at >= ?4 AND at < ?5 LIMIT ?6",
                     select_sql<domain::Transfer>(), kBehindTransfer);
}

/// A payment's queue is every told event from its first one on: "4 5 7!" reads as 4. Beside what
/// waits stands what was given up (superseded, parked) and never delivered by hand since. Each part
/// is cut to a page before they meet, so that an outage with a million waiting costs no more
/// memory; one payment more, as the cursor's own may have nothing left.
constexpr const char* kUndelivered = R"sql(
WITH pending(request_id) AS (
  SELECT request_id FROM deliveries INDEXED BY deliveries_due
  WHERE state = 1 AND request_id <= ?1 ORDER BY request_id DESC LIMIT ?3 + 1),
waiting(request_id, seq) AS (
  SELECT e.request_id, e.seq
  FROM pending JOIN deliveries AS d ON d.request_id = pending.request_id
  JOIN payment_events AS e
    ON e.request_id = d.request_id AND e.seq >= CAST(d.queue AS INTEGER) AND e.callback = 1),
given_up(request_id, seq) AS (
  SELECT DISTINCT a.request_id, a.seq
  FROM delivery_attempts AS a INDEXED BY delivery_attempts_given_up
  WHERE a.result IN (3, 4) AND (a.request_id, a.seq) < (?1, ?2)
    AND NOT EXISTS (SELECT 1 FROM delivery_attempts AS b
                    WHERE b.request_id = a.request_id AND b.seq = a.seq AND b.result = 1)
  ORDER BY a.request_id DESC, a.seq DESC LIMIT ?3)
SELECT request_id, seq FROM (SELECT * FROM waiting UNION SELECT * FROM given_up) AS told
WHERE (request_id, seq) < (?1, ?2)
ORDER BY request_id DESC, seq DESC LIMIT ?3
)sql";

/// Balances of the accounts that have no row; ?1: of this owner only, or null.
std::string folded_accounts_sql() {
  std::string kinds;
  for (const auto& rule : domain::kAccountRules) {
    if (rule.has_row) continue;
    kinds += (kinds.empty() ? "" : ", ") + std::to_string(static_cast<int>(rule.kind));
  }
  return fmt::format(
      "SELECT kind, owner, currency, CAST(sum(change) AS BIGINT) FROM ("
      "SELECT debit_kind AS kind, debit_owner AS owner, debit_currency AS currency, "
      "-amount_minor AS change FROM transfers WHERE debit_kind IN ({0}) UNION ALL "
      "SELECT credit_kind, credit_owner, credit_currency, amount_minor FROM transfers "
      "WHERE credit_kind IN ({0})) AS moved WHERE owner = ?1 OR ?1 IS NULL GROUP BY kind, owner, "
      "currency",
      kinds);
}

constexpr RequestId kLastRequestId{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
constexpr domain::SettlementId kLastSettlementId{kLastRequestId.value};

}  // namespace

/// One read transaction with its deadline; it ends with the call.
class SqlReader::Snapshot {
 public:
  enum class Time : std::uint8_t { limited, unlimited };

  explicit Snapshot(SqlReader& reader, Time time = Time::limited) : db_(*reader.db_) {
    db_.begin_snapshot(time == Time::limited ? std::optional(reader.timeout_) : std::nullopt, {});
  }
  /// As long as nobody stops it.
  Snapshot(SqlReader& reader, std::stop_token stop) : db_(*reader.db_) {
    db_.begin_snapshot(std::nullopt, std::move(stop));
  }
  ~Snapshot() { db_.end_snapshot(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& db_;
};

SqlReader::SqlReader(std::unique_ptr<Database> db, MakeLine make_line,
                     std::chrono::milliseconds timeout)
    : timeout_(timeout), db_(std::move(db)), make_line_(make_line) {}

Statement& SqlReader::prepared(std::string_view name, const std::string& sql, Rows rows) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return found->second;
  return prepared_.emplace(sql, Statement(*db_, std::string(name), sql, rows)).first->second;
}

template <class Row, class... Key>
std::vector<Row> SqlReader::rows_of(const std::string& tail, const Key&... key) {
  Execution execution(prepared(Table<Row>::name, select_sql<Row>() + tail));
  (execution.bind(key), ...);
  std::vector<Row> out;
  while (execution.step()) out.push_back(read_row<Row>(execution));
  return out;
}

template <class Row>
std::optional<Row> SqlReader::find(const domain::KeyOf<Row>& key) {
  static const std::string sql = find_sql<Row>('?');
  return find_row<Row>(prepared(Table<Row>::name, sql), key);
}

std::optional<domain::PaymentKey> SqlReader::payment_key(const domain::PaymentKeyId& id) {
  const Snapshot snapshot(*this);
  return find<domain::PaymentKey>(id);
}

std::optional<PaymentView> SqlReader::payment(RequestId id) {
  const Snapshot snapshot(*this);
  auto payment = find<domain::Payment>(id);
  if (!payment) return std::nullopt;
  PaymentView view{std::move(*payment), std::nullopt};
  if (!view.payment.requisites_id.is_nil()) {
    view.requisites = find<domain::Requisites>(view.payment.requisites_id);
  }
  return view;
}

std::vector<domain::PaymentEvent> SqlReader::events(RequestId id) {
  const Snapshot snapshot(*this);
  return rows_of<domain::PaymentEvent>("WHERE request_id = ?1 ORDER BY seq", id);
}

std::optional<domain::PaymentEvent> SqlReader::event(RequestId id, std::int32_t seq) {
  const Snapshot snapshot(*this);
  auto found = rows_of<domain::PaymentEvent>("WHERE request_id = ?1 AND seq = ?2", id, seq);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

/// The ids are one value of 16 bytes each, so that one statement fits any number of them.
std::vector<LastEvent> SqlReader::last_events(const std::vector<domain::RequestId>& ids) {
  static const std::string sql =
      "WITH RECURSIVE place(n) AS "
      "(SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?2) "
      "SELECT p.request_id, p.last_event FROM place JOIN payments AS p "
      "ON p.request_id = substr(?1, 1 + 16 * place.n, 16)";
  std::vector<LastEvent> events;
  if (ids.empty()) return events;
  std::string bytes;
  for (const auto& id : ids) bytes += Codec<domain::RequestId>::encode(id);
  const Snapshot snapshot(*this);
  Execution rows(prepared("last events", sql));
  rows.put_blob(bytes);
  rows.put_integer(static_cast<std::int64_t>(ids.size()));
  while (rows.step()) {
    events.push_back({rows.get<domain::RequestId>(0), static_cast<std::int32_t>(rows.integer(1))});
  }
  return events;
}

std::vector<domain::Transfer> SqlReader::transfers(RequestId id) {
  const Snapshot snapshot(*this);
  if (id.is_nil()) return {};
  return rows_of<domain::Transfer>(
      "INDEXED BY transfers_of_payment WHERE request_id = ?1 "
      "AND request_id <> x'00000000000000000000000000000000' ORDER BY lane, seq",
      id);
}

std::vector<domain::DeliveryAttempt> SqlReader::attempts(RequestId id) {
  const Snapshot snapshot(*this);
  auto found = rows_of<domain::DeliveryAttempt>("WHERE request_id = ?1 ORDER BY seq, ordinal", id);
  std::int32_t tries = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i > 0 && found[i - 1].seq != found[i].seq) tries = 0;
    // Superseded: not tried any more, and so no try.
    const bool tried = found[i].result != domain::AttemptResult::superseded;
    found[i].attempt = tried ? ++tries : 0;
  }
  std::ranges::stable_sort(found, {}, &domain::DeliveryAttempt::at);
  return found;
}

std::optional<domain::Delivery> SqlReader::delivery(RequestId id) {
  const Snapshot snapshot(*this);
  return find<domain::Delivery>(id);
}

std::optional<domain::Requisites> SqlReader::requisites(domain::RequisitesId id) {
  const Snapshot snapshot(*this);
  return find<domain::Requisites>(id);
}

std::vector<DueDelivery> SqlReader::due_deliveries(const DueDelivery& after, domain::Instant until,
                                                   std::size_t limit) {
  const Snapshot snapshot(*this);
  Execution execution(prepared(
      "due deliveries",
      "SELECT next_try_at, request_id, claimed_by FROM deliveries INDEXED BY deliveries_due "
      "WHERE state = 1 AND (next_try_at, request_id) > (?1, ?2) AND next_try_at <= ?3 "
      "ORDER BY next_try_at, request_id LIMIT ?4"));
  execution.bind(after.next_try_at).bind(after.request_id).bind(until);
  execution.bind(static_cast<std::int64_t>(limit));
  std::vector<DueDelivery> due;
  while (execution.step()) {
    due.push_back({execution.get<domain::Instant>(0), execution.get<RequestId>(1),
                   execution.get<domain::GatewayId>(2)});
  }
  return due;
}

std::optional<domain::Instant> SqlReader::next_delivery(domain::Instant after) {
  const Snapshot snapshot(*this);
  Execution execution(prepared("next delivery",
                               "SELECT min(next_try_at) FROM deliveries INDEXED BY deliveries_due "
                               "WHERE state = 1 AND next_try_at > ?1"));
  execution.bind(after);
  if (!execution.step()) return std::nullopt;
  return execution.get<std::optional<domain::Instant>>(0);
}

std::string payments_sql(const PaymentFilter& filter) {
  return walk_sql(column_list<domain::Payment>(), filter) + " LIMIT ?4";
}

Paged<domain::Payment> SqlReader::payments(const PaymentFilter& filter, const Page& page) {
  const RequestId before = id_of_cursor<RequestId>(page.cursor).value_or(kLastRequestId);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  const auto project = filter.project_id.value_or(domain::ProjectId{});
  const auto payment_id = filter.payment_id.value_or("");
  std::vector<domain::Payment> rows;
  {
    Execution row(prepared("list payments", wanted_payments_sql(filter)));
    row.bind(before).bind(project).bind(payment_id).bind(kPaymentsLookedAtMax);
    row.bind(filter.status.value_or(domain::Status::processing));
    row.bind(static_cast<std::int64_t>(limit) + 1);
    while (row.step()) rows.push_back(read_row<domain::Payment>(row));
  }
  auto found = page_of(std::move(rows), limit,
                       [](const domain::Payment& row) { return row.request_id.text(); });
  if (!found.next_cursor.empty()) return found;
  Execution last(
      prepared("end of a list of payments", walk_sql("request_id", filter) + " LIMIT 2 OFFSET ?4"));
  last.bind(before).bind(project).bind(payment_id).bind(kPaymentsLookedAtMax - 1);
  if (!last.step()) return found;
  const auto looked_at_last = last.get<RequestId>(0);
  if (last.step()) found.next_cursor = looked_at_last.text();
  return found;
}

Paged<domain::Requisites> SqlReader::requisites_list(const Page& page) {
  const auto after = id_of_cursor<domain::RequisitesId>(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  return page_of(rows_of<domain::Requisites>(
                     "WHERE requisites_id > ?1 ORDER BY requisites_id LIMIT ?2",
                     after.value_or(domain::RequisitesId{}), static_cast<std::int64_t>(limit) + 1),
                 limit, [](const domain::Requisites& row) { return row.id.text(); });
}

Paged<CallbackView> SqlReader::callbacks(std::optional<RequestId> id, const Page& page) {
  const auto before = place_of_cursor(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  const auto asked = static_cast<std::int64_t>(limit) + 1;
  constexpr std::int32_t kLastSeq = std::numeric_limits<std::int32_t>::max();
  std::vector<domain::PaymentEvent> events;
  if (id) {
    events = rows_of<domain::PaymentEvent>(
        "WHERE request_id = ?1 AND callback = 1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3", *id,
        before ? before->seq : kLastSeq, asked);
  } else {
    const EventPlace from = before.value_or(EventPlace{kLastRequestId, kLastSeq});
    std::vector<EventPlace> places;
    Execution execution(prepared("undelivered callbacks", kUndelivered));
    execution.bind(from.request_id).bind(from.seq).bind(asked);
    while (execution.step()) {
      places.push_back({execution.get<RequestId>(0), execution.get<std::int32_t>(1)});
    }
    for (const EventPlace& place : places) {
      auto found = rows_of<domain::PaymentEvent>("WHERE request_id = ?1 AND seq = ?2",
                                                 place.request_id, place.seq);
      if (!found.empty()) events.push_back(std::move(found.front()));
    }
  }
  std::vector<CallbackView> views;
  views.reserve(events.size());
  for (auto& event : events) views.push_back(callback_view(std::move(event)));
  return page_of(std::move(views), limit, [](const CallbackView& view) {
    return cursor_of({view.event.request_id, view.event.seq});
  });
}

CallbackView SqlReader::callback_view(domain::PaymentEvent event) {
  CallbackView view;
  auto tried = rows_of<domain::DeliveryAttempt>(
      "WHERE request_id = ?1 AND seq = ?2 ORDER BY ordinal DESC LIMIT 1", event.request_id,
      event.seq);
  Execution tries(
      prepared("count attempts",
               "SELECT count(*) FROM delivery_attempts WHERE request_id = ?1 AND seq = ?2 "
               "AND result <> ?3"));
  tries.bind(event.request_id).bind(event.seq).bind(domain::AttemptResult::superseded);
  if (tries.step()) view.tries = tries.get<std::int32_t>(0);
  if (!tried.empty()) {
    view.last_attempt = std::move(tried.front());
    const bool superseded = view.last_attempt->result == domain::AttemptResult::superseded;
    view.last_attempt->attempt = superseded ? 0 : view.tries;
  }
  if (const auto delivery = find<domain::Delivery>(event.request_id)) {
    view.waiting = delivery->state == domain::DeliveryState::waiting &&
                   std::ranges::any_of(delivery->queue, [&event](const auto& queued) {
                     return queued.seq == event.seq;
                   });
  }
  view.event = std::move(event);
  return view;
}

std::optional<domain::Requisites> SqlReader::requisites_of_number(const std::string& hash) {
  const Snapshot snapshot(*this);
  Execution execution(
      prepared("requisites of a number", select_sql<domain::Requisites>() +
                                             "INDEXED BY requisites_number WHERE number_hash = ?1 "
                                             "AND number_hash <> x''"));
  execution.put_blob(hash);
  if (!execution.step()) return std::nullopt;
  return read_row<domain::Requisites>(execution);
}

std::vector<domain::PayoutOrder> SqlReader::payout_orders(RequestId id) {
  const Snapshot snapshot(*this);
  return rows_of<domain::PayoutOrder>("WHERE request_id = ?1 ORDER BY number", id);
}

std::optional<domain::Notice> SqlReader::notice(domain::NoticeId id) {
  const Snapshot snapshot(*this);
  return find<domain::Notice>(id);
}

Paged<domain::Notice> SqlReader::notices(const NoticeFilter& filter, const Page& page) {
  const NoticePlace before = notice_place_of_cursor(page.cursor);
  const Snapshot snapshot(*this);
  std::string tail;
  if (filter.request_id) {
    tail =
        "INDEXED BY notices_of_payment WHERE request_id = ?3 "
        "AND request_id <> x'00000000000000000000000000000000' AND ";
  } else if (filter.state == domain::NoticeState::waiting ||
             filter.state == domain::NoticeState::attached) {
    tail = "INDEXED BY notices_open WHERE state IN (1, 2) AND ";
  } else {
    tail = "INDEXED BY notices_by_time WHERE ";
  }
  tail += "(recorded_at, notice_id) < (?1, ?2)";
  if (filter.state) tail += " AND state = ?4";
  tail += " ORDER BY recorded_at DESC, notice_id DESC LIMIT ?5";
  const std::size_t limit = limit_of(page);
  return page_of(rows_of<domain::Notice>(tail, before.recorded_at, before.id,
                                         filter.request_id.value_or(RequestId{}),
                                         filter.state.value_or(domain::NoticeState::waiting),
                                         static_cast<std::int64_t>(limit) + 1),
                 limit,
                 [](const domain::Notice& row) { return cursor_of({row.recorded_at, row.id}); });
}

std::optional<domain::Receipt> SqlReader::receipt(domain::NoticeId id) {
  const Snapshot snapshot(*this);
  return find<domain::Receipt>(id);
}

std::vector<domain::Receipt> SqlReader::receipts(RequestId id) {
  const Snapshot snapshot(*this);
  return rows_of<domain::Receipt>("WHERE request_id = ?1 ORDER BY number", id);
}

Paged<domain::Receipt> SqlReader::receipts_list(const Page& page) {
  const auto after = id_of_cursor<domain::NoticeId>(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  return page_of(rows_of<domain::Receipt>("WHERE notice_id > ?1 ORDER BY notice_id LIMIT ?2",
                                          after.value_or(domain::NoticeId{}),
                                          static_cast<std::int64_t>(limit) + 1),
                 limit, [](const domain::Receipt& row) { return row.notice_id.text(); });
}

std::optional<domain::Settlement> SqlReader::settlement(domain::SettlementId id) {
  const Snapshot snapshot(*this);
  return find<domain::Settlement>(id);
}

std::optional<domain::SettlementKey> SqlReader::settlement_key(const std::string& id) {
  const Snapshot snapshot(*this);
  return find<domain::SettlementKey>(id);
}

/// No index but the key's: settlements are made by hand, so there are thousands, not millions.
Paged<domain::Settlement> SqlReader::settlements(const SettlementFilter& filter, const Page& page) {
  const auto before = id_of_cursor<domain::SettlementId>(page.cursor);
  const Snapshot snapshot(*this);
  std::string tail = "WHERE settlement_id < ?1";
  if (filter.status) tail += " AND status = ?2";
  if (filter.project_id) tail += " AND project_id = ?3";
  if (filter.trader_id) tail += " AND trader_id = ?4";
  if (filter.payout) tail += " AND payout = ?5";
  tail += " ORDER BY settlement_id DESC LIMIT ?6";

  const std::size_t limit = limit_of(page);
  return page_of(
      rows_of<domain::Settlement>(tail, before.value_or(kLastSettlementId),
                                  filter.status.value_or(domain::SettlementStatus::pending),
                                  filter.project_id.value_or(domain::ProjectId{}),
                                  filter.trader_id.value_or(domain::TraderId{}),
                                  filter.payout.value_or(domain::RequestId{}),
                                  static_cast<std::int64_t>(limit) + 1),
      limit, [](const domain::Settlement& row) { return row.id.text(); });
}

std::vector<BalanceView> SqlReader::balances(domain::ProjectId project) {
  const Snapshot snapshot(*this);
  std::map<domain::Currency, BalanceView> by_currency;
  for (const auto kind : {domain::AccountKind::available, domain::AccountKind::locked}) {
    for (const auto& account : rows_of<domain::Account>(
             "WHERE kind = ?1 AND owner = ?2 ORDER BY currency", kind, project)) {
      BalanceView& view = by_currency[account.id.currency];
      view.currency = account.id.currency;
      (kind == domain::AccountKind::available ? view.available : view.locked) = account.balance;
    }
  }
  std::vector<BalanceView> balances;
  balances.reserve(by_currency.size());
  for (const auto& [currency, view] : by_currency) balances.push_back(view);
  return balances;
}

std::vector<domain::Account> SqlReader::accounts(std::optional<domain::Uuid> owner) {
  const Snapshot snapshot(*this, Snapshot::Time::unlimited);
  auto accounts = rows_of<domain::Account>("WHERE owner = ?1 OR ?1 IS NULL", owner);
  Execution folded(prepared("folded accounts", folded_accounts_sql()));
  folded.bind(owner);
  while (folded.step()) accounts.push_back(read_row<domain::Account>(folded));
  std::ranges::sort(accounts, {}, [](const domain::Account& account) {
    return std::tuple(account.id.currency, account.id.kind, account.id.owner);
  });
  return accounts;
}

Paged<domain::Transfer> SqlReader::ledger(const TransferFilter& filter, const Page& page) {
  const TransferPlace behind = transfer_place_of_cursor(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  std::vector<domain::Transfer> rows;
  {
    Execution row(prepared("ledger", wanted_transfers_sql()));
    row.bind(behind.lane).bind(behind.seq).bind(kTransfersLookedAtMax);
    row.bind(filter.from.value_or(domain::Instant::min()));
    row.bind(filter.to.value_or(domain::Instant::max()));
    row.bind(static_cast<std::int64_t>(limit) + 1);
    while (row.step()) rows.push_back(read_row<domain::Transfer>(row));
  }
  auto found = page_of(std::move(rows), limit, [](const domain::Transfer& row) {
    return cursor_of(TransferPlace{row.lane, row.seq});
  });
  if (!found.next_cursor.empty()) return found;
  Execution last(prepared(
      "end of a page of the ledger",
      "SELECT lane, seq FROM transfers " + std::string(kBehindTransfer) + " LIMIT 2 OFFSET ?3"));
  last.bind(behind.lane).bind(behind.seq).bind(kTransfersLookedAtMax - 1);
  if (!last.step()) return found;
  const TransferPlace looked_at_last{last.integer(0), last.integer(1)};
  if (last.step()) found.next_cursor = cursor_of(looked_at_last);
  return found;
}

std::set<std::string, std::less<>> SqlReader::available_banks(const BankQuery& query) {
  const Snapshot snapshot(*this);
  if (!line_) line_ = make_line_(*db_);
  return store::available_banks(*line_, query);
}

std::optional<domain::KeyUse> SqlReader::key_use(domain::KeySetId id) {
  const Snapshot snapshot(*this);
  return find<domain::KeyUse>(id);
}

Paged<SealedRow> SqlReader::sealed_rows(domain::SealedPlace place, const Page& page) {
  const auto after = place_of_cursor(page.cursor);
  const SealedColumn column = sealed_column(place);
  const Snapshot snapshot(*this);
  Execution execution(prepared("sealed rows", sealed_rows_sql(place, '?')));
  // Bytes: the empty ones sort before every id, the nil one included.
  const std::string behind(after ? Codec<RequestId>::encode(after->request_id) : "");
  execution.put_blob(behind);
  const auto limit = static_cast<std::int64_t>(limit_of(page));
  execution.bind(limit);
  if (!column.seq.empty()) execution.bind(after ? after->seq : 0);
  Paged<SealedRow> found;
  std::int64_t seen = 0;
  EventPlace last;
  while (execution.step()) {
    ++seen;
    last.request_id = execution.get<RequestId>(0);
    if (!column.seq.empty()) last.seq = execution.get<std::int32_t>(2);
    SealedRow row{last.request_id.value, last.seq, std::string(execution.blob(1)), {}};
    if (row.blob.empty()) continue;
    if (!column.number_hash.empty()) row.number_hash = execution.blob(2);
    found.rows.push_back(std::move(row));
  }
  if (seen == limit) found.next_cursor = cursor_of(last);
  return found;
}

domain::TestClock SqlReader::test_clock(domain::ClockId id) {
  const Snapshot snapshot(*this);
  return find<domain::TestClock>(id).value_or(domain::TestClock{id, 0});
}

std::map<domain::SettingId, std::string> SqlReader::settings(std::int64_t& version) {
  const Snapshot snapshot(*this);
  std::map<domain::SettingId, std::string> settings;
  for (auto& setting : rows_of<domain::Setting>("ORDER BY kind, id, name")) {
    settings.emplace(std::move(setting.id), std::move(setting.value));
  }
  Execution execution(
      prepared("configuration version", "SELECT value FROM meta WHERE name = 'config_version'"));
  version = execution.step() ? execution.integer(0) : 0;
  return settings;
}

LedgerReport SqlReader::check_ledger(std::stop_token stop) {
  const Snapshot snapshot(*this, std::move(stop));
  return store::check_ledger(*db_);
}

std::int64_t SqlReader::frozen_payments() {
  const Snapshot snapshot(*this);
  Execution total(prepared("count frozen", "SELECT count(*) FROM payments WHERE frozen = 1"));
  return total.step() ? total.integer(0) : 0;
}

}  // namespace kassa::store

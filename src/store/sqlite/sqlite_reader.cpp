#include "store/sqlite/sqlite_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/ledger_check.hpp"

namespace kassa::store::sqlite {
namespace {

using domain::RequestId;

constexpr std::size_t kPageMax = 1'000;

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
    SELECT min(project_id) FROM payment_keys
    UNION ALL
    SELECT (SELECT min(project_id) FROM payment_keys WHERE project_id > project.id)
    FROM project WHERE project.id IS NOT NULL)
  SELECT k.request_id FROM project JOIN payment_keys AS k
    ON k.project_id = project.id AND k.payment_id = ?3)
)sql";

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
SELECT request_id, seq FROM (SELECT * FROM waiting UNION SELECT * FROM given_up)
WHERE (request_id, seq) < (?1, ?2)
ORDER BY request_id DESC, seq DESC LIMIT ?3
)sql";

constexpr RequestId kLastRequestId{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
constexpr domain::SettlementId kLastSettlementId{kLastRequestId.value};

}  // namespace

/// One read transaction with its deadline; it ends with the call.
class SqliteReader::Snapshot {
 public:
  enum class Time : std::uint8_t { limited, unlimited };

  explicit Snapshot(SqliteReader& reader, Time time = Time::limited) : reader_(reader) {
    if (time == Time::limited) {
      reader_.db_.set_deadline(std::chrono::steady_clock::now() + reader.timeout_);
    }
    Execution(reader_.begin_).run();
  }
  ~Snapshot() {
    reader_.db_.set_deadline(std::nullopt);
    reader_.db_.rollback();
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  SqliteReader& reader_;
};

SqliteReader::SqliteReader(const std::string& name, std::chrono::milliseconds timeout)
    : timeout_(timeout),
      db_(open_connection(name, Database::Mode::read_only)),
      begin_(db_, "begin reading", "BEGIN") {}

Statement& SqliteReader::prepared(std::string_view name, const std::string& sql) {
  const auto found = prepared_.find(sql);
  if (found != prepared_.end()) return found->second;
  return prepared_.emplace(sql, Statement(db_, std::string(name), sql)).first->second;
}

template <class Row, class... Key>
std::vector<Row> SqliteReader::rows(const std::string& tail, const Key&... key) {
  Execution execution(prepared(Table<Row>::name, select_sql<Row>() + tail));
  (execution.bind(key), ...);
  std::vector<Row> out;
  while (execution.step()) out.push_back(read_row<Row>(execution));
  return out;
}

template <class Row>
std::optional<Row> SqliteReader::find(const domain::KeyOf<Row>& key) {
  static const std::string sql = find_sql<Row>('?');
  Execution execution(prepared(Table<Row>::name, sql));
  write_key<Row>(execution, key);
  if (!execution.step()) return std::nullopt;
  return read_row<Row>(execution);
}

std::optional<domain::PaymentKey> SqliteReader::payment_key(const domain::PaymentKeyId& id) {
  const Snapshot snapshot(*this);
  return find<domain::PaymentKey>(id);
}

std::optional<PaymentView> SqliteReader::payment(RequestId id) {
  const Snapshot snapshot(*this);
  auto payment = find<domain::Payment>(id);
  if (!payment) return std::nullopt;
  PaymentView view{std::move(*payment), std::nullopt};
  if (!view.payment.requisites_id.is_nil()) {
    view.requisites = find<domain::Requisites>(view.payment.requisites_id);
  }
  return view;
}

std::vector<domain::PaymentEvent> SqliteReader::events(RequestId id) {
  const Snapshot snapshot(*this);
  return rows<domain::PaymentEvent>("WHERE request_id = ?1 ORDER BY seq", id);
}

std::optional<domain::PaymentEvent> SqliteReader::event(RequestId id, std::int32_t seq) {
  const Snapshot snapshot(*this);
  auto found = rows<domain::PaymentEvent>("WHERE request_id = ?1 AND seq = ?2", id, seq);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<domain::Transfer> SqliteReader::transfers(RequestId id) {
  const Snapshot snapshot(*this);
  if (id.is_nil()) return {};
  return rows<domain::Transfer>(
      "INDEXED BY transfers_of_payment WHERE request_id = ?1 "
      "AND request_id <> x'00000000000000000000000000000000' ORDER BY lane, seq",
      id);
}

std::vector<domain::DeliveryAttempt> SqliteReader::attempts(RequestId id) {
  const Snapshot snapshot(*this);
  return rows<domain::DeliveryAttempt>("WHERE request_id = ?1 ORDER BY at, seq, ordinal", id);
}

std::optional<domain::Delivery> SqliteReader::delivery(RequestId id) {
  const Snapshot snapshot(*this);
  return find<domain::Delivery>(id);
}

std::optional<domain::Requisites> SqliteReader::requisites(domain::RequisitesId id) {
  const Snapshot snapshot(*this);
  return find<domain::Requisites>(id);
}

std::vector<DueDelivery> SqliteReader::due_deliveries(domain::Instant until, std::size_t limit) {
  const Snapshot snapshot(*this);
  Execution execution(
      prepared("due deliveries",
               "SELECT next_try_at, request_id FROM deliveries INDEXED BY deliveries_due "
               "WHERE state = 1 AND next_try_at <= ?1 ORDER BY next_try_at, request_id LIMIT ?2"));
  execution.bind(until).bind(static_cast<std::int64_t>(limit));
  std::vector<DueDelivery> due;
  while (execution.step()) {
    due.push_back({execution.get<domain::Instant>(0), execution.get<RequestId>(1)});
  }
  return due;
}

std::optional<domain::Instant> SqliteReader::next_delivery() {
  const Snapshot snapshot(*this);
  Execution execution(prepared(
      "next delivery",
      "SELECT min(next_try_at) FROM deliveries INDEXED BY deliveries_due WHERE state = 1"));
  if (!execution.step()) return std::nullopt;
  return execution.get<std::optional<domain::Instant>>(0);
}

Paged<domain::Payment> SqliteReader::payments(const PaymentFilter& filter, const Page& page) {
  const auto before = id_of_cursor<RequestId>(page.cursor);
  const Snapshot snapshot(*this);
  std::string tail = "WHERE request_id < ?1";
  if (filter.project_id) tail += " AND project_id = ?2";
  if (filter.payment_id) tail.append(" AND ").append(kByPaymentId);
  if (filter.status) tail += " AND status = ?4";
  tail += " ORDER BY request_id DESC LIMIT ?5";

  const std::size_t limit = limit_of(page);
  const auto project = filter.project_id.value_or(domain::ProjectId{});
  const auto payment_id = filter.payment_id.value_or("");
  const auto status = filter.status.value_or(domain::Status::error);
  return page_of(rows<domain::Payment>(tail, before.value_or(kLastRequestId), project, payment_id,
                                       status, static_cast<std::int64_t>(limit) + 1),
                 limit, [](const domain::Payment& row) { return row.request_id.text(); });
}

Paged<domain::Requisites> SqliteReader::requisites_list(const Page& page) {
  const auto after = id_of_cursor<domain::RequisitesId>(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  return page_of(rows<domain::Requisites>(
                     "WHERE requisites_id > ?1 ORDER BY requisites_id LIMIT ?2",
                     after.value_or(domain::RequisitesId{}), static_cast<std::int64_t>(limit) + 1),
                 limit, [](const domain::Requisites& row) { return row.id.text(); });
}

Paged<CallbackView> SqliteReader::callbacks(std::optional<RequestId> id, const Page& page) {
  const auto before = place_of_cursor(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  const auto asked = static_cast<std::int64_t>(limit) + 1;
  constexpr std::int32_t kLastSeq = std::numeric_limits<std::int32_t>::max();
  std::vector<domain::PaymentEvent> events;
  if (id) {
    events = rows<domain::PaymentEvent>(
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
      auto found = rows<domain::PaymentEvent>("WHERE request_id = ?1 AND seq = ?2",
                                              place.request_id, place.seq);
      if (!found.empty()) events.push_back(std::move(found.front()));
    }
  }
  std::vector<CallbackView> views;
  for (auto& event : events) views.push_back(callback_view(std::move(event)));
  return page_of(std::move(views), limit, [](const CallbackView& view) {
    return cursor_of({view.event.request_id, view.event.seq});
  });
}

CallbackView SqliteReader::callback_view(domain::PaymentEvent event) {
  CallbackView view;
  auto tried = rows<domain::DeliveryAttempt>(
      "WHERE request_id = ?1 AND seq = ?2 ORDER BY ordinal DESC LIMIT 1", event.request_id,
      event.seq);
  if (!tried.empty()) view.last_attempt = std::move(tried.front());
  Execution tries(
      prepared("count attempts",
               "SELECT count(*) FROM delivery_attempts WHERE request_id = ?1 AND seq = ?2"));
  tries.bind(event.request_id).bind(event.seq);
  if (tries.step()) view.tries = tries.get<std::int32_t>(0);
  if (const auto delivery = find<domain::Delivery>(event.request_id)) {
    view.waiting = delivery->state == domain::DeliveryState::waiting &&
                   std::ranges::any_of(delivery->queue, [&event](const auto& queued) {
                     return queued.seq == event.seq;
                   });
  }
  view.event = std::move(event);
  return view;
}

std::optional<domain::Requisites> SqliteReader::requisites_of_number(const std::string& hash) {
  const Snapshot snapshot(*this);
  Execution execution(
      prepared("requisites of a number", select_sql<domain::Requisites>() +
                                             "INDEXED BY requisites_number WHERE number_hash = ?1 "
                                             "AND number_hash <> x''"));
  execution.put_blob(hash);
  if (!execution.step()) return std::nullopt;
  return read_row<domain::Requisites>(execution);
}

std::vector<domain::PayoutOrder> SqliteReader::payout_orders(RequestId id) {
  const Snapshot snapshot(*this);
  return rows<domain::PayoutOrder>("WHERE request_id = ?1 ORDER BY number", id);
}

std::optional<domain::Notice> SqliteReader::notice(domain::NoticeId id) {
  const Snapshot snapshot(*this);
  return find<domain::Notice>(id);
}

Paged<domain::Notice> SqliteReader::notices(const NoticeFilter& filter, const Page& page) {
  const auto before = id_of_cursor<domain::NoticeId>(page.cursor);
  const Snapshot snapshot(*this);
  std::string tail;
  if (filter.request_id) {
    tail =
        "INDEXED BY notices_of_payment WHERE notice_id < ?1 AND request_id = ?2 "
        "AND request_id <> x'00000000000000000000000000000000'";
  } else if (filter.state == domain::NoticeState::waiting ||
             filter.state == domain::NoticeState::attached) {
    tail = "INDEXED BY notices_open WHERE state IN (1, 2) AND notice_id < ?1";
  } else {
    tail = "WHERE notice_id < ?1";
  }
  if (filter.state) tail += " AND state = ?3";
  tail += " ORDER BY notice_id DESC LIMIT ?4";
  const std::size_t limit = limit_of(page);
  constexpr domain::NoticeId kLast{kLastRequestId.value};
  return page_of(
      rows<domain::Notice>(tail, before.value_or(kLast), filter.request_id.value_or(RequestId{}),
                           filter.state.value_or(domain::NoticeState::waiting),
                           static_cast<std::int64_t>(limit) + 1),
      limit, [](const domain::Notice& row) { return row.id.text(); });
}

std::optional<domain::Receipt> SqliteReader::receipt(domain::NoticeId id) {
  const Snapshot snapshot(*this);
  return find<domain::Receipt>(id);
}

std::vector<domain::Receipt> SqliteReader::receipts(RequestId id) {
  const Snapshot snapshot(*this);
  return rows<domain::Receipt>("WHERE request_id = ?1 ORDER BY number", id);
}

Paged<domain::Receipt> SqliteReader::receipts_list(const Page& page) {
  const auto after = id_of_cursor<domain::NoticeId>(page.cursor);
  const Snapshot snapshot(*this);
  const std::size_t limit = limit_of(page);
  return page_of(rows<domain::Receipt>("WHERE notice_id > ?1 ORDER BY notice_id LIMIT ?2",
                                       after.value_or(domain::NoticeId{}),
                                       static_cast<std::int64_t>(limit) + 1),
                 limit, [](const domain::Receipt& row) { return row.notice_id.text(); });
}

std::optional<domain::Settlement> SqliteReader::settlement(domain::SettlementId id) {
  const Snapshot snapshot(*this);
  return find<domain::Settlement>(id);
}

std::optional<domain::SettlementKey> SqliteReader::settlement_key(const std::string& id) {
  const Snapshot snapshot(*this);
  return find<domain::SettlementKey>(id);
}

/// No index but the key's: settlements are made by hand, so there are thousands, not millions.
Paged<domain::Settlement> SqliteReader::settlements(const SettlementFilter& filter,
                                                    const Page& page) {
  const auto before = id_of_cursor<domain::SettlementId>(page.cursor);
  const Snapshot snapshot(*this);
  std::string tail = "WHERE settlement_id < ?1";
  if (filter.status) tail += " AND status = ?2";
  if (filter.project_id) tail += " AND project_id = ?3";
  if (filter.trader_id) tail += " AND trader_id = ?4";
  if (filter.payout) tail += " AND payout = ?5";
  tail += " ORDER BY settlement_id DESC LIMIT ?6";

  const std::size_t limit = limit_of(page);
  return page_of(rows<domain::Settlement>(tail, before.value_or(kLastSettlementId),
                                          filter.status.value_or(domain::SettlementStatus::pending),
                                          filter.project_id.value_or(domain::ProjectId{}),
                                          filter.trader_id.value_or(domain::TraderId{}),
                                          filter.payout.value_or(domain::RequestId{}),
                                          static_cast<std::int64_t>(limit) + 1),
                 limit, [](const domain::Settlement& row) { return row.id.text(); });
}

std::vector<BalanceView> SqliteReader::balances(domain::ProjectId project) {
  const Snapshot snapshot(*this);
  std::map<domain::Currency, BalanceView> by_currency;
  for (const auto kind : {domain::AccountKind::available, domain::AccountKind::locked}) {
    for (const auto& account :
         rows<domain::Account>("WHERE kind = ?1 AND owner = ?2 ORDER BY currency", kind, project)) {
      BalanceView& view = by_currency[account.id.currency];
      view.currency = account.id.currency;
      (kind == domain::AccountKind::available ? view.available : view.locked) = account.balance;
    }
  }
  std::vector<BalanceView> balances;
  for (const auto& [currency, view] : by_currency) balances.push_back(view);
  return balances;
}

std::vector<std::string> SqliteReader::available_banks(const std::vector<std::string>& pools,
                                                       std::optional<domain::Currency> currency,
                                                       const std::string& method) {
  const Snapshot snapshot(*this);
  std::string sql =
      "SELECT DISTINCT bank_symbol FROM requisites INDEXED BY requisites_line "
      "WHERE pool = ?1 AND is_on = 1";
  if (currency) sql += " AND currency = ?2";
  if (!method.empty()) sql += " AND instr(methods, ?3) > 0";
  const std::string spaced = " " + method + " ";
  const std::string code = currency ? currency->text() : "";
  std::set<std::string> banks;
  for (const auto& pool : pools) {
    Execution execution(prepared("available banks", sql));
    execution.bind(pool);
    if (currency || !method.empty()) execution.bind(code);
    if (!method.empty()) execution.bind(spaced);
    while (execution.step()) banks.emplace(execution.text(0));
  }
  return {banks.begin(), banks.end()};
}

domain::TestClock SqliteReader::test_clock(domain::ClockId id) {
  const Snapshot snapshot(*this);
  return find<domain::TestClock>(id).value_or(domain::TestClock{id, 0});
}

std::map<domain::SettingId, std::string> SqliteReader::settings(std::int64_t& version) {
  const Snapshot snapshot(*this);
  std::map<domain::SettingId, std::string> settings;
  for (auto& setting : rows<domain::Setting>("ORDER BY kind, id, name")) {
    settings.emplace(std::move(setting.id), std::move(setting.value));
  }
  Execution execution(
      prepared("configuration version", "SELECT value FROM meta WHERE name = 'config_version'"));
  version = execution.step() ? execution.integer(0) : 0;
  return settings;
}

LedgerReport SqliteReader::check_ledger() {
  const Snapshot snapshot(*this, Snapshot::Time::unlimited);
  return sqlite::check_ledger(db_);
}

std::int64_t SqliteReader::frozen_payments() {
  const Snapshot snapshot(*this);
  Execution total(prepared("count frozen", "SELECT count(*) FROM payments WHERE frozen = 1"));
  return total.step() ? total.integer(0) : 0;
}

std::vector<std::pair<std::string, std::int64_t>> SqliteReader::counts() {
  const Snapshot snapshot(*this, Snapshot::Time::unlimited);
  std::vector<std::pair<std::string, std::int64_t>> counts;
  Execution states(prepared("count payments",
                            "SELECT status, sub_status, count(*) FROM payments "
                            "GROUP BY status, sub_status ORDER BY status, sub_status"));
  while (states.step()) {
    const domain::State state{states.get<domain::Status>(0), states.get<domain::SubStatus>(1)};
    counts.emplace_back("payments " + domain::text(state), states.integer(2));
  }
  for (const std::string table : {"payment_events", "transfers"}) {
    Execution total(prepared("count " + table, "SELECT count(*) FROM " + table));
    if (total.step()) counts.emplace_back(table, total.integer(0));
  }
  return counts;
}

}  // namespace kassa::store::sqlite

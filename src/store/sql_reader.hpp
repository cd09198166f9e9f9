// A reader of a store that speaks SQL: its own connection. Each call is one read transaction, so it
// sees one snapshot of what is committed, and ends after the read timeout (`check_ledger` and
// `accounts`, which read everything, take the time they need).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/database.hpp"
#include "store/pool_line.hpp"
#include "store/sql.hpp"

namespace kassa::store {

/// The rows that a list of payments walks, newest first, by an index that is as near to its filter
/// as there is one; what doesn't fit is passed over. ?1: behind this one, ?2: the project, ?3: the
/// payment_id, ?4: how many at most.
[[nodiscard]] std::string payments_sql(const PaymentFilter& filter);

class SqlReader final : public Reader {
 public:
  /// How this engine walks the lines of pools, over the reader's own connection.
  using MakeLine = std::unique_ptr<LineSource> (*)(Database& db);

  SqlReader(std::unique_ptr<Database> db, MakeLine make_line, std::chrono::milliseconds timeout);

  std::optional<domain::PaymentKey> payment_key(const domain::PaymentKeyId& id) override;
  std::optional<PaymentView> payment(domain::RequestId id) override;
  std::vector<domain::PaymentEvent> events(domain::RequestId id) override;
  std::optional<domain::PaymentEvent> event(domain::RequestId id, std::int32_t seq) override;
  std::vector<LastEvent> last_events(const std::vector<domain::RequestId>& ids) override;
  std::vector<domain::Transfer> transfers(domain::RequestId id) override;
  std::vector<domain::DeliveryAttempt> attempts(domain::RequestId id) override;
  std::optional<domain::Delivery> delivery(domain::RequestId id) override;
  std::optional<domain::Requisites> requisites(domain::RequisitesId id) override;
  std::vector<DueDelivery> due_deliveries(const DueDelivery& after, domain::Instant until,
                                          std::size_t limit) override;
  std::optional<domain::Instant> next_delivery(domain::Instant after) override;
  Paged<domain::Payment> payments(const PaymentFilter& filter, const Page& page) override;
  Paged<domain::Requisites> requisites_list(const Page& page) override;
  Paged<CallbackView> callbacks(std::optional<domain::RequestId> id, const Page& page) override;
  std::optional<domain::Requisites> requisites_of_number(const std::string& hash) override;
  std::vector<domain::PayoutOrder> payout_orders(domain::RequestId id) override;
  std::optional<domain::Notice> notice(domain::NoticeId id) override;
  Paged<domain::Notice> notices(const NoticeFilter& filter, const Page& page) override;
  std::optional<domain::Receipt> receipt(domain::NoticeId id) override;
  std::vector<domain::Receipt> receipts(domain::RequestId id) override;
  Paged<domain::Receipt> receipts_list(const Page& page) override;
  std::optional<domain::Settlement> settlement(domain::SettlementId id) override;
  std::optional<domain::SettlementKey> settlement_key(const std::string& id) override;
  Paged<domain::Settlement> settlements(const SettlementFilter& filter, const Page& page) override;
  std::vector<BalanceView> balances(domain::ProjectId project) override;
  std::vector<domain::Account> accounts(std::optional<domain::Uuid> owner) override;
  Paged<domain::Transfer> ledger(const TransferFilter& filter, const Page& page) override;
  std::set<std::string, std::less<>> available_banks(const BankQuery& query) override;
  domain::TestClock test_clock(domain::ClockId id) override;
  std::optional<domain::KeyUse> key_use(domain::KeySetId id) override;
  Paged<SealedRow> sealed_rows(domain::SealedPlace place, const Page& page) override;
  std::map<domain::SettingId, std::string> settings(std::int64_t& version) override;
  LedgerReport check_ledger(std::stop_token stop) override;
  std::int64_t frozen_payments() override;

 private:
  class Snapshot;

  /// The statement of this text, prepared once.
  [[nodiscard]] Statement& prepared(std::string_view name, const std::string& sql,
                                    Rows rows = Rows::few);
  template <class Row, class... Key>
  [[nodiscard]] std::vector<Row> rows_of(const std::string& tail, const Key&... key);
  template <class Row>
  [[nodiscard]] std::optional<Row> find(const domain::KeyOf<Row>& key);
  [[nodiscard]] CallbackView callback_view(domain::PaymentEvent event);

  std::chrono::milliseconds timeout_;
  std::unique_ptr<Database> db_;
  MakeLine make_line_;
  std::unique_ptr<LineSource> line_;  // made when it is asked for
  std::unordered_map<std::string, Statement> prepared_;
};

}  // namespace kassa::store

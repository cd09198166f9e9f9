// A reader of a SQLite store: its own read-only connection. Each call is one read transaction, so
// it sees one snapshot of what is committed, and ends after the read timeout (`check_ledger` and
// `counts`, which read everything, take the time they need).
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "store/sql.hpp"
#include "store/sqlite/database.hpp"

namespace kassa::store::sqlite {

class SqliteReader final : public Reader {
 public:
  SqliteReader(const std::string& name, std::chrono::milliseconds timeout);

  std::optional<domain::PaymentKey> payment_key(const domain::PaymentKeyId& id) override;
  std::optional<PaymentView> payment(domain::RequestId id) override;
  std::vector<domain::PaymentEvent> events(domain::RequestId id) override;
  std::optional<domain::PaymentEvent> event(domain::RequestId id, std::int32_t seq) override;
  std::vector<domain::Transfer> transfers(domain::RequestId id) override;
  std::vector<domain::DeliveryAttempt> attempts(domain::RequestId id) override;
  std::optional<domain::Delivery> delivery(domain::RequestId id) override;
  std::optional<domain::Requisites> requisites(domain::RequisitesId id) override;
  std::vector<DueDelivery> due_deliveries(domain::Instant until, std::size_t limit) override;
  std::optional<domain::Instant> next_delivery() override;
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
  std::vector<std::string> available_banks(const std::vector<std::string>& pools,
                                           std::optional<domain::Currency> currency,
                                           const std::string& method) override;
  domain::TestClock test_clock(domain::ClockId id) override;
  std::map<domain::SettingId, std::string> settings(std::int64_t& version) override;
  LedgerReport check_ledger() override;
  std::int64_t frozen_payments() override;
  std::vector<std::pair<std::string, std::int64_t>> counts() override;

 private:
  class Snapshot;

  /// The statement of this text, prepared once.
  [[nodiscard]] Statement& prepared(std::string_view name, const std::string& sql);
  template <class Row, class... Key>
  [[nodiscard]] std::vector<Row> rows(const std::string& tail, const Key&... key);
  template <class Row>
  [[nodiscard]] std::optional<Row> find(const domain::KeyOf<Row>& key);
  [[nodiscard]] CallbackView callback_view(domain::PaymentEvent event);

  std::chrono::milliseconds timeout_;
  Database db_;
  Statement begin_;
  std::unordered_map<std::string, Statement> prepared_;
};

}  // namespace kassa::store::sqlite

// The writer of a PostgreSQL store. See store/store.hpp for what each call promises; one thread.
//
//   begin        one round trip: BEGIN and the configuration's version
//   load         one: a statement for each table, rows locked table by table and key by key
//   apply        one: a statement for each table's new and one for its changed rows
//   commit       one
//
// Its lane is one that no other writer has: an advisory lock of its session, so that it ends with
// the session, and whoever lost it has lost what they had not committed too. Each batch leaves an
// id in its lane's row, by which a commit that was lost on the way is looked up.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>

#include "store/candidates.hpp"
#include "store/keyed_tables.hpp"
#include "store/postgres/postgres_line.hpp"
#include "store/postgres/row_queries.hpp"
#include "store/transfer_chain.hpp"

namespace kassa::store::postgres {

/// Test clocks are read by every command of their project and moved by few, so they are not locked,
/// but looked at again at the end (`ask_clocks_again`).
template <class Row>
inline constexpr Lock kLockOf = std::same_as<Row, domain::TestClock> ? Lock::none : Lock::wait;

/// What the writer does with the rows of one table.
template <class Row>
struct RowQueries {
  Query find{"find in " + std::string(Table<Row>::name), find_many_sql<Row>(kLockOf<Row>)};
  Query insert{"insert into " + std::string(Table<Row>::name), insert_many_sql<Row>()};
  Query update{"update " + std::string(Table<Row>::name), update_many_sql<Row>()};
};

template <class Row>
struct AppendQuery {
  Query insert{"append to " + std::string(Table<Row>::name), insert_many_sql<Row>()};
};

class PostgresWriter final : public Writer {
 public:
  explicit PostgresWriter(std::unique_ptr<Connection> connection);

  void begin() override;
  std::int64_t lane() override { return lane_; }
  void load(const domain::Keys& keys, domain::WorkingSet& ws) override;
  std::vector<DuePayment> due_payments(domain::ClockId clock, domain::Instant until,
                                       std::size_t limit) override;
  std::optional<domain::Instant> next_due(domain::ClockId clock) override;
  std::int64_t lock_clock(domain::ClockId clock) override;
  void wait_for_due(domain::ClockId clock, domain::Instant until) override;
  Surroundings look_around() override;
  std::int64_t config_version() override;
  void apply(const domain::WorkingSet& ws, std::int64_t lane, domain::Instant live_clock) override;
  void commit() override;
  bool was_committed() override;
  void rollback() noexcept override;
  domain::Instant live_clock_mark() override;

 private:
  /// What is to be done with the answers of a round trip, in their order.
  using Receive = std::function<void(const Answer&)>;

  void take_lane();
  void ask(const Query& query, const Parameters& parameters, Receive receive);
  void receive();

  template <class Row>
  void ask_rows(const std::vector<domain::KeyOf<Row>>& keys, domain::RowTable<Row>& table);
  void ask_attached(const std::vector<domain::RequestId>& payments, domain::WorkingSet& ws);
  void ask_earlier_holders(const std::vector<domain::SlotMoment>& moments, domain::WorkingSet& ws);
  void ask_numbers(const std::vector<std::string>& hashes, domain::WorkingSet& ws);
  void ask_gateways(const std::vector<domain::GatewayId>& gateways, domain::WorkingSet& ws);
  void load_candidates(const std::vector<domain::CandidateQuery>& queries, domain::WorkingSet& ws);

  void ask_clocks_again(const domain::RowTable<domain::TestClock>& clocks);
  template <class Row>
  void apply_rows(const domain::RowTable<Row>& table);
  template <class Row>
  void append(const AppendQuery<Row>& query, const std::vector<Row>& rows);
  template <class Row>
  void insert(const Query& query, const std::vector<const Row*>& rows);
  void reseal(const std::vector<domain::Resealed>& rows);
  void append_transfers(const std::vector<domain::Transfer>& transfers, std::int64_t lane);
  LaneHead head_of(std::int64_t lane);
  void apply_config(const domain::WorkingSet::ConfigChange& change);
  void mark_batch(domain::Instant live_clock);

  std::unique_ptr<Connection> connection_;
  std::vector<Receive> receives_;
  std::int64_t lane_ = 0;
  std::int64_t config_version_ = 0;
  std::string writer_;  // names this object in the store, whatever session it has
  std::string batch_;   // the last one that was applied
  ChainHasher hasher_;
  std::unordered_map<std::int64_t, LaneHead> heads_;  // of lanes; a missing one: ask the store

  std::tuple<RowQueries<domain::PaymentKey>, RowQueries<domain::Payment>,
             RowQueries<domain::Delivery>, RowQueries<domain::Account>,
             RowQueries<domain::Requisites>, RowQueries<domain::Slot>,
             RowQueries<domain::RequisitesDay>, RowQueries<domain::Exposure>,
             RowQueries<domain::TestClock>, RowQueries<domain::PayoutOrder>,
             RowQueries<domain::PayoutTurn>, RowQueries<domain::Notice>,
             RowQueries<domain::Receipt>, RowQueries<domain::Settlement>,
             RowQueries<domain::SettlementKey>, RowQueries<domain::KeyUse>, RowQueries<LaneHead>>
      queries_;
  AppendQuery<domain::PaymentEvent> events_;
  AppendQuery<domain::Transfer> transfers_;
  AppendQuery<domain::DeliveryAttempt> attempts_;
  AppendQuery<domain::SlotHold> slot_holds_;
  PostgresLine line_;
  CandidateSearch candidates_;

  std::vector<Query> reseal_;  // by SealedPlace

  Query new_writer_;
  Query forget_writers_;
  Query take_lane_;
  Query begin_;
  Query version_;
  Query commit_;
  Query rollback_;
  Query lock_candidates_;
  Query attached_notices_;
  Query earlier_holders_;
  Query numbers_;
  Query gateways_;
  Query due_payments_;
  Query due_on_test_clock_;
  Query next_due_;
  Query lock_clock_;
  Query offset_of_clock_;
  Query wait_for_due_;
  Query clocks_;
  Query frozen_;
  Query live_clock_;
  Query mark_batch_;
  Query find_batch_;
  Query delete_settings_;
  Query put_settings_;
  Query put_version_;
};

}  // namespace kassa::store::postgres

// The writer of a SQLite store. See store/store.hpp for what each call promises; one thread.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "store/candidates.hpp"
#include "store/sql.hpp"
#include "store/sqlite/checkpointer.hpp"
#include "store/sqlite/database.hpp"
#include "store/transfer_chain.hpp"

namespace kassa::store::sqlite {

/// What the writer does with the rows of one table.
template <class Row>
struct RowStatements {
  explicit RowStatements(Database& db)
      : find(db, "find in " + std::string(Table<Row>::name), find_sql<Row>('?')),
        insert(db, "insert into " + std::string(Table<Row>::name), insert_sql<Row>('?')),
        update(db, "update " + std::string(Table<Row>::name), update_sql<Row>('?')) {}

  Statement find;
  Statement insert;
  Statement update;
};

template <class Row>
struct AppendStatement {
  explicit AppendStatement(Database& db)
      : insert(db, "append to " + std::string(Table<Row>::name), insert_sql<Row>('?')) {}

  Statement insert;
};

class SqliteWriter final : public Writer {
 public:
  /// `checkpointer` may be null (in memory) and outlives the writer.
  SqliteWriter(const std::string& name, Checkpointer* checkpointer);

  void begin() override;
  std::int64_t lane() override { return 1; }
  void load(const domain::Keys& keys, domain::WorkingSet& ws) override;
  std::vector<DuePayment> due_payments(domain::ClockId clock, domain::Instant until,
                                       std::size_t limit) override;
  std::optional<domain::Instant> next_due(domain::ClockId clock) override;
  std::int64_t lock_clock(domain::ClockId clock) override;
  void wait_for_due(domain::ClockId, domain::Instant) override {}  // there is nobody else
  Surroundings look_around() override;
  std::int64_t config_version() override;
  void apply(const domain::WorkingSet& ws, std::int64_t lane, domain::Instant live_clock) override;
  void commit() override;
  bool was_committed() override;
  void rollback() noexcept override;
  domain::Instant live_clock_mark() override;

  /// A disk that is full from this many pages on: a batch that needs more is refused as `full`.
  void limit_pages(std::int64_t pages);

 private:
  static int on_commit(void* self, sqlite3* db, const char* name, int frames);

  void load_attached(const std::vector<domain::RequestId>& payments, domain::WorkingSet& ws);
  void load_earlier_holders(const std::vector<domain::SlotMoment>& moments, domain::WorkingSet& ws);
  void load_candidates(const std::vector<domain::CandidateQuery>& queries, domain::WorkingSet& ws);
  void append(const domain::WorkingSet& ws, std::int64_t lane);
  void append_transfers(const std::vector<domain::Transfer>& transfers, std::int64_t lane);
  void reseal(const domain::Resealed& row);
  LaneHead head_of(std::int64_t lane);
  std::optional<domain::ClockId> clock_behind(std::optional<domain::ClockId> clock);
  void apply_config(const domain::WorkingSet::ConfigChange& change);
  std::int64_t meta(const std::string& name);
  void raise_meta(const std::string& name, std::int64_t value);

  Checkpointer* checkpointer_;
  std::int64_t wal_frames_ = 0;  // after the last commit
  ChainHasher hasher_;
  std::unordered_map<std::int64_t, LaneHead> heads_;  // of lanes; a missing one: ask the store

  Database db_;
  Statement begin_{db_, "begin", "BEGIN IMMEDIATE"};
  Statement commit_{db_, "commit", "COMMIT"};

  RowStatements<domain::PaymentKey> payment_keys_{db_};
  RowStatements<domain::Payment> payments_{db_};
  RowStatements<domain::Delivery> deliveries_{db_};
  RowStatements<domain::Account> accounts_{db_};
  RowStatements<domain::Requisites> requisites_{db_};
  RowStatements<domain::Slot> slots_{db_};
  RowStatements<domain::RequisitesDay> days_{db_};
  RowStatements<domain::Exposure> exposures_{db_};
  RowStatements<domain::TestClock> clocks_{db_};
  RowStatements<domain::PayoutOrder> payout_orders_{db_};
  RowStatements<domain::PayoutTurn> payout_turns_{db_};
  RowStatements<domain::Notice> notices_{db_};
  RowStatements<domain::Receipt> receipts_{db_};
  RowStatements<domain::Settlement> settlements_{db_};
  RowStatements<domain::SettlementKey> settlement_keys_{db_};
  RowStatements<domain::KeyUse> key_uses_{db_};
  RowStatements<domain::Setting> settings_{db_};
  RowStatements<LaneHead> lane_heads_{db_};
  AppendStatement<domain::PaymentEvent> events_{db_};
  AppendStatement<domain::Transfer> transfers_{db_};
  AppendStatement<domain::DeliveryAttempt> attempts_{db_};
  AppendStatement<domain::SlotHold> slot_holds_{db_};
  DirectLine line_{db_};
  CandidateSearch candidates_{line_};

  Statement due_payments_;
  Statement next_due_;
  Statement number_taken_;
  Statement attached_notices_;
  Statement earlier_holders_;
  Statement next_clock_;
  Statement frozen_;
  Statement delete_setting_;
  Statement meta_;
  Statement raise_meta_;
  std::array<std::optional<Statement>, domain::kSealedPlaces.size()>
      reseal_;  // made when asked for
};

}  // namespace kassa::store::sqlite

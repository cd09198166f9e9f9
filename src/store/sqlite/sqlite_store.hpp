// A store in one SQLite file, owned by this process, or in memory (sqlite::memory:).
//
// In memory there is one database for as long as the Store lives; a reader then waits for the batch
// that is open, as SQLite has no snapshots there. That is for the simulator and tests.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "store/sqlite/checkpointer.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/owner_lock.hpp"

namespace kassa::store::sqlite {

class SqliteStore final : public Store {
 public:
  /// `place`: what stands after "sqlite:" in the URL.
  SqliteStore(const std::string& place, const StoreOptions& options);

  std::unique_ptr<Writer> open_writer() override;
  std::unique_ptr<Reader> open_reader() override;
  ReceiptFiles& receipt_files() override { return *receipts_; }
  std::int32_t schema_version() override;
  [[nodiscard]] bool is_shared() const override { return false; }
  std::int64_t wal_bytes() override;

  /// Schema versions before and after it was opened.
  [[nodiscard]] std::pair<std::int32_t, std::int32_t> migrated() const { return migrated_; }

 private:
  void migrate(const StoreOptions& options);
  void open_receipts(const std::string& place);

  std::string name_;                // a path, or the URI of a database in memory
  std::optional<OwnerLock> lock_;   // before any connection, and held longer than all
  bool created_ = false;            // this process made the file
  std::optional<Database> schema_;  // keeps a database in memory alive
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<ReceiptFiles> receipts_;
  std::chrono::milliseconds read_timeout_;
  std::pair<std::int32_t, std::int32_t> migrated_;
  bool writer_opened_ = false;
};

}  // namespace kassa::store::sqlite

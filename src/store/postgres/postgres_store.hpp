// A store in a PostgreSQL database, which any number of gateways may have open.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "store/postgres/connection.hpp"
#include "store/postgres/receipt_chunks.hpp"

namespace kassa::store::postgres {

class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const StoreOptions& options);

  /// Whether the database holds a store.
  [[nodiscard]] static bool exists(const std::string& url);

  std::unique_ptr<Writer> open_writer() override;
  std::unique_ptr<Reader> open_reader() override;
  std::unique_ptr<Talk> open_talk() override;
  std::unique_ptr<Membership> open_membership() override;
  ReceiptFiles& receipt_files() override { return receipts_; }
  std::int32_t schema_version() override;
  [[nodiscard]] bool is_shared() const override { return true; }
  std::int64_t wal_bytes() override { return 0; }  // the server's own affair

  /// Schema versions before and after it was opened.
  [[nodiscard]] std::pair<std::int32_t, std::int32_t> migrated() const { return migrated_; }

 private:
  void migrate(const StoreOptions& options);

  std::string url_;
  std::chrono::milliseconds read_timeout_;
  std::shared_ptr<Outage> outage_ = std::make_shared<Outage>();
  std::pair<std::int32_t, std::int32_t> migrated_;
  ReceiptChunks receipts_;
};

}  // namespace kassa::store::postgres

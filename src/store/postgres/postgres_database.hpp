// store/database.hpp over PostgreSQL: what readers, the ledger's check and the walk along a line
// ask through. Statements that answer many rows are cursors, fetched in growing pages.
#pragma once

#include <memory>
#include <string>

#include "store/postgres/connection.hpp"

namespace kassa::store::postgres {

class PostgresDatabase final : public Database {
 public:
  /// Its connection is opened when the first snapshot begins.
  explicit PostgresDatabase(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  std::unique_ptr<Prepared> prepare(const std::string& name, const std::string& sql,
                                    Rows rows) override;
  void begin_snapshot(std::optional<std::chrono::milliseconds> timeout,
                      std::stop_token stop) override;
  void end_snapshot() noexcept override;

  [[nodiscard]] Connection& connection() { return *connection_; }

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace kassa::store::postgres

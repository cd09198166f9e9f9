// The sealed files of receipts in PostgreSQL: a table of parts that nothing else is read or written
// with, by transactions of their own on a connection of their own, so that no batch and no reader
// waits for ten megabytes.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "store/postgres/connection.hpp"

namespace kassa::store::postgres {

class ReceiptChunks final : public ReceiptFiles {
 public:
  explicit ReceiptChunks(std::unique_ptr<Connection> connection);

  void put(domain::ReceiptFileId id, std::string_view sealed) override;
  std::optional<std::string> get(domain::ReceiptFileId id) override;
  std::optional<std::string> head(domain::ReceiptFileId id) override;
  bool has(domain::ReceiptFileId id) override;
  void remove(domain::ReceiptFileId id) override;

  /// Of a crash between a file and its row. Those of the last hour stay: another gateway's row may
  /// be on its way.
  void remove_orphans();

 private:
  [[nodiscard]] Answer run(const Query& query, const Parameters& parameters);

  std::mutex mutex_;  // one call at a time
  std::unique_ptr<Connection> connection_;
  Query put_;
  Query get_;
  Query head_;
  Query has_;
  Query remove_;
  Query remove_orphans_;
};

}  // namespace kassa::store::postgres

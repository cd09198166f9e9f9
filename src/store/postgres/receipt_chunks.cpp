#include "store/postgres/receipt_chunks.hpp"

namespace kassa::store::postgres {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;

constexpr const char* kRemoveOrphans =
    "DELETE FROM receipt_chunks AS c WHERE c.stored_at < now() - interval '1 hour' "
    "AND NOT EXISTS (SELECT 1 FROM receipts AS r WHERE r.file = c.file)";

Parameters parameters_of(domain::ReceiptFileId id) {
  Parameters parameters;
  write_value<Codec<domain::ReceiptFileId>>(parameters, id);
  return parameters;
}

}  // namespace

ReceiptChunks::ReceiptChunks(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)),
      put_("put a part of a receipt",
           "INSERT INTO receipt_chunks (file, number, bytes) VALUES ($1, $2, $3)"),
      get_("get a receipt", "SELECT bytes FROM receipt_chunks WHERE file = $1 ORDER BY number"),
      has_("find a receipt", "SELECT 1 FROM receipt_chunks WHERE file = $1 AND number = 1"),
      remove_("remove a receipt", "DELETE FROM receipt_chunks WHERE file = $1"),
      remove_orphans_("remove receipts without a row", kRemoveOrphans) {}

/// Statements that are sent together are one transaction.
void ReceiptChunks::put(domain::ReceiptFileId id, std::string_view sealed) {
  const std::lock_guard lock(mutex_);
  connection_->open();
  std::int64_t number = 0;
  do {
    Parameters parameters = parameters_of(id);
    parameters.put_integer(++number);
    parameters.put_blob(sealed.substr(0, kChunkBytes));
    connection_->send(put_, parameters);
    sealed.remove_prefix(std::min(sealed.size(), kChunkBytes));
  } while (!sealed.empty());
  (void)connection_->finish();
}

std::optional<std::string> ReceiptChunks::get(domain::ReceiptFileId id) {
  const Answer chunks = run(get_, parameters_of(id));
  if (chunks.rows() == 0) return std::nullopt;
  std::string sealed;
  for (int i = 0; i < chunks.rows(); ++i) sealed += chunks.bytes(i, 0);
  return sealed;
}

bool ReceiptChunks::has(domain::ReceiptFileId id) {
  return run(has_, parameters_of(id)).rows() == 1;
}

void ReceiptChunks::remove(domain::ReceiptFileId id) {
  (void)run(remove_, parameters_of(id));
}

void ReceiptChunks::remove_orphans() {
  (void)run(remove_orphans_, {});
}

Answer ReceiptChunks::run(const Query& query, const Parameters& parameters) {
  const std::lock_guard lock(mutex_);
  connection_->open();
  return connection_->run(query, parameters);
}

}  // namespace kassa::store::postgres

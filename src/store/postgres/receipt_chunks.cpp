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
      head_("head of a receipt", "SELECT substring(bytes FOR " + std::to_string(kReceiptHeadBytes) +
                                     ") FROM receipt_chunks WHERE file = $1 AND number = 1"),
      has_("find a receipt", "SELECT 1 FROM receipt_chunks WHERE file = $1 AND number = 1"),
      remove_("remove a receipt", "DELETE FROM receipt_chunks WHERE file = $1"),
      remove_orphans_("remove receipts without a row", kRemoveOrphans) {}

/// Statements that are sent together are one transaction.
void ReceiptChunks::put(domain::ReceiptFileId id, std::string_view sealed) {
  const std::lock_guard lock(mutex_);
  connection_->open();
  connection_->send(remove_, parameters_of(id));  // what has the id is replaced
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

std::optional<std::string> ReceiptChunks::head(domain::ReceiptFileId id) {
  const Answer first = run(head_, parameters_of(id));
  return first.rows() == 0 ? std::nullopt : std::optional<std::string>(first.bytes(0, 0));
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

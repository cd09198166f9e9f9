#include "store/receipt_check.hpp"

namespace kassa::store {
namespace {

constexpr std::size_t kSentencesMax = 100;
constexpr std::size_t kPageRows = 1'000;

}  // namespace

std::vector<std::string> missing_receipts(Reader& reader, ReceiptFiles& files,
                                          std::stop_token stop) {
  std::vector<std::string> missing;
  Page page{"", kPageRows};
  do {
    if (stop.stop_requested()) throw StoreError(StoreError::Kind::busy, "the check was stopped");
    auto found = reader.receipts_list(page);
    for (const auto& receipt : found.rows) {
      if (files.has(receipt.file)) continue;
      missing.push_back("payment " + receipt.request_id.text() + ": the file of receipt " +
                        std::to_string(receipt.number) + " is missing");
      if (missing.size() >= kSentencesMax) return missing;
    }
    page.cursor = std::move(found.next_cursor);
  } while (!page.cursor.empty());
  return missing;
}

}  // namespace kassa::store

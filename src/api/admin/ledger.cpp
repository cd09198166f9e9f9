// The books, recomputed from their transfers.
#include "api/admin/desk.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {

namespace {

constexpr std::size_t kProblemsMax = 100;

/// Each receipt's file must be there: it was on disk before its row was.
void check_receipt_files(Gateway& gateway, store::LedgerReport& report) {
  const auto reader = gateway.readers.borrow();
  store::Page page{"", 1'000};
  do {
    auto found = reader->receipts_list(page);
    for (const auto& receipt : found.rows) {
      if (report.problems.size() >= kProblemsMax) return;
      if (gateway.store.receipt_files().has(receipt.file)) continue;
      report.problems.push_back("payment " + receipt.request_id.text() + ": the file of receipt " +
                                std::to_string(receipt.number) + " is missing");
    }
    page.cursor = std::move(found.next_cursor);
  } while (!page.cursor.empty());
}

}  // namespace

http::Response check_ledger(Gateway& gateway, Fields&) {
  auto report = gateway.readers.borrow()->check_ledger();
  check_receipt_files(gateway, report);
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("clean", report.problems.empty())
      .member("transfers", report.transfers)
      .member("accounts", report.accounts)
      .member("payments", report.payments)
      .member("settlements", report.settlements)
      .key("problems")
      .begin_array();
  for (const auto& problem : report.problems) json.value(problem);
  json.end_array().end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

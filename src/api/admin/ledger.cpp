// The books, recomputed from their transfers.
#include "api/admin/desk.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {

http::Response check_ledger(Gateway& gateway, Fields&) {
  store::LedgerReport report;
  try {
    report = gateway.readers.borrow()->check_ledger(gateway.stopping.get_token());
  } catch (const store::StoreError&) {
    if (!gateway.stopping.stop_requested()) throw;
    return error_response({.code = protocol::ErrorCode::kUnavailable,
                           .description = "Kassa is shutting down; check again later."});
  }
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("clean", report.problems.empty())
      .member("transfers", report.transfers)
      .member("accounts", report.accounts)
      .member("payments", report.payments)
      .key("problems")
      .begin_array();
  for (const auto& problem : report.problems) json.value(problem);
  json.end_array().end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

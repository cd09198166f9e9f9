// The books, recomputed from their transfers.
#include "api/admin/desk.hpp"
#include "ops/crypto.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {

http::Response check_ledger(Gateway& gateway, Fields&) {
  const auto report = gateway.readers.borrow()->check_ledger();
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object()
      .member("clean", report.problems.empty())
      .member("transfers", report.transfers)
      .member("accounts", report.accounts)
      .member("payments", report.payments)
      .key("lanes")
      .begin_array();
  for (const auto& head : report.heads) {
    json.begin_object()
        .member("lane", head.lane)
        .member("seq", head.seq)
        .member("chain", ops::hex(head.chain))
        .end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const auto& problem : report.problems) json.value(problem);
  json.end_array().end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

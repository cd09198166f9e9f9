// The operators' desk: what the command line (and later a console) asks and orders, as JSON calls
// under /admin/v1. Served on the local socket only; where nobody owns the store the command line
// calls the same functions in its own process.
//
// Calls may wait for a commit or read much, so they run on a thread of their own, not on the I/O
// threads that serve merchants.
#pragma once

#include <functional>

#include "api/admin/fields.hpp"
#include "api/gateway.hpp"
#include "api/work_queue.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {

/// One call: reads its fields; if these are in order does its work and answers JSON.
using DeskCall = http::Response (*)(Gateway& gateway, Fields& fields);

struct DeskRoute {
  std::string_view path;  // "payment/show"
  DeskCall call;
};
/// Every call there is.
[[nodiscard]] std::span<const DeskRoute> desk_routes();

class Desk {
 public:
  explicit Desk(Gateway& gateway);
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  void add_routes(http::Router& router);

  /// Carries out a call in the caller's thread. `path` without the "/admin/v1/" in front.
  [[nodiscard]] http::Response call(std::string_view path, std::string_view body);

 private:
  struct Job {
    DeskCall call;
    std::string body;
    http::Responder responder;
  };

  Gateway& gateway_;
  WorkQueue<Job> jobs_;  // of a few threads, so that a slow call holds up no other
};

/// 422 with every wrong field; an empty optional when nothing is wrong.
[[nodiscard]] std::optional<http::Response> wrong_fields(const Fields& fields);

/// The payment that the fields name: by our id, or by the merchant's inside its project.
[[nodiscard]] std::optional<domain::RequestId> find_payment(Gateway& gateway, Fields& fields);
[[nodiscard]] http::Response no_such_payment();
/// A payment in a few words, as the answer of a command about it.
[[nodiscard]] std::string payment_summary(const domain::Answer& answer);
/// The project that the field `project_id` names; lives in `config`, null if there is none.
[[nodiscard]] const domain::Project* find_project(const domain::Config& config, Fields& fields);
[[nodiscard]] http::Response no_such_project();
/// The field `as`: an operator who is on (docs/settlements.md); else the field is wrong.
[[nodiscard]] std::string acting_operator(Gateway& gateway, Fields& fields);
/// The field `note`, sealed as what is written beside an event of this payment; empty if absent.
[[nodiscard]] domain::Sealed sealed_note(Gateway& gateway, Fields& fields, domain::RequestId id);
/// What was sealed for the row of this id, as text; nothing where nothing was, or where it can't be
/// opened.
[[nodiscard]] std::optional<std::string> unsealed(const Gateway& gateway, std::string_view table,
                                                  const domain::Uuid& row,
                                                  const domain::Sealed& sealed);
/// A page of a list: the fields `cursor` and `limit`.
[[nodiscard]] store::Page page_of(Fields& fields);

/// What a command of the desk came to: the body if it was carried out, else the refusal.
[[nodiscard]] http::Response carry_out(
    Gateway& gateway, domain::Command command,
    const std::function<std::string(const domain::Answer&)>& body);

/// What moved, as an object.
void write_transfer(protocol::JsonWriter& json, const domain::Transfer& transfer);  // payments.cpp

// The calls, a file a subject.
[[nodiscard]] http::Response create_merchant(Gateway&, Fields&);  // people.cpp
[[nodiscard]] http::Response create_trader(Gateway&, Fields&);
[[nodiscard]] http::Response list_merchants(Gateway&, Fields&);
[[nodiscard]] http::Response list_traders(Gateway&, Fields&);
[[nodiscard]] http::Response set_trader(Gateway&, Fields&);
[[nodiscard]] http::Response create_project(Gateway&, Fields&);  // projects.cpp
[[nodiscard]] http::Response list_projects(Gateway&, Fields&);
[[nodiscard]] http::Response show_project(Gateway&, Fields&);
[[nodiscard]] http::Response set_project(Gateway&, Fields&);
[[nodiscard]] http::Response project_callbacks(Gateway&, Fields&);
[[nodiscard]] http::Response list_project_keys(Gateway&, Fields&);
[[nodiscard]] http::Response add_project_keys(Gateway&, Fields&);
[[nodiscard]] http::Response expire_project_keys(Gateway&, Fields&);
[[nodiscard]] http::Response remove_project_keys(Gateway&, Fields&);
[[nodiscard]] http::Response list_ring_keys(Gateway&, Fields&);
[[nodiscard]] http::Response rotate_ring(Gateway&, Fields&);
[[nodiscard]] http::Response import_catalog(Gateway&, Fields&);
[[nodiscard]] http::Response import_requisites(Gateway&, Fields&);  // requisites.cpp
[[nodiscard]] http::Response list_requisites(Gateway&, Fields&);
[[nodiscard]] http::Response switch_requisites(Gateway&, Fields&);
[[nodiscard]] http::Response show_payment(Gateway&, Fields&);  // payments.cpp
[[nodiscard]] http::Response list_payments(Gateway&, Fields&);
[[nodiscard]] http::Response resolve_payment(Gateway&, Fields&);
[[nodiscard]] http::Response resume(Gateway&, Fields&);
[[nodiscard]] http::Response report_trader(Gateway&, Fields&);  // payouts.cpp
[[nodiscard]] http::Response show_receiver(Gateway&, Fields&);
[[nodiscard]] http::Response show_receipt(Gateway&, Fields&);  // receipts.cpp
[[nodiscard]] http::Response read_receipt_file(Gateway&, Fields&);
[[nodiscard]] http::Response add_notice(Gateway&, Fields&);  // notices.cpp
[[nodiscard]] http::Response list_notices(Gateway&, Fields&);
[[nodiscard]] http::Response show_notice(Gateway&, Fields&);
[[nodiscard]] http::Response assign_notice(Gateway&, Fields&);
[[nodiscard]] http::Response read_notice(Gateway&, Fields&);
[[nodiscard]] http::Response list_callbacks(Gateway&, Fields&);  // callbacks.cpp
[[nodiscard]] http::Response replay_callback(Gateway&, Fields&);
[[nodiscard]] http::Response add_operator(Gateway&, Fields&);  // operators.cpp
[[nodiscard]] http::Response list_operators(Gateway&, Fields&);
[[nodiscard]] http::Response set_operator(Gateway&, Fields&);
[[nodiscard]] http::Response create_settlement(Gateway&, Fields&);  // settlements.cpp
[[nodiscard]] http::Response approve_settlement(Gateway&, Fields&);
[[nodiscard]] http::Response reject_settlement(Gateway&, Fields&);
[[nodiscard]] http::Response list_settlements(Gateway&, Fields&);
[[nodiscard]] http::Response show_settlement(Gateway&, Fields&);
[[nodiscard]] http::Response set_switch(Gateway&, Fields&);  // switches.cpp
[[nodiscard]] http::Response list_switches(Gateway&, Fields&);
[[nodiscard]] http::Response drain(Gateway&, Fields&);
[[nodiscard]] http::Response log_level(Gateway&, Fields&);
[[nodiscard]] http::Response check_ledger(Gateway&, Fields&);  // ledger.cpp
[[nodiscard]] http::Response list_balances(Gateway&, Fields&);
[[nodiscard]] http::Response list_transfers(Gateway&, Fields&);

}  // namespace kassa::api

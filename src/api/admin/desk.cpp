#include "api/admin/desk.hpp"

#include <algorithm>
#include <span>

#include "ops/log.hpp"

namespace kassa::api {
namespace {

constexpr int kThreads = 4;
constexpr std::size_t kJobsMax = 256;
constexpr std::size_t kBodyBytesMax = std::size_t{4} * 1024 * 1024;  // a file of requisites

constexpr DeskRoute kRoutes[] = {
    {"merchant/create", create_merchant},
    {"merchant/list", list_merchants},
    {"trader/create", create_trader},
    {"trader/list", list_traders},
    {"trader/set", set_trader},
    {"project/create", create_project},
    {"project/list", list_projects},
    {"project/show", show_project},
    {"project/set", set_project},
    {"project/callbacks", project_callbacks},
    {"project/keys", list_project_keys},
    {"project/keys/add", add_project_keys},
    {"project/keys/expire", expire_project_keys},
    {"project/keys/remove", remove_project_keys},
    {"keys/list", list_ring_keys},
    {"keys/rotate", rotate_ring},
    {"catalog/import", import_catalog},
    {"requisites/import", import_requisites},
    {"requisites/list", list_requisites},
    {"requisites/switch", switch_requisites},
    {"payment/show", show_payment},
    {"payment/list", list_payments},
    {"payment/resolve", resolve_payment},
    {"payment/receiver", show_receiver},
    {"payment/receipt", show_receipt},
    {"payment/receipt-file", read_receipt_file},
    {"trader/report", report_trader},
    {"notice/add", add_notice},
    {"notice/list", list_notices},
    {"notice/show", show_notice},
    {"notice/assign", assign_notice},
    {"notice/read", read_notice},
    {"callback/list", list_callbacks},
    {"callback/replay", replay_callback},
    {"operator/add", add_operator},
    {"operator/list", list_operators},
    {"operator/set", set_operator},
    {"settlement/create", create_settlement},
    {"settlement/approve", approve_settlement},
    {"settlement/reject", reject_settlement},
    {"settlement/list", list_settlements},
    {"settlement/show", show_settlement},
    {"ledger/check", check_ledger},
    {"ledger/balances", list_balances},
    {"ledger/transfers", list_transfers},
    {"switch/set", set_switch},
    {"switch/list", list_switches},
    {"drain", drain},
    {"log/level", log_level},
    {"resume", resume},
};

http::Response run_call(Gateway& gateway, DeskCall call, std::string_view body) {
  const auto workspace = gateway.workspaces.borrow();
  if (const auto parsed = workspace->document.parse(body.empty() ? "{}" : body); !parsed) {
    return error_response(
        {.code = protocol::ErrorCode::kInvalidJson, .description = parsed.error().sentence()});
  }
  try {
    Fields fields(workspace->document.root());
    return call(gateway, fields);
  } catch (const store::BadCursor&) {
    const std::vector<protocol::FieldError> errors = {
        {"cursor", protocol::FieldErrorCode::kUnknownValue, "must be one that a list answered"}};
    return error_response({.code = protocol::ErrorCode::kValidationFailed, .errors = errors});
  } catch (const store::StoreError& error) {
    ops::log::error("desk.failed", {{"why", error.what()}});
    const bool away = error.kind() == store::StoreError::Kind::away;
    return error_response(
        {.code = away ? protocol::ErrorCode::kUnavailable : protocol::ErrorCode::kInternalError});
  } catch (const std::exception& error) {
    ops::log::error("desk.failed", {{"why", error.what()}});
    return error_response({.code = protocol::ErrorCode::kInternalError});
  }
}

}  // namespace

std::span<const DeskRoute> desk_routes() {
  return kRoutes;
}

Desk::Desk(Gateway& gateway)
    : gateway_(gateway), jobs_(kThreads, kJobsMax, [this](Job& job) {
        job.responder.send(run_call(gateway_, job.call, job.body));
      }) {}

void Desk::add_routes(http::Router& router) {
  for (const DeskRoute& route : kRoutes) {
    http::Route entry;
    entry.path = "/admin/v1/" + std::string(route.path);
    entry.body_bytes_max = kBodyBytesMax;
    entry.endpoint = "desk";
    entry.handler = [this, call = route.call](const http::Request& request,
                                              http::Responder responder) {
      Job job{call, std::string(request.body), std::move(responder)};
      if (jobs_.add(job)) return;
      job.responder.send(error_response({.code = protocol::ErrorCode::kUnavailable}));
    };
    router.add(std::move(entry));
  }
}

http::Response Desk::call(std::string_view path, std::string_view body) {
  const auto route = std::ranges::find(kRoutes, path, &DeskRoute::path);
  if (route == std::end(kRoutes)) return error_response({.code = protocol::ErrorCode::kNotFound});
  return run_call(gateway_, route->call, body);
}

std::optional<http::Response> wrong_fields(const Fields& fields) {
  if (fields.errors().empty()) return std::nullopt;
  return error_response(
      {.code = protocol::ErrorCode::kValidationFailed, .errors = fields.errors()});
}

const domain::Project* find_project(const domain::Config& config, Fields& fields) {
  return config.project(fields.id<domain::ProjectId>("project_id"));
}

http::Response no_such_project() {
  return error_response(
      {.code = protocol::ErrorCode::kNotFound, .description = "There is no project of this id."});
}

std::string acting_operator(Gateway& gateway, Fields& fields) {
  std::string name = fields.text("as");
  if (name.empty()) return name;
  const auto config = gateway.engine.config();
  const auto found = config->operators.find(name);
  if (found == config->operators.end()) {
    fields.bad_format("as", "is no operator's name; `kassa operator add NAME` makes one");
  } else if (!found->second.on) {
    fields.bad_format("as", "is an operator who is switched off");
  }
  return name;
}

domain::Sealed sealed_note(Gateway& gateway, Fields& fields, domain::RequestId id) {
  const auto note = fields.optional_text("note").value_or("");
  if (note.empty()) return {};
  return gateway.ring.seal(domain::kEventNoteTable, id.value.bytes, note);
}

std::optional<std::string> unsealed(const Gateway& gateway, std::string_view table,
                                    const domain::Uuid& row, const domain::Sealed& sealed) {
  if (sealed.empty()) return std::nullopt;
  const auto opened = gateway.ring.open(table, row.bytes, sealed);
  return opened ? std::optional(opened->reveal()) : std::nullopt;
}

store::Page page_of(Fields& fields) {
  store::Page page;
  page.cursor = fields.optional_text("cursor").value_or("");
  page.limit = static_cast<std::size_t>(fields.optional_integer("limit", 1, 1000).value_or(100));
  return page;
}

http::Response carry_out(Gateway& gateway, domain::Command command,
                         const std::function<std::string(const domain::Answer&)>& body) {
  const auto decision = gateway.engine.run(std::move(command), engine::Source::desk);
  if (!decision) return refusal_response(decision.error(), std::nullopt, std::nullopt);
  return json_response(body(*decision));
}

}  // namespace kassa::api

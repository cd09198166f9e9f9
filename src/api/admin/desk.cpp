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
  } catch (const std::exception& error) {
    ops::log::error("desk.failed", {{"why", error.what()}});
    return error_response({.code = protocol::ErrorCode::kInternalError});
  }
}

}  // namespace

std::span<const DeskRoute> desk_routes() {
  return kRoutes;
}

Desk::Desk(Gateway& gateway) : gateway_(gateway) {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

Desk::~Desk() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Desk::add_routes(http::Router& router) {
  for (const DeskRoute& route : kRoutes) {
    http::Route entry;
    entry.path = "/admin/v1/" + std::string(route.path);
    entry.body_bytes_max = kBodyBytesMax;
    entry.handler = [this, call = route.call](const http::Request& request,
                                              http::Responder responder) {
      const std::unique_lock lock(mutex_);
      if (jobs_.size() >= kJobsMax || stopping_) {
        responder.send(error_response({.code = protocol::ErrorCode::kUnavailable}));
        return;
      }
      jobs_.push_back({call, std::string(request.body), std::move(responder)});
      wake_.notify_one();
    };
    router.add(std::move(entry));
  }
}

http::Response Desk::call(std::string_view path, std::string_view body) {
  const auto route = std::ranges::find(kRoutes, path, &DeskRoute::path);
  if (route == std::end(kRoutes)) return error_response({.code = protocol::ErrorCode::kNotFound});
  return run_call(gateway_, route->call, body);
}

void Desk::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job.responder.send(run_call(gateway_, job.call, job.body));
    lock.lock();
  }
}

std::optional<http::Response> wrong_fields(const Fields& fields) {
  if (fields.errors().empty()) return std::nullopt;
  return error_response(
      {.code = protocol::ErrorCode::kValidationFailed, .errors = fields.errors()});
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

#include "api/gateway.hpp"

namespace kassa::api {
namespace {

using protocol::ErrorCode;
using protocol::ErrorReport;

/// Seconds after which a 429 or 503 may be tried again.
constexpr std::string_view kRetryAfterSeconds = "1";

ErrorCode code_of(domain::RefusalCode code) {
  switch (code) {
    case domain::RefusalCode::not_found:
      return ErrorCode::kNotFound;
    case domain::RefusalCode::payment_not_found:
      return ErrorCode::kPaymentNotFound;
    case domain::RefusalCode::payment_id_conflict:
      return ErrorCode::kPaymentIdConflict;
    case domain::RefusalCode::transition_not_allowed:
      return ErrorCode::kTransitionNotAllowed;
    case domain::RefusalCode::insufficient_balance:
      return ErrorCode::kInsufficientBalance;
    case domain::RefusalCode::project_not_active:
      return ErrorCode::kProjectNotActive;
    case domain::RefusalCode::validation_failed:
      return ErrorCode::kValidationFailed;
    case domain::RefusalCode::conflict:
      return ErrorCode::kConflict;
    case domain::RefusalCode::unavailable:
      return ErrorCode::kUnavailable;
    case domain::RefusalCode::internal_error:
      return ErrorCode::kInternalError;
  }
  return ErrorCode::kInternalError;
}

}  // namespace

Gateway::Gateway(engine::Engine& the_engine, store::Store& the_store, ops::KeyRing& the_ring,
                 const ops::Config& the_settings, ops::Metrics& the_metrics,
                 const ops::Clock& the_clock, callbacks::Deliverer& the_deliverer,
                 const callbacks::Pictures& the_pictures)
    : engine(the_engine),
      store(the_store),
      ring(the_ring),
      settings(the_settings),
      metrics(the_metrics),
      clock(the_clock),
      deliverer(the_deliverer),
      pictures(the_pictures),
      readers([this] { return store.open_reader(); }),
      workspaces([] { return std::make_unique<Workspace>(); }),
      bad_signatures(settings.security.bad_signatures_per_second) {}

void Gateway::update_keys(const domain::ConfigPtr& config) {
  const auto before = keys_.load();
  keys_.store(std::make_shared<const KeyTable>(*config, ring, before.get()));
}

http::Response error_response(const ErrorReport& report) {
  const protocol::ErrorRow& row = protocol::error_row(report.code);
  http::Response response;
  response.status = row.http_status;
  response.body = protocol::render_error(report);
  if (row.retry_after) response.headers.emplace_back("retry-after", kRetryAfterSeconds);
  return response;
}

Rate project_rate(const Gateway& gateway, const domain::Project& project) {
  const auto& limits = gateway.settings.limits;
  return {project.rate_per_second.value_or(limits.project_per_second),
          project.rate_burst.value_or(limits.project_burst)};
}

Rate address_rate(const Gateway& gateway) {
  return {gateway.settings.limits.address_per_second, gateway.settings.limits.address_burst};
}

RateTime rate_now(const Gateway& gateway) {
  return gateway.clock.now().time_since_epoch();
}

std::vector<std::pair<std::string, std::string>> rate_headers(const RateState& state) {
  if (state.limit == 0) return {};
  return {{"ratelimit-limit", std::to_string(state.limit)},
          {"ratelimit-remaining", std::to_string(state.remaining)},
          {"ratelimit-reset", std::to_string(state.reset_s)}};
}

http::Response rate_limited_response(const RateState& state) {
  http::Response response = error_response({.code = ErrorCode::kRateLimited});
  response.headers = rate_headers(state);
  response.headers.emplace_back("retry-after", std::to_string(state.retry_after_s));
  return response;
}

http::Response json_response(std::string body) {
  http::Response response;
  response.body = std::move(body);
  return response;
}

http::Response json_response(std::string body, domain::RequestId about) {
  http::Response response = json_response(std::move(body));
  response.subject = about.text();
  return response;
}

http::Response refusal_response(const domain::Refusal& refusal,
                                std::optional<std::string_view> project_id,
                                std::optional<std::string_view> payment_id,
                                std::optional<domain::RequestId> request_id) {
  ErrorReport report{.code = code_of(refusal.code)};
  const std::string request_text = request_id ? request_id->text() : std::string();
  if (request_id) report.request_id = request_text;
  report.description = refusal.message;
  report.project_id = project_id;
  report.payment_id = payment_id;
  const auto current = refusal.current;
  if (current && report.code != ErrorCode::kUnavailable) {
    const auto sub = domain::wire_name(current->sub);
    report.current =
        ErrorReport::Current{domain::wire_name(current->status),
                             sub.empty() ? std::nullopt : std::optional<std::string_view>(sub)};
  }
  http::Response response = error_response(report);
  response.subject = request_text;
  return response;
}

http::Handler reading_store(http::Handler handler) {
  return [handler = std::move(handler)](const http::Request& request, http::Responder responder) {
    try {
      handler(request, std::move(responder));
    } catch (const store::StoreError& error) {
      using Kind = store::StoreError::Kind;
      const bool passes = error.kind() == Kind::away || error.kind() == Kind::busy;
      if (passes) throw http::Unavailable(error.what());
      throw;
    }
  };
}

http::Response server_error(int status, std::string_view path) {
  const auto with = [status](ErrorCode code, std::string_view sentence = {}) {
    http::Response response = error_response({.code = code, .description = sentence});
    response.status = status;
    return response;
  };
  switch (status) {
    case 404:
      return with(ErrorCode::kNotFound);
    case 405:
      return with(ErrorCode::kMethodNotAllowed);
    case 408:
      return with(ErrorCode::kInvalidJson, "The request took too long to arrive.");
    case 413:
      return with(ErrorCode::kBodyTooLarge,
                  path.ends_with("/receipt") ? "The file is larger than 10 MiB." : "");
    case 415:
      return with(ErrorCode::kUnsupportedMediaType);
    case 500:
      return with(ErrorCode::kInternalError);
    case 503:
      return with(ErrorCode::kUnavailable);
    default:
      return with(ErrorCode::kInvalidJson, "The HTTP request is malformed.");
  }
}

}  // namespace kassa::api

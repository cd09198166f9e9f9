#include "api/merchant/admit.hpp"

#include <cstdlib>

#include "api/client_address.hpp"

namespace kassa::api {
namespace {

using ops::Metric;
using protocol::ErrorCode;
using protocol::ErrorReport;
using protocol::UnauthorizedReason;

/// The signed headers, read once.
struct Headers {
  std::string_view timestamp;
  std::int64_t timestamp_s = 0;
  domain::Uuid merchant_id;
  protocol::AccessToken token;
  std::string_view signature;
  protocol::SignatureAlgorithm algorithm = protocol::SignatureAlgorithm::kRsaSha256;
};

constexpr std::string_view kTimestamp = "x-access-timestamp";
constexpr std::string_view kMerchantId = "x-access-merchant-id";
constexpr std::string_view kToken = "x-access-token";
constexpr std::string_view kSignature = "x-access-signature";
constexpr std::string_view kAlgorithm = "x-access-merchant-algorithm";

/// A header sent twice has no one meaning: it is malformed, as a broken one is.
std::expected<Headers, UnauthorizedReason> read_headers(const http::Request& request) {
  for (const auto name : {kTimestamp, kMerchantId, kToken, kSignature}) {
    const std::size_t count = request.header_count(name);
    if (count == 0) return std::unexpected(UnauthorizedReason::kMissingHeader);
    if (count > 1) return std::unexpected(UnauthorizedReason::kMalformedHeader);
  }
  const auto malformed = std::unexpected(UnauthorizedReason::kMalformedHeader);
  Headers headers;
  headers.timestamp = request.header(kTimestamp);
  const auto timestamp = protocol::parse_timestamp(headers.timestamp);
  const auto merchant = domain::Uuid::parse(request.header(kMerchantId));
  auto token = protocol::parse_access_token(request.header(kToken));
  if (!timestamp || !merchant || !token) return malformed;
  headers.timestamp_s = *timestamp;
  headers.merchant_id = *merchant;
  headers.token = std::move(*token);
  headers.signature = request.header(kSignature);
  const std::size_t algorithms = request.header_count(kAlgorithm);
  if (algorithms > 1) return malformed;
  if (algorithms == 1) {
    const auto algorithm = protocol::parse_algorithm(request.header(kAlgorithm));
    if (!algorithm) return malformed;
    headers.algorithm = *algorithm;
  }
  return headers;
}

/// The project or merchant that the merchant-id header names is one of test mode.
bool names_test_project(const http::Request& request, const domain::Config& config) {
  const auto id = domain::ProjectId::parse(request.header(kMerchantId));
  if (!id) return false;
  const domain::Project* project = config.project(*id);
  return project != nullptr && project->test;
}

std::string_view metric_label(UnauthorizedReason reason) {
  return protocol::kUnauthorizedReasonNames[static_cast<std::size_t>(reason)];
}

/// One sentence for every reason; test mode is told which, and what we computed (wire §10).
http::Response unauthorized(Gateway& gateway, const http::Request& request,
                            const domain::Config& config, UnauthorizedReason reason,
                            const protocol::SignedText* debug) {
  gateway.metrics.counter(Metric::signatures_verified, metric_label(reason)).add();
  ErrorReport report{.code = ErrorCode::kUnauthorized};
  if (gateway.settings.security.auth_hints || names_test_project(request, config)) {
    report.reason = reason;
    report.debug = debug;
  }
  return error_response(report);
}

/// What we would have signed, for `debug`; nothing where the headers don't tell.
protocol::SignedText signed_text(Workspace& workspace, const http::Request& request) {
  return workspace.codec.text(workspace.document, request.header(kTimestamp));
}

/// The id of a key set stands for its key with HMAC only: who signs with RSA has the public key
/// (wire §3).
SigningKeyPtr key_of(const Gateway& gateway, const Headers& headers, const domain::Config& config) {
  const bool hmac = headers.algorithm == protocol::SignatureAlgorithm::kHmacSha512;
  if (headers.token.key_set && !hmac) return nullptr;
  return gateway.keys()->find(headers.token, headers.merchant_id, config);
}

bool signature_is_good(Workspace& workspace, const SigningKey& key, const Headers& headers) {
  if (headers.algorithm == protocol::SignatureAlgorithm::kHmacSha512) {
    if (!key.hmac) return false;
    const auto form = workspace.codec.verify(*key.hmac, workspace.document, headers.timestamp,
                                             headers.signature, key.hmac_hint.load());
    if (form) key.hmac_hint.store(*form);
    return form.has_value();
  }
  if (!key.rsa) return false;
  const auto form = workspace.codec.verify(*key.rsa, workspace.document, headers.timestamp,
                                           headers.signature, key.rsa_hint.load());
  if (form) key.rsa_hint.store(*form);
  return form.has_value();
}

/// Another project's id in the body than the key's: 403. A missing or broken one is left to the
/// validation of fields.
bool names_other_project(const protocol::JsonDocument& document, domain::ProjectId project) {
  const auto general = document.root().find("general");
  const auto id = general ? general->find("project_id") : std::nullopt;
  if (!id || id->kind() != protocol::JsonKind::kString) return false;
  const auto named = domain::ProjectId::parse(id->text());
  return named && *named != project;
}

std::string client_of(const Gateway& gateway, const http::Request& request) {
  return client_address(request, gateway.settings.security.trusted_proxies);
}

http::Response refused_by_rate(Gateway& gateway, std::string_view by, const RateState& state) {
  gateway.metrics.counter(Metric::rate_limited, by).add();
  return rate_limited_response(state);
}

/// Tells the loop that the key was used, at most once a minute: so it costs a request nothing. What
/// is refused (read-only, a full queue) is told later.
void note_use(Gateway& gateway, const SigningKeyPtr& key, domain::Instant now) {
  constexpr std::int64_t kBetweenReportsSeconds = 60;
  const std::int64_t now_s = domain::unix_seconds(now);
  if (key->last_used_s.load(std::memory_order_relaxed) < now_s) {
    key->last_used_s.store(now_s, std::memory_order_relaxed);
  }
  auto reported = key->use_reported_s.load(std::memory_order_relaxed);
  if (now_s - reported < kBetweenReportsSeconds ||
      !key->use_reported_s.compare_exchange_strong(reported, now_s)) {
    return;
  }
  gateway.engine.submit(domain::ReportKeyUse{key->set.id, now}, engine::Source::api,
                        [](domain::Decision&&) {});
}

std::optional<std::string_view> payment_id_of(const protocol::JsonDocument& document) {
  const auto general = document.root().find("general");
  const auto id = general ? general->find("payment_id") : std::nullopt;
  if (!id || id->kind() != protocol::JsonKind::kString) return std::nullopt;
  return id->text();
}

/// Who is calling: everything of wire §10.1 up to 403.
std::expected<Admitted, http::Response> identify(Gateway& gateway, const http::Request& request) {
  const domain::Instant now = gateway.clock.now();
  const std::int64_t now_s = domain::unix_seconds(now);
  Admitted admitted{gateway.workspaces.borrow(), gateway.engine.config(), nullptr};
  Workspace& workspace = *admitted.workspace;
  const domain::Config& config = *admitted.config;
  const auto refuse = [&](UnauthorizedReason reason, const protocol::SignedText* debug) {
    return std::unexpected(unauthorized(gateway, request, config, reason, debug));
  };

  const auto headers = read_headers(request);
  if (!headers) return refuse(headers.error(), nullptr);

  if (const auto parsed = workspace.document.parse(request.body); !parsed) {
    return std::unexpected(error_response(
        {.code = ErrorCode::kInvalidJson, .description = parsed.error().sentence()}));
  }
  const auto refuse_with_debug = [&](UnauthorizedReason reason) {
    const auto debug = signed_text(workspace, request);
    return refuse(reason, &debug);
  };
  const auto key = key_of(gateway, *headers, config);
  if (!key || key->set.expired(now_s)) {
    return refuse_with_debug(UnauthorizedReason::kUnknownKey);
  }
  const std::int64_t tolerance_s = gateway.settings.security.clock_tolerance.count();
  if (std::llabs(now_s - headers->timestamp_s) > tolerance_s) {
    return refuse_with_debug(UnauthorizedReason::kStaleTimestamp);
  }
  if (!signature_is_good(workspace, *key, *headers)) {
    gateway.bad_signatures.add(client_of(gateway, request), now_s);
    return refuse_with_debug(UnauthorizedReason::kBadSignature);
  }
  gateway.metrics.counter(Metric::signatures_verified, "ok").add();
  note_use(gateway, key, now);

  if (!gateway.keys()->takes_from(key->set.project_id, client_of(gateway, request))) {
    const std::string project_id = key->set.project_id.text();
    return std::unexpected(error_response({.code = ErrorCode::kIpNotAllowed,
                                           .project_id = project_id,
                                           .payment_id = payment_id_of(workspace.document)}));
  }
  admitted.project = config.project(key->set.project_id);
  if (names_other_project(workspace.document, key->set.project_id)) {
    const std::string project_id = key->set.project_id.text();
    return std::unexpected(error_response({.code = ErrorCode::kWrongProject,
                                           .project_id = project_id,
                                           .payment_id = payment_id_of(workspace.document)}));
  }
  return admitted;
}

/// Of these alone a repeated question is a poll; `balance/info` is about no payment, whatever its
/// body says.
bool asks_about_payment(std::string_view path) {
  return path == "/api/v1/payment/p2p/payin/info" || path == "/api/v1/payment/p2p/payout/info" ||
         path == "/api/v1/widget/payin/info";
}

/// 429 where the project asks too often; else the bucket's state for the answer.
std::optional<http::Response> count_signed(Gateway& gateway, const http::Request& request,
                                           Admitted& admitted) {
  const domain::Project& project = *admitted.project;
  const Rate rate = project_rate(gateway, project);
  if (rate.per_second == 0) return std::nullopt;
  const RateTime now = rate_now(gateway);
  const auto payment_id = payment_id_of(admitted.workspace->document);
  admitted.is_poll = asks_about_payment(request.path) && payment_id &&
                     gateway.rates.polls.is_poll(project.id, *payment_id, now);
  auto& buckets = gateway.rates.projects;
  const std::string key = project.id.text();
  admitted.rate = admitted.is_poll ? buckets.look(key, rate, now) : buckets.take(key, rate, now);
  if (admitted.rate.allowed) return std::nullopt;
  return refused_by_rate(gateway, "project", admitted.rate);
}

}  // namespace

std::optional<std::string_view> Admitted::payment_id() const {
  return payment_id_of(workspace->document);
}

std::optional<http::Response> turn_away_guesser(Gateway& gateway, const http::Request& request) {
  const std::int64_t now_s = domain::unix_seconds(gateway.clock.now());
  if (!gateway.bad_signatures.blocked(client_of(gateway, request), now_s)) return std::nullopt;
  gateway.metrics.counter(Metric::signatures_verified, "rate_limited").add();
  return error_response({.code = ErrorCode::kRateLimited});
}

std::optional<http::Response> turn_away_address(Gateway& gateway, const http::Request& request) {
  if (!gateway.rates.addresses.any()) return std::nullopt;
  const std::string key = address_key(client_of(gateway, request));
  RateState state = gateway.rates.addresses.look(key, address_rate(gateway), rate_now(gateway));
  if (state.limit == 0 || state.remaining > 0) return std::nullopt;
  state.retry_after_s = 1;
  return refused_by_rate(gateway, "address", state);
}

std::optional<http::Response> count_unsigned(Gateway& gateway, const http::Request& request) {
  const Rate rate = address_rate(gateway);
  if (rate.per_second == 0) return std::nullopt;
  const std::string key = address_key(client_of(gateway, request));
  const RateState state = gateway.rates.addresses.take(key, rate, rate_now(gateway));
  if (state.allowed) return std::nullopt;
  return refused_by_rate(gateway, "address", state);
}

void charge_address(Gateway& gateway, const http::Request& request) {
  gateway.rates.addresses.charge(address_key(client_of(gateway, request)), address_rate(gateway),
                                 rate_now(gateway));
}

void count_as_no_poll(Gateway& gateway, const Admitted& admitted) {
  if (!admitted.is_poll) return;
  const domain::Project& project = *admitted.project;
  gateway.rates.projects.charge(project.id.text(), project_rate(gateway, project),
                                rate_now(gateway));
}

std::expected<Admitted, http::Response> admit(Gateway& gateway, const http::Request& request) {
  auto admitted = identify(gateway, request);
  if (!admitted) {
    // Not signed well, so it counts for the address. A wrong project was signed well all the same.
    if (admitted.error().status != 403) charge_address(gateway, request);
    return admitted;
  }
  if (auto refused = count_signed(gateway, request, *admitted)) {
    return std::unexpected(std::move(*refused));
  }
  return admitted;
}

}  // namespace kassa::api

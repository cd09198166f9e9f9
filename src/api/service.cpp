#include "api/service.hpp"

#include <algorithm>

#include "api/merchant/endpoints.hpp"
#include "ops/build_info.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/openapi.hpp"

namespace kassa::api {
namespace {

using ops::Metric;

/// Ready unless new payments are refused; says every reason why.
http::Response readiness(Gateway& gateway) {
  const auto reasons = gateway.engine.why_not_ready();
  std::string body;
  protocol::JsonWriter json(body);
  json.begin_object().member("ready", reasons.empty()).key("reasons").begin_array();
  for (const auto& reason : reasons) json.value(reason);
  json.end_array().end_object();
  http::Response response = json_response(std::move(body));
  response.status = reasons.empty() ? 200 : 503;
  return response;
}

void copy_server_stats(const http::ServerStats& stats, ops::Metrics& metrics) {
  metrics.counter(Metric::http_connections_accepted).raise_to(stats.connections_accepted);
  metrics.counter(Metric::http_connections_refused).raise_to(stats.connections_refused);
  metrics.counter(Metric::http_accepts_failed).raise_to(stats.accepts_failed);
  metrics.counter(Metric::http_bad_requests).raise_to(stats.bad_requests);
  metrics.gauge(Metric::http_connections_open)
      .set(static_cast<std::int64_t>(stats.connections_open));
}

http::Response metrics_page(Gateway& gateway) {
  gateway.metrics.gauge(Metric::store_wal_bytes).set(gateway.store.wal_bytes());
  gateway.metrics.gauge(Metric::timers_overdue_ms).set(gateway.engine.timers_overdue().count());
  gateway.metrics.gauge(Metric::draining).set(gateway.engine.draining() ? 1 : 0);
  gateway.metrics.gauge(Metric::switches_off)
      .set(std::ranges::count_if(gateway.engine.config()->switches,
                                 [](const auto& entry) { return !entry.second.on; }));
  if (gateway.server_stats) copy_server_stats(gateway.server_stats(), gateway.metrics);
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = gateway.metrics.render();
  return response;
}

}  // namespace

bool is_service_path(const Gateway& gateway, std::string_view path) {
  if (path == "/openapi.json") return true;
  const bool watches = path == "/healthz" || path == "/readyz" || path == "/metrics";
  return watches && !gateway.settings.metrics_listen;
}

void add_watch_routes(Gateway& gateway, http::Router& router) {
  router.get("/healthz", [](const http::Request&, http::Responder responder) {
    responder.send(json_response(R"({"alive":true})"));
  });
  router.get("/readyz", [&gateway](const http::Request&, http::Responder responder) {
    responder.send(readiness(gateway));
  });
  router.get("/metrics", [&gateway](const http::Request&, http::Responder responder) {
    responder.send(metrics_page(gateway));
  });
}

void add_openapi_route(Gateway& gateway, http::Router& router) {
  router.get("/openapi.json",
             [document = protocol::openapi_document(gateway.settings.public_api_base,
                                                    ops::build_info().version, merchant_paths())](
                 const http::Request&, http::Responder responder) {
               responder.send(json_response(std::string(document)));
             });
}

}  // namespace kassa::api

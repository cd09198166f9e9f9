#include "api/service.hpp"

#include "api/merchant/endpoints.hpp"
#include "ops/build_info.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/openapi.hpp"

namespace kassa::api {
namespace {

using ops::Metric;

void add(http::Router& router, std::string path, http::Handler handler) {
  http::Route route;
  route.path = std::move(path);
  route.method = "GET";
  route.body_bytes_max = 0;
  route.json_only = false;
  route.handler = std::move(handler);
  router.add(std::move(route));
}

/// Ready unless nothing may be changed; says why.
http::Response readiness(Gateway& gateway) {
  const std::string reason = gateway.engine.unready_reason();
  std::string body;
  protocol::JsonWriter(body)
      .begin_object()
      .member("ready", reason.empty())
      .member("reason", reason.empty() ? std::nullopt : std::optional(reason))
      .end_object();
  http::Response response = json_response(std::move(body));
  response.status = reason.empty() ? 200 : 503;
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
  if (gateway.server_stats) copy_server_stats(gateway.server_stats(), gateway.metrics);
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = gateway.metrics.render();
  return response;
}

}  // namespace

void add_service_routes(Gateway& gateway, http::Router& router) {
  add(router, "/healthz", [](const http::Request&, http::Responder responder) {
    responder.send(json_response(R"({"alive":true})"));
  });
  add(router, "/readyz", [&gateway](const http::Request&, http::Responder responder) {
    responder.send(readiness(gateway));
  });
  add(router, "/metrics", [&gateway](const http::Request&, http::Responder responder) {
    responder.send(metrics_page(gateway));
  });
  add(router, "/openapi.json",
      [document = protocol::openapi_document(gateway.settings.public_api_base,
                                             ops::build_info().version, merchant_paths())](
          const http::Request&, http::Responder responder) {
        responder.send(json_response(std::string(document)));
      });
}

}  // namespace kassa::api

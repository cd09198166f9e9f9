#include "api/merchant/endpoints.hpp"

#include <array>

#include "api/merchant/admit.hpp"
#include "api/page/link.hpp"
#include "api/service.hpp"
#include "callbacks/picture.hpp"
#include "protocol/answers.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {
namespace {

using Endpoint = void (*)(Gateway&, Admitted, http::Responder);

struct MerchantRoute {
  std::string_view path;
  Endpoint endpoint;
};

constexpr MerchantRoute kRoutes[] = {
    {"/api/v1/payment/p2p/payin", create_payin},
    {"/api/v1/payment/p2p/payin/info", payin_info},
    {"/api/v1/payment/p2p/payin/cancel", cancel_payin},
    {"/api/v1/payment/p2p/payin/confirm", confirm_payin},
    {"/api/v1/payment/p2p/payout", create_payout},
    {"/api/v1/payment/p2p/payout/info", payout_info},
    {"/api/v1/widget/payin", create_widget},
    {"/api/v1/widget/payin/info", widget_info},
    {"/api/v1/bank/all", all_banks},
    {"/api/v1/payment/p2p/bank/all", payer_banks},
    {"/api/v1/payment/p2p/bank/available", available_banks},
    {"/api/v1/balance/info", balance_info},
    {"/api/v1/test/clock/advance", advance_test_clock},
};

constexpr auto kPaths = [] {
  std::array<std::string_view, std::size(kRoutes)> paths;
  for (std::size_t i = 0; i < paths.size(); ++i) paths[i] = kRoutes[i].path;
  return paths;
}();

}  // namespace

std::span<const std::string_view> merchant_paths() {
  return kPaths;
}

void add_merchant_routes(Gateway& gateway, http::Router& router) {
  for (const MerchantRoute& route : kRoutes) {
    http::Route entry;
    entry.path = route.path;
    entry.body_bytes_max = static_cast<std::size_t>(gateway.settings.http.body_bytes_max);
    entry.handler = reading_store([&gateway, endpoint = route.endpoint](
                                      const http::Request& request, http::Responder responder) {
      auto admitted = admit(gateway, request);
      if (!admitted) {
        responder.send(std::move(admitted.error()));
        return;
      }
      for (auto& header : rate_headers(admitted->rate)) responder.also(std::move(header));
      endpoint(gateway, std::move(*admitted), std::move(responder));
    });
    router.add(std::move(entry));
  }
  router.set_gate([&gateway, pages = page_base(gateway) + "/"](
                      const http::Request& request) -> std::optional<http::Response> {
    if (request.path.starts_with("/api/")) {
      auto refused = turn_away_guesser(gateway, request);
      return refused ? std::move(refused) : turn_away_address(gateway, request);
    }
    // A payer's link is a right of its own; who tries wrong ones is slowed down by their own guard.
    if (request.path.starts_with(pages) || is_service_path(gateway, request.path))
      return std::nullopt;
    return count_unsigned(gateway, request);
  });
  // Below /api/ the gate counts nothing, since what is signed well doesn't count for its address:
  // what never came to a signature (404, 405, 408, 413, 415) is counted here.
  router.set_on_refused([&gateway](const http::Request& request, int status) {
    if (status < 500 && request.path.starts_with("/api/")) charge_address(gateway, request);
  });
}

std::expected<domain::RequestId, http::Response> find_payment(Gateway& gateway,
                                                              const Admitted& admitted,
                                                              domain::PaymentKind kind) {
  const auto ref = protocol::parse_payment_ref(admitted.workspace->document);
  if (!ref) {
    count_as_no_poll(gateway, admitted);
    return std::unexpected(validation_failed(admitted, ref.error()));
  }
  const auto key = gateway.readers.borrow()->payment_key({admitted.project->id, ref->payment_id});
  if (!key || key->kind != kind) {
    count_as_no_poll(gateway, admitted);
    return std::unexpected(payment_not_found(admitted));
  }
  return key->request_id;
}

void answer_info(Gateway& gateway, const Admitted& admitted, domain::PaymentKind kind,
                 http::Responder responder) {
  const auto id = find_payment(gateway, admitted, kind);
  if (!id) {
    responder.send(http::Response(id.error()));
    return;
  }
  const auto view = gateway.readers.borrow()->payment(*id);
  if (!view) {
    responder.send(payment_not_found(admitted));
    return;
  }
  const auto picture =
      gateway.pictures.of_payment(view->payment, view->requisites, *admitted.config);
  responder.send(json_response(protocol::render_info(picture), *id));
}

http::Response validation_failed(const Admitted& admitted,
                                 const std::vector<protocol::FieldError>& errors) {
  const std::string project_id = admitted.project->id.text();
  return error_response({.code = protocol::ErrorCode::kValidationFailed,
                         .project_id = project_id,
                         .payment_id = admitted.payment_id(),
                         .errors = errors});
}

http::Response payment_not_found(const Admitted& admitted) {
  const std::string project_id = admitted.project->id.text();
  return error_response({.code = protocol::ErrorCode::kPaymentNotFound,
                         .project_id = project_id,
                         .payment_id = admitted.payment_id()});
}

}  // namespace kassa::api

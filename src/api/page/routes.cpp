#include "api/page/routes.hpp"

#include "api/client_address.hpp"
#include "api/page/assets.hpp"
#include "api/page/form.hpp"
#include "api/page/frame.hpp"
#include "api/page/page.hpp"
#include "api/page/page_state.hpp"
#include "api/page/receipt_form.hpp"
#include "api/page/receipts.hpp"
#include "api/page/view.hpp"
#include "api/page/wrong_link.hpp"

namespace kassa::api {
namespace {

/// One request to a page: who asks for what.
struct Visit {
  std::string page;         // the page's own path: "/pay/widget/24a9…"
  std::string_view token;   // these two live as long as the request
  std::string_view action;  // "state"; empty: the page itself
  domain::PaymentKind kind = domain::PaymentKind::payin;
};

Visit visit_of(const std::string& base, std::string_view path) {
  constexpr std::string_view kWidget = "widget/";
  Visit visit;
  std::string_view rest = path.substr(base.size() + 1);
  if (rest.starts_with(kWidget)) {
    visit.kind = domain::PaymentKind::widget;
    rest.remove_prefix(kWidget.size());
  }
  const auto slash = rest.find('/');
  visit.token = rest.substr(0, slash);
  if (slash != std::string_view::npos) visit.action = rest.substr(slash + 1);
  visit.page = path.substr(0, path.size() - rest.size() + visit.token.size());
  return visit;
}

/// The state of the payment that the link is for; nothing for a wrong link.
std::optional<PageState> state_of(Gateway& gateway, const Visit& visit) {
  const auto id = gateway.ring.open_page_token(visit.token);
  auto state = id ? read_page_state(gateway, *id) : std::nullopt;
  if (state && state->kind != visit.kind) return std::nullopt;
  return state;
}

http::Response state_response(const http::Request& request, const PageState& state) {
  http::Response response = json_response(render_page_state(state));
  const std::string etag = etag_of_page_state(response.body);
  response.headers = private_headers();
  response.headers.emplace_back("etag", etag);
  if (request.header("if-none-match") == etag) {
    response.status = 304;
    response.body.clear();
  }
  return response;
}

http::Response read_page(Gateway& gateway, PageStreams& streams, const std::string& base,
                         const http::Request& request) {
  const Visit visit = visit_of(base, request.path);
  const auto state = state_of(gateway, visit);
  if (!state) return wrong_link(gateway, request);
  if (visit.action.empty()) return page_response(*state, visit.page, request);
  if (visit.action == "state") return state_response(request, *state);
  if (visit.action == "events") {
    return streams.open(state->request_id,
                        client_address(request, gateway.settings.security.trusted_proxies));
  }
  return no_page(base, language_for(request));
}

/// The page's script follows to the state, a browser without it to the page.
bool wants_json(const http::Request& request) {
  return request.header("accept").contains("application/json");
}

/// Where a button leads, kept until it is decided: the request is gone by then.
struct WayBack {
  std::string base;
  std::string page;
  std::string chosen_language;  // of the link; stays in it
  std::string_view language;    // of the browser, for a page that there is not
  bool json = false;
};

/// Whatever became of the press: to what is true now. A script is told besides that it may press
/// again.
http::Response after_press(const domain::Decision& decision, const WayBack& back) {
  if (!decision && decision.error().code == domain::RefusalCode::payment_not_found) {
    return no_page(back.base, back.language);
  }
  const bool again = !decision && decision.error().code == domain::RefusalCode::unavailable;
  if (back.json && again) return refusal_response(decision.error(), std::nullopt, std::nullopt);
  if (back.json) return see_other(back.page + "/state");
  return see_other(with_language(back.page, back.chosen_language));
}

std::optional<domain::Command> command_of(const Visit& visit, domain::RequestId id,
                                          std::string_view body) {
  const domain::Actor payer{domain::ActorKind::payer, {}};
  if (visit.action == "confirm") return domain::ConfirmPayin{id, payer};
  if (visit.action == "cancel") return domain::CancelPayin{id, payer};
  if (visit.action == "choose" && visit.kind == domain::PaymentKind::widget) {
    return domain::ChooseMethod{id, form_field(body, "widget_method"), form_field(body, "bank"),
                                payer};
  }
  return std::nullopt;
}

void press(Gateway& gateway, const std::string& base, const http::Request& request,
           http::Responder responder) {
  const Visit visit = visit_of(base, request.path);
  const auto id = gateway.ring.open_page_token(visit.token);
  if (!id) return responder.send(wrong_link(gateway, request));
  auto command = command_of(visit, *id, request.body);
  const auto language = language_for(request);
  if (!command) return responder.send(no_page(base, language));
  WayBack back{base, visit.page, asked_of(request.query).language, language, wants_json(request)};
  gateway.engine.submit(
      std::move(*command), engine::Source::api,
      [back = std::move(back), responder = std::move(responder)](
          domain::Decision&& decision) mutable { responder.send(after_press(decision, back)); });
}

void add(http::Router& router, const std::string& path, std::string method, http::Handler handler) {
  http::Route route;
  route.path = path;
  route.method = std::move(method);
  route.body_bytes_max = 1024;
  route.json_only = false;
  route.handler = reading_store(std::move(handler));
  router.add(std::move(route));
}

}  // namespace

void add_page_routes(Gateway& gateway, PageStreams& streams, http::Router& router) {
  const std::string base = page_base(gateway);
  add(router, base + "/*", "GET",
      [&gateway, &streams, base](const http::Request& request, http::Responder responder) {
        responder.send(read_page(gateway, streams, base, request));
      });
  add(router, base + "/*", "POST",
      [&gateway, base](const http::Request& request, http::Responder responder) {
        press(gateway, base, request, std::move(responder));
      });
  const auto receipts = std::make_shared<Receipts>(gateway);
  for (const std::string& pages : {base, base + "/widget"}) {
    add_receipt_routes(gateway, receipts, pages, router);
  }
  add_asset_routes(base, router);
}

}  // namespace kassa::api

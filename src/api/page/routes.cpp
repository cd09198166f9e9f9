#include "api/page/routes.hpp"

#include "api/client_address.hpp"
#include "api/page/assets.hpp"
#include "api/page/brand.hpp"
#include "api/page/form.hpp"
#include "api/page/frame.hpp"
#include "api/page/link.hpp"
#include "api/page/page.hpp"
#include "api/page/page_state.hpp"
#include "api/page/receipt_form.hpp"
#include "api/page/receipts.hpp"
#include "api/page/view.hpp"

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

bool is_press(const Visit& visit) {
  return visit.action == "confirm" || visit.action == "cancel" ||
         (visit.action == "choose" && visit.kind == domain::PaymentKind::widget);
}

http::Response read_page(Gateway& gateway, PageStreams& streams, const std::string& base,
                         const http::Request& request) {
  const Visit visit = visit_of(base, request.path);
  const auto state = read_linked_state(gateway, visit.token, visit.kind);
  if (!state) return wrong_link(gateway, request);
  if (visit.action.empty()) return page_response(*state, visit.page, request);
  if (visit.action == "state") return state_response(request, *state);
  if (visit.action == "events") {
    return streams.open(state->request_id,
                        client_address(request, gateway.settings.security.trusted_proxies));
  }
  // Where a press leads is no page, but somebody may load it again.
  if (is_press(visit))
    return see_other(with_language(visit.page, asked_of(request.query).language));
  return no_page(base, language_for(request));
}

/// The page's script follows to the state, a browser without it to the page.
bool wants_json(const http::Request& request) {
  return request.header("accept").contains("application/json");
}

/// Where a button leads, kept until it is decided: the request is gone by then.
struct WayBack {
  std::string base;
  std::string page;      // in the language of the link, which stays in it
  std::string state;     // the same for a script that wants JSON; else empty
  std::string language;  // for a page without a payment: the link's, else the browser's
};

WayBack way_back_of(const std::string& base, const Visit& visit, const http::Request& request) {
  const std::string chosen = asked_of(request.query).language;
  return {base, with_language(visit.page, chosen),
          wants_json(request) ? visit.page + "/state" : std::string(),
          chosen.empty() ? std::string(language_for(request)) : chosen};
}

/// To what is true now; or, where nothing was decided, the word to press again.
http::Response after_press(const domain::Decision& decision, const WayBack& back) {
  using domain::RefusalCode;
  const bool json = !back.state.empty();
  if (!decision && decision.error().code == RefusalCode::payment_not_found) {
    return no_page(back.base, back.language);
  }
  if (!decision && decision.error().code == RefusalCode::unavailable) {
    return json ? refusal_response(decision.error(), std::nullopt, std::nullopt)
                : not_sent_page(back.base, back.language, back.page);
  }
  return see_other(json ? back.state : back.page);
}

/// The server's own errors: a person reads a page, which helps itself, and a script JSON.
http::Response error_of_page(const std::string& base, int status, const http::Request& request) {
  const Visit visit = visit_of(base, request.path);
  if (visit.action == "state" || visit.action == "events" || wants_json(request)) {
    if (status != 413) return server_error(status, request.path);
    return error_response({.code = protocol::ErrorCode::kBodyTooLarge,
                           .description = "The form is larger than 1 KiB."});
  }
  const WayBack back = way_back_of(base, visit, request);
  const bool press = request.method == "POST" && status == 503;
  return press ? not_sent_page(base, back.language, back.page)
               : trouble_page(status, base, back.language, back.page);
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
  const auto id = open_link(gateway, visit.token, visit.kind);
  if (!id) return responder.send(wrong_link(gateway, request));
  auto command = command_of(visit, *id, request.body);
  WayBack back = way_back_of(base, visit, request);
  if (!command) return responder.send(no_page(base, back.language));
  gateway.engine.submit(
      std::move(*command), engine::Source::api,
      [back = std::move(back), responder = std::move(responder)](
          domain::Decision&& decision) mutable { responder.send(after_press(decision, back)); });
}

constexpr std::size_t kFormBytesMax = 1024;

void add(http::Router& router, const std::string& base, std::string method, http::Handler handler) {
  http::Route route;
  route.path = base + "/*";
  route.method = std::move(method);
  route.body_bytes_max = kFormBytesMax;
  route.json_only = false;
  route.endpoint = "page";
  route.error_page = [base](int status, const http::Request& request) {
    return error_of_page(base, status, request);
  };
  route.handler = reading_store(std::move(handler));
  router.add(std::move(route));
}

}  // namespace

void add_page_routes(Gateway& gateway, PageStreams& streams, http::Router& router) {
  const std::string base = page_base(gateway);
  add(router, base, "GET",
      [&gateway, &streams, base](const http::Request& request, http::Responder responder) {
        responder.send(read_page(gateway, streams, base, request));
      });
  add(router, base, "POST",
      [&gateway, base](const http::Request& request, http::Responder responder) {
        press(gateway, base, request, std::move(responder));
      });
  const auto receipts = std::make_shared<Receipts>(gateway);
  for (const Pages& pages : {Pages{base, domain::PaymentKind::payin},
                             Pages{base + "/widget", domain::PaymentKind::widget}}) {
    add_receipt_routes(gateway, receipts, pages, router);
  }
  add_asset_routes(base, router);
  add_brand_routes(gateway, base, router);
}

}  // namespace kassa::api

#include "api/page/page.hpp"

#include "api/page/render.hpp"
#include "callbacks/picture.hpp"
#include "domain/methods.hpp"

namespace kassa::api {
namespace {


/// The path of a URL: "/pay" of "http://127.0.0.1:8080/pay".
std::string path_of(const std::string& url) {
  const auto host = url.find("://");
  const auto path = url.find('/', host == std::string::npos ? 0 : host + 3);
  std::string out = path == std::string::npos ? std::string() : url.substr(path);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

PageState state_of(const protocol::PaymentPicture& picture, const domain::Payment& payment,
                   const domain::Config& config) {
  PageState state;
  state.version = payment.last_event;
  state.kind = picture.kind;
  state.state = picture.state;
  state.status_description = picture.status_description;
  state.amount = picture.amount;
  state.old_amount = picture.old_amount;
  state.initial_amount = picture.initial_amount;
  state.currency = picture.currency;
  const auto* rules = config.currency(payment.currency);
  state.digits = rules ? rules->digits : 2;
  state.created_at_s = picture.created_date;
  state.expires_at_s = picture.expiration_date;
  state.lifetime_s = picture.lifetime_s;
  state.method = picture.method;
  state.widget_method = picture.widget_method;
  if (protocol::tells_recipient(picture) && picture.recipient) {
    const auto& to = *picture.recipient;
    state.recipient = {.kind = domain::is_phone_method(picture.method) ? "phone" : "card",
                       .number = to.number,
                       .holder = to.holder,
                       .bank_symbol = "",
                       .bank_name = to.bank_name,
                       .bank_country = to.bank_country};
  }
  state.redirect_url = picture.redirect_url;
  state.language = "en";
  state.brand_name = "Kassa";
  state.test = true;
  state.can_confirm = state.state == domain::state::awaiting_confirm;
  state.can_cancel = state.can_confirm || state.state == domain::state::requisites;
  return state;
}

void show(Gateway& gateway, const std::string& base, std::string_view token,
          const http::Request& request, http::Responder responder) {
  const auto id = gateway.ring.open_page_token(token);
  const auto reader = gateway.readers.borrow();
  const auto view = id ? reader->payment(*id) : std::nullopt;
  if (!view) {
    responder.send(render_not_found(base, request));
    return;
  }
  const auto config = gateway.engine.config();
  const auto picture = gateway.pictures.of_payment(view->payment, view->requisites, *config);
  const std::int64_t offset_ms =
      view->payment.clock.is_nil() ? 0 : reader->test_clock(view->payment.clock).offset_ms;
  PageState state = state_of(picture, view->payment, *config);
  state.now = gateway.clock.now() + domain::Duration{offset_ms};
  responder.send(render_page(state, base + "/" + std::string(token), request));
}

http::Response see_other(std::string location) {
  http::Response back;
  back.status = 303;
  back.content_type = "text/html; charset=utf-8";
  back.headers = {{"cache-control", "no-store"}, {"location", std::move(location)}};
  return back;
}

/// After a button: back to the page, which then shows the true state, whatever became of the press.
template <class Command>
void press(Gateway& gateway, const std::string& base, std::string_view token,
           http::Responder responder) {
  const auto id = gateway.ring.open_page_token(token);
  if (!id) {
    responder.send(render_not_found({}, {}));
    return;
  }
  Command command{.request_id = *id};
  command.actor.kind = domain::ActorKind::payer;
  gateway.engine.submit(std::move(command), engine::Source::api,
                        [location = base + "/" + std::string(token),
                         responder = std::move(responder)](domain::Decision&& decision) mutable {
                          const bool missing =
                              !decision &&
                              decision.error().code == domain::RefusalCode::payment_not_found;
                          if (missing) {
                            responder.send(render_not_found({}, {}));
                            return;
                          }
                          responder.send(see_other(location));
                        });
}

void add(http::Router& router, const std::string& path, std::string method, http::Handler handler) {
  http::Route route;
  route.path = path;
  route.method = std::move(method);
  route.body_bytes_max = 1024;
  route.json_only = false;
  route.handler = std::move(handler);
  router.add(std::move(route));
}

}  // namespace

void add_page_routes(Gateway& gateway, http::Router& router) {
  const std::string base = path_of(gateway.settings.public_page_base);
  add(router, base + "/*", "GET",
      [&gateway, base](const http::Request& request, http::Responder responder) {
        show(gateway, base, request.path.substr(base.size() + 1), request, std::move(responder));
      });
  add(router, base + "/*", "POST",
      [&gateway, base](const http::Request& request, http::Responder responder) {
        const std::string_view rest = request.path.substr(base.size() + 1);
        const auto slash = rest.find('/');
        const auto token = rest.substr(0, slash);
        const auto action = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
        if (action == "confirm") {
          press<domain::ConfirmPayin>(gateway, base, token, std::move(responder));
        } else if (action == "cancel") {
          press<domain::CancelPayin>(gateway, base, token, std::move(responder));
        } else {
          responder.send(render_not_found({}, {}));
        }
      });
}

}  // namespace kassa::api

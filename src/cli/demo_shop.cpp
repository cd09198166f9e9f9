#include "cli/demo_shop.hpp"

#include <algorithm>

#include "api/page/form.hpp"
#include "api/page/html.hpp"
#include "api/page/texts.hpp"
#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "encoding/base64.hpp"
#include "ops/random.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {

std::span<const http::StaticFile> embedded_shop();  // generated: cmake/rooms.cmake

namespace {

constexpr std::string_view kCurrency = "KZT";
constexpr std::size_t kOrdersMax = 10'000;  // forgotten all at once: it is a demonstration

struct Good {
  std::string_view id;
  std::string_view name;
  std::string_view note;
  std::int64_t price_minor;
};
constexpr Good kGoods[] = {
    {"tea", "Green tea", "From last spring, a tin of 100 g", 390'000},
    {"pot", "Teapot", "Stoneware, cobalt glaze, 0.8 l", 1'250'000},
    {"bowls", "Two piala bowls", "Thrown by hand, no two alike", 480'000},
};

http::Response error(int status, std::string_view /*path*/) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

http::Response json(std::string body) {
  http::Response response;
  response.body = std::move(body);
  response.headers = {{"cache-control", "no-store"}};
  return response;
}

std::string_view file(std::string_view path) {
  const auto files = embedded_shop();
  const auto found = std::ranges::find(files, path, &http::StaticFile::path);
  return found == files.end() ? std::string_view() : found->bytes;
}

std::string_view origin_of(std::string_view url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

/// A page of the shop's. Its policy allows Kassa what widget.js needs, and nobody else anything.
http::Response page(std::string body, std::string_view kassa) {
  http::Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  const std::string origin(kassa);
  response.headers = {{"cache-control", "no-store"},
                      {"referrer-policy", "no-referrer"},
                      {"x-content-type-options", "nosniff"},
                      {"content-security-policy",
                       "default-src 'none'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                       "script-src 'self' " +
                           origin + "; frame-src " + origin + "; form-action 'self' " + origin +
                           "; base-uri 'none'; frame-ancestors 'none'"}};
  return response;
}

std::string money(std::int64_t minor) {
  return api::Texts::of("en").money(minor, 2, kCurrency);
}

/// How many of a thing were put into the basket: one digit.
std::int64_t count_of(std::string_view body, std::string_view id) {
  const std::string text = api::form_field(body, id);
  return text.size() == 1 && text[0] >= '0' && text[0] <= '9' ? text[0] - '0' : 0;
}

std::string goods_html() {
  api::Html html;
  for (const Good& good : kGoods) {
    html.raw("<li><img src=\"/")
        .text(good.id)
        .raw(".svg\" alt=\"\" width=\"160\" height=\"120\"><div>");
    html.raw("<h2>").text(good.name).raw("</h2><p>").text(good.note).raw("</p>");
    html.raw("<div class=\"count\"><label for=\"")
        .text(good.id)
        .raw("\">How many</label><input id=\"");
    html.text(good.id)
        .raw("\" name=\"")
        .text(good.id)
        .raw("\" type=\"number\" min=\"0\" max=\"9\"");
    html.raw(" value=\"1\" data-price=\"").number(good.price_minor).raw("\"></div></div>");
    html.raw("<p class=\"price\">").text(money(good.price_minor)).raw("</p></li>\n");
  }
  return html.take();
}

std::int64_t price_of_all() {
  std::int64_t sum = 0;
  for (const Good& good : kGoods) sum += good.price_minor;
  return sum;
}

struct Thanks {
  std::string_view title;
  std::string_view text;
  bool waits = false;
};

Thanks thanks_for(std::string_view status) {
  if (status == "success") return {"Thank you!", "It is paid, and on its way to you."};
  if (status == "decline") return {"Not paid", "Nothing was taken. Your basket is still there."};
  return {"One moment", "Your payment is being confirmed.", /*waits=*/true};
}

}  // namespace

DemoShop::DemoShop(const DemoShopOptions& options)
    : project_id_(options.project_id),
      page_base_(options.page_base),
      client_(options.base_url, options.project_id, read_file(options.private_key)),
      callbacks_(read_file(options.callback_public_key)),
      router_(error) {
  add("/", "GET", &DemoShop::show_basket);
  add("/orders", "POST", &DemoShop::make_order);
  add("/orders/*", "GET", &DemoShop::show_order);
  add("/callbacks", "POST", &DemoShop::take_callback);
  for (const auto& asset : embedded_shop()) {
    if (!asset.path.ends_with(".html"))
      add("/" + std::string(asset.path), "GET", &DemoShop::show_file);
  }
  try {
    listen(options.port);
  } catch (const std::runtime_error&) {
    if (options.port == 0) throw;
    listen(0);
  }
}

std::string DemoShop::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port());
}

std::map<std::string, std::string> DemoShop::brand() {
  return {{"brand.name", "Piala"},
          {"brand.colour", "#0b6e4f"},
          {"brand.colour_dark", "#7be0b5"},
          {"brand.support", "help@piala.example"},
          {"brand.logo", encoding::to_base64(file("logo.svg"))},
          {"brand.logo_dark", encoding::to_base64(file("logo.svg"))}};
}

/// It waits for Kassa's answers on its own thread, which serves nobody else.
void DemoShop::add(std::string path, std::string method,
                   http::Response (DemoShop::*answer)(const http::Request&)) {
  http::Route route;
  route.path = std::move(path);
  route.method = std::move(method);
  route.json_only = false;
  route.handler = [this, answer](const http::Request& request, http::Responder responder) {
    responder.send((this->*answer)(request));
  };
  router_.add(std::move(route));
}

void DemoShop::listen(std::uint16_t port) {
  http::ServerOptions options;
  options.listen_port = port;
  options.threads = 1;
  options.connections_max = 64;
  server_ = std::make_unique<http::Server>(options, router_, nullptr);
  server_->start();
}

http::Response DemoShop::show_basket(const http::Request& /*request*/) {
  return page(api::filled(file("index.html"), {{"widget", page_base_ + "/widget.js"},
                                               {"goods", goods_html()},
                                               {"total", money(price_of_all())}}),
              origin_of(page_base_));
}

http::Response DemoShop::show_file(const http::Request& request) {
  static const http::StaticFiles files(embedded_shop());
  return files.answer(request, request.path.substr(1));
}

/// The prices are the server's own: what the browser says is how many.
http::Response DemoShop::make_order(const http::Request& request) {
  std::int64_t amount_minor = 0;
  for (const Good& good : kGoods)
    amount_minor += good.price_minor * count_of(request.body, good.id);
  if (amount_minor == 0) return error(422, request.path);
  const std::string order = domain::Uuid(ops::random_uuid_v4()).text();
  {
    // Before the payin is made: its first callback may be here before its answer is.
    const std::lock_guard lock(mutex_);
    if (orders_.size() >= kOrdersMax) orders_.clear();
    orders_[order].amount_minor = amount_minor;
  }
  const std::string form_url = create_payin(order, amount_minor, request.remote_address);
  if (form_url.empty()) return error(502, request.path);
  if (request.header("accept").contains("application/json")) {
    return json("{\"path\":" + json_text("/orders/" + order) +
                ",\"form_url\":" + json_text(form_url) + "}");
  }
  http::Response there = page("", origin_of(page_base_));
  there.status = 303;
  there.headers.emplace_back("location", form_url);
  return there;
}

std::string DemoShop::create_payin(const std::string& order, std::int64_t amount_minor,
                                   const std::string& payer_address) const {
  std::string body;
  protocol::JsonWriter(body)
      .begin_object()
      .key("general")
      .begin_object()
      .member("project_id", project_id_)
      .member("payment_id", order)
      .member("merchant_callback_url", url() + "/callbacks")
      .member("merchant_success_callback_url", url() + "/callbacks")
      .member("merchant_decline_callback_url", url() + "/callbacks")
      .member("redirect_url", url() + "/orders/" + order)
      .end_object()
      .key("payment")
      .begin_object()
      .member("amount", amount_minor)
      .member("currency", kCurrency)
      .end_object()
      .key("customer")
      .begin_object()
      .member("id", "customer-1")
      .member("ip_address", payer_address)
      .member("country", "KZ")
      .member("language", "en")
      .end_object()
      .end_object();
  const auto made = client_.post("/api/v1/widget/payin", body);
  protocol::JsonDocument document;
  if (made.status != 200 || !document.parse(made.body)) return {};
  const auto integration = document.root().find("integration");
  return integration ? text_of(*integration, "form_url") : std::string();
}

http::Response DemoShop::show_order(const http::Request& request) {
  constexpr std::string_view kFolder = "/orders/";
  const std::string name(request.path.substr(kFolder.size()));
  Order order;
  {
    const std::lock_guard lock(mutex_);
    const auto found = orders_.find(name);
    if (found == orders_.end()) return error(404, request.path);
    order = found->second;
  }
  if (request.header("accept").contains("application/json")) {
    return json("{\"status\":" + json_text(order.status) + "}");
  }
  const Thanks thanks = thanks_for(order.status);
  std::string body(file("thanks.html"));
  for (int i = 0; i < 2; ++i) body = api::filled(body, {{"title", thanks.title}});
  return page(
      api::filled(body,
                  {{"text", thanks.text},
                   {"refresh", thanks.waits ? "<meta http-equiv=\"refresh\" content=\"2\">\n" : ""},
                   {"order", name.substr(0, 8)},
                   {"amount", money(order.amount_minor)}}),
      origin_of(page_base_));
}

/// What is not Kassa's signature changes nothing. Callbacks come in order, so the last is what
/// holds.
http::Response DemoShop::take_callback(const http::Request& request) {
  const auto heard = callbacks_.read(request);
  if (!heard || !heard->genuine) return error(401, request.path);
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(heard->payment_id);
  if (found != orders_.end()) found->second.status = heard->state.substr(0, heard->state.find(':'));
  return json("{}");
}

}  // namespace kassa::cli

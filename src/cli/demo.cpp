#include "cli/demo.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

#include "cli/files.hpp"
#include "cli/heard_callback.hpp"
#include "cli/merchant_client.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "http/server.hpp"
#include "ops/clock.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using namespace std::chrono_literals;
using protocol::JsonDocument;

/// The shop's own endpoint: takes callbacks, verifies them, remembers their states.
class Shop {
 public:
  explicit Shop(const std::string& callback_public_pem)
      : callbacks_(callback_public_pem), router_([](int status, std::string_view) {
          http::Response response;
          response.status = status;
          return response;
        }) {
    http::Route route;
    route.path = "/callbacks";
    route.handler = [this](const http::Request& request, http::Responder responder) {
      take(request);
      http::Response thanks;
      thanks.body = "{}";
      responder.send(std::move(thanks));
    };
    router_.add(std::move(route));
    http::ServerOptions options;
    options.threads = 1;
    options.connections_max = 64;
    server_ = std::make_unique<http::Server>(options, router_, nullptr);
    server_->start();
  }

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/callbacks";
  }

  /// Waits for a callback of that state; false after `patience`.
  [[nodiscard]] bool wait_for(const std::string& state, std::chrono::seconds patience) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, patience,
                             [&] { return std::ranges::find(states_, state) != states_.end(); });
  }

 private:
  void take(const http::Request& request) {
    const auto heard = callbacks_.read(request);
    if (!heard) return;
    const std::lock_guard lock(mutex_);
    std::printf("     ← callback  %-28s signature %s\n", heard->state.c_str(),
                heard->genuine ? "good" : "BAD");
    (void)std::fflush(stdout);
    if (heard->genuine) states_.push_back(heard->state);
    arrived_.notify_all();
  }

  CallbackReader callbacks_;
  http::Router router_;
  std::unique_ptr<http::Server> server_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::string> states_;
};

std::string payin_body(const DemoOptions& options, const std::string& payment_id,
                       const std::string& callback_url) {
  std::string out;
  protocol::JsonWriter(out)
      .begin_object()
      .key("general")
      .begin_object()
      .member("project_id", options.project_id)
      .member("payment_id", payment_id)
      .member("merchant_callback_url", callback_url)
      .member("merchant_success_callback_url", callback_url)
      .member("merchant_decline_callback_url", callback_url)
      .member("redirect_url", "https://shop.example/thank-you")
      .end_object()
      .key("payment")
      .begin_object()
      .member("method", "card-p2p")
      .member("amount", 500000)
      .member("currency", "KZT")
      .member("lifetime", 600)
      .end_object()
      .key("sender")
      .begin_object()
      .end_object()
      .key("customer")
      .begin_object()
      .member("id", "customer-1")
      .member("ip_address", "192.0.2.1")
      .member("country", "KZ")
      .end_object()
      .end_object();
  return out;
}

std::string reference_body(const DemoOptions& options, const std::string& payment_id) {
  return "{\"general\":{\"project_id\":" + json_text(options.project_id) +
         ",\"payment_id\":" + json_text(payment_id) + "}}";
}

/// Posts, says what was answered, and gives the parsed answer.
JsonDocument step(const MerchantClient& client, const std::string& path, const std::string& body) {
  const MerchantAnswer answer = client.post(path, body);
  JsonDocument document;
  if (!document.parse(answer.body)) throw Refused(path + " answered something that is not JSON");
  const std::string sub = text_of(document.root(), "sub_status");
  std::printf("  → POST %-34s %ld  %s%s%s\n", path.c_str(), answer.status,
              text_of(document.root(), "status").c_str(), sub.empty() ? "" : ":", sub.c_str());
  (void)std::fflush(stdout);
  if (answer.status != 200) {
    throw Refused(path + ": " + text_of(document.root(), "status_description"));
  }
  return document;
}

void expect_callback(Shop& shop, const std::string& state) {
  if (!shop.wait_for(state, 20s)) throw Refused("no callback of " + state + " came");
}

}  // namespace

void run_demo(const DemoOptions& options) {
  const MerchantClient client(options.base_url, options.project_id, read_file(options.private_key));
  Shop shop(read_file(options.callback_public_key));
  const ops::SystemClock clock;
  const std::string payment_id = "DEMO-" + std::to_string(domain::unix_ms(clock.now()));

  std::printf("\nOne payin of 5 000.00 KZT, signed with RSA, from request to success:\n\n");
  const auto created =
      step(client, "/api/v1/payment/p2p/payin", payin_body(options, payment_id, shop.url()));
  const std::string request_id = text_of(created.root(), "request_id");
  const std::string page = text_of(*created.root().find("integration"), "form_url");

  expect_callback(shop, "processing:awaiting_confirm");
  const auto info =
      step(client, "/api/v1/payment/p2p/payin/info", reference_body(options, payment_id));
  if (const auto to = info.root().find("recipient_requisites")) {
    std::printf("     the payer is told: send it to %s, %s, %s\n", text_of(*to, "pan").c_str(),
                text_of(*to, "card_holder").c_str(), text_of(*to, "bank_name").c_str());
  }
  (void)step(client, "/api/v1/payment/p2p/payin/confirm", reference_body(options, payment_id));
  expect_callback(shop, "success");
  (void)step(client, "/api/v1/payment/p2p/payin/info", reference_body(options, payment_id));

  std::printf("\n  its page:   %s\n  its life:   kassa payment show %s\n", page.c_str(),
              request_id.c_str());
  (void)std::fflush(stdout);
}

}  // namespace kassa::cli

// The sandbox's shop, as an integrator would write one: a basket, a signed call that makes the
// payin, widget.js over its page, and an endpoint whose verified callbacks alone say that an order
// is paid. It listens on a port of its own, since a shop is never of the gateway's origin.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cli/heard_callback.hpp"
#include "cli/merchant_client.hpp"
#include "http/server.hpp"
#include "http/static_files.hpp"

namespace kassa::cli {

struct DemoShopOptions {
  std::string base_url;   // of Kassa's API
  std::string page_base;  // where widget.js is
  std::string project_id;
  std::string private_key;  // file paths
  std::string callback_public_key;
  std::uint16_t port = 0;  // on 127.0.0.1; taken by somebody else, or 0: any
};

class DemoShop {
 public:
  explicit DemoShop(const DemoShopOptions& options);

  /// Its origin: "http://127.0.0.1:8081".
  [[nodiscard]] std::string url() const;

  /// The look that its payers' page has: settings of its project.
  [[nodiscard]] static std::map<std::string, std::string> brand();

 private:
  struct Order {
    std::int64_t amount_minor = 0;
    std::string status = "processing";
  };

  void add(std::string path, std::string method,
           http::Response (DemoShop::*answer)(const http::Request&));
  void listen(std::uint16_t port);

  [[nodiscard]] http::Response show_basket(const http::Request& request);
  [[nodiscard]] http::Response show_file(const http::Request& request);
  [[nodiscard]] http::Response make_order(const http::Request& request);
  [[nodiscard]] http::Response show_order(const http::Request& request);
  [[nodiscard]] http::Response take_callback(const http::Request& request);
  /// The page to pay on; empty if Kassa refused.
  [[nodiscard]] std::string create_payin(const std::string& order, std::int64_t amount_minor,
                                         const std::string& payer_address) const;

  std::string project_id_;
  std::string page_base_;
  MerchantClient client_;
  CallbackReader callbacks_;
  http::Router router_;
  std::mutex mutex_;
  std::map<std::string, Order, std::less<>> orders_;  // guarded by mutex_
  std::unique_ptr<http::Server> server_;
};

}  // namespace kassa::cli

// The payer's page behind `form_url`: plain HTML from the server, with the state, whom to pay, and
// two buttons. It works without script; an unfinished payment's page refreshes itself.
//
// The link is the right to see it (40 hex digits that nobody can guess): a wrong one, malformed or
// forged, answers one and the same 404.
#pragma once

#include <string>

#include "api/gateway.hpp"
#include "protocol/answers.hpp"

namespace kassa::api {

/// Adds the page's routes below the path of `public_page_base`.
void add_page_routes(Gateway& gateway, http::Router& router);

/// What the page says of receipts.
struct PageReceipts {
  bool taken = false;      // the payment's state takes them
  std::int32_t shown = 0;  // how many there are
  [[nodiscard]] bool can_show() const { return taken && shown < domain::kReceiptsMax; }
};

/// The page of a payment. `now_s`: the payment's clock, in Unix seconds. `digits`: of its currency.
[[nodiscard]] std::string render_page(const protocol::PaymentPicture& picture,
                                      const PageReceipts& receipts, const std::string& action_path,
                                      std::int64_t now_s, std::int32_t digits);

/// "1 500.00": minor units as people write them.
[[nodiscard]] std::string format_amount(std::int64_t minor, std::int32_t digits);

}  // namespace kassa::api

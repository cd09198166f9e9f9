// Where a payer shows a receipt: `PAGE/receipt`, a plain form, or the file itself.
#pragma once

#include <memory>
#include <string>

#include "api/gateway.hpp"
#include "api/page/receipts.hpp"

namespace kassa::api {

/// Pages of one kind: "{base}/TOKEN".
struct Pages {
  std::string base;
  domain::PaymentKind kind = domain::PaymentKind::payin;
};

/// Adds `BASE/TOKEN/receipt`, GET and POST.
void add_receipt_routes(Gateway& gateway, const std::shared_ptr<Receipts>& receipts,
                        const Pages& pages, http::Router& router);

}  // namespace kassa::api

// Where a payer shows a receipt: `PAGE/receipt`, a plain form, or the file itself.
#pragma once

#include <memory>
#include <string>

#include "api/gateway.hpp"
#include "api/page/receipts.hpp"

namespace kassa::api {

/// Adds `BASE/TOKEN/receipt`, GET and POST.
void add_receipt_routes(Gateway& gateway, const std::shared_ptr<Receipts>& receipts,
                        const std::string& base, http::Router& router);

}  // namespace kassa::api

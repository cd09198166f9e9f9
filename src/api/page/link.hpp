// Links to pages: whose payment one is for, and what a wrong one is answered, wherever it is
// noticed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/gateway.hpp"
#include "api/page/page_state.hpp"

namespace kassa::api {

/// What all pages are below: the path of `public_page_base`, "/pay" of "https://shop.example/pay".
[[nodiscard]] std::string page_base(const Gateway& gateway);

/// The payment that a link of that kind is for; nothing for a wrong link. The store is asked about
/// a forged one, too: as about nobody's payment, which takes the time of one that is gone.
[[nodiscard]] std::optional<domain::RequestId> open_link(Gateway& gateway, std::string_view token,
                                                         domain::PaymentKind kind);

/// The same, with all that its page shows.
[[nodiscard]] std::optional<PageState> read_linked_state(Gateway& gateway, std::string_view token,
                                                         domain::PaymentKind kind);

/// The one 404 of them all, counted; whoever tries many is told to wait: 429.
[[nodiscard]] http::Response wrong_link(Gateway& gateway, const http::Request& request);

}  // namespace kassa::api

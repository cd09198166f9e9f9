// The payer's page behind `form_url`: plain HTML from the server, with the state, whom to pay, and
// the payer's buttons. It works without script; an unfinished payment's page refreshes itself.
#pragma once

#include <string>

#include "api/page/page_state.hpp"
#include "http/http.hpp"

namespace kassa::api {

/// The page that shows this state. `path`: the page's own, that its buttons are below.
[[nodiscard]] http::Response page_response(const PageState& page, const std::string& path,
                                           const http::Request& request);

/// Its HTML.
[[nodiscard]] std::string render_page(const PageState& page, const std::string& path);

/// "1 500.00": minor units as people write them.
[[nodiscard]] std::string format_amount(std::int64_t minor, std::int32_t digits);

}  // namespace kassa::api

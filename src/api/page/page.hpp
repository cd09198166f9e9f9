// The payer's page: one document, rendered by the server for every state and language. A script, if
// there is one, fetches the same document again and exchanges `main`.
#pragma once

#include <string>

#include "api/page/page_state.hpp"
#include "http/http.hpp"

namespace kassa::api {

/// `page_path`: "{base}/{token}" or "{base}/widget/{token}".
[[nodiscard]] http::Response page_response(const PageState& state, const std::string& page_path,
                                           const http::Request& request);

}  // namespace kassa::api

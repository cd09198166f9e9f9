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

/// The form for a receipt, and why the last one was not taken: `status` is what it was answered,
/// 200 for a form that is only asked for.
[[nodiscard]] http::Response receipt_response(const PageState& state, const std::string& page_path,
                                              const std::string& language, int status);

}  // namespace kassa::api

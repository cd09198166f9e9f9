// What all pages of the payer have in common: style, policy, and pages that say one thing.
#pragma once

#include <string>
#include <string_view>

#include "api/page/html.hpp"
#include "http/http.hpp"

namespace kassa::api {

extern const std::string_view kPageStyle;

[[nodiscard]] http::Response html_response(int status, std::string body);
/// A page that says one thing; `more` is markup of ours that stands below.
[[nodiscard]] http::Response plain_page(int status, std::string_view title, std::string_view text,
                                        std::string_view more = {});
/// The one answer to every wrong link.
[[nodiscard]] http::Response no_page();
[[nodiscard]] http::Response see_other(std::string location);
/// A paragraph that leads to `path`.
[[nodiscard]] std::string link(const std::string& path, std::string_view label);

}  // namespace kassa::api

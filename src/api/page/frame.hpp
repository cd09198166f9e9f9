// What all pages of the payer have in common: head, policy, and pages without a payment.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/page/html.hpp"
#include "http/http.hpp"

namespace kassa::api {

/// Nothing of it may be kept, guessed at or known elsewhere.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> private_headers();

/// Private, and framed by pages of these origins alone.
[[nodiscard]] http::Response html_response(int status, std::string body,
                                           std::span<const std::string> origins = {});

/// From the doctype to the icon; `</head>` is the caller's. `base`: what the page's assets are
/// below.
void append_head(Html& html, const std::string& base, std::string_view language,
                 std::string_view title);
/// A drawing above the title.
enum class Sign : std::uint8_t { wait, good, care, bad, ended, later };
void append_sign(Html& html, Sign sign);

/// The first language of `accept-language` that has a catalog, else English; of static lifetime.
[[nodiscard]] std::string_view language_for(const http::Request& request);

/// The one answer to every wrong link.
[[nodiscard]] http::Response no_page(const std::string& base = {},
                                     std::string_view language = "en");
/// For whoever tries many of them.
[[nodiscard]] http::Response slow_down_page(const std::string& base, std::string_view language);

/// Kassa can't show a page: this one asks for it again by itself. `page`: where it is.
[[nodiscard]] http::Response trouble_page(int status, const std::string& base,
                                          std::string_view language, const std::string& page);
/// A press that did not arrive: nothing was decided, and the payer may press again.
[[nodiscard]] http::Response not_sent_page(const std::string& base, std::string_view language,
                                           const std::string& page);

[[nodiscard]] http::Response see_other(std::string location);

}  // namespace kassa::api

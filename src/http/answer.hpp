// The head of an answer, as text.
#pragma once

#include <string>

#include "http/http.hpp"

namespace kassa::http {

/// Appends status line and headers, with the empty line. States `content-length` (of the
/// body that GET would have, also for HEAD; none of a stream), and `connection: close` if `close`.
/// A further header that could split the answer (CR, LF, NUL, a name that is no token) or that
/// would contradict the framing is left out; a status that is no final one becomes 500.
void append_head(const Response& response, bool close, std::string& out);

/// True for the final statuses that never have a body (204, 304).
[[nodiscard]] bool is_bodiless(int status);

}  // namespace kassa::http

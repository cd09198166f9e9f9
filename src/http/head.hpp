// The head of a request, strictly: bytes to views, or the status that refuses them. No sockets.
//
// It is our own and not Beast's parser, which accepts what a gateway must not (obs-fold,
// "Content-Length: 5, 5", "Transfer-Encoding: gzip" read as no body at all), bounds no whole head,
// and in 1.81 aborts by an assertion when the end of a chunked body arrives byte by byte. The tests
// hold it against Beast: whatever is accepted here, Beast reads the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "http/http.hpp"

namespace kassa::http {

/// Finds where the head ends while it arrives; each byte is looked at once.
class HeadScanner {
 public:
  enum class Found {
    need_more,
    head,        // size() bytes, the empty line included
    empty_line,  // CRLF before the request line: skip two bytes, start anew (RFC 9112 §2.2)
    bare_lf,     // refused at once: the peers on our way might disagree on where the line ends
  };

  /// `bytes` starts at the request line and has only grown since the last call.
  [[nodiscard]] Found scan(std::string_view bytes);
  [[nodiscard]] std::size_t size() const { return line_begin_; }
  [[nodiscard]] bool in_request_line() const { return line_begin_ == 0; }

 private:
  std::size_t scanned_ = 0;
  std::size_t line_begin_ = 0;
};

/// How the message goes on after its head.
struct Head {
  std::uint64_t content_length = 0;  // 0 if chunked
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;

  [[nodiscard]] bool has_body() const { return chunked || content_length > 0; }
};

/// Parses a whole head (with its empty line) into `request`, whose views then point into `bytes`;
/// names are lower-cased in place. Refuses with 400, or 431 over `fields_max`. Only origin-form
/// targets are served ("/path?query"): we are nobody's proxy.
[[nodiscard]] std::expected<Head, int> parse_head(std::span<char> bytes, std::size_t fields_max,
                                                  Request& request);

/// As names of fields are compared. `lower_case` is so already.
[[nodiscard]] bool iequals(std::string_view text, std::string_view lower_case);

/// application/json, optionally with charset=utf-8, in any case.
[[nodiscard]] bool is_json(std::string_view content_type);

[[nodiscard]] bool is_token(std::string_view text);        // RFC 9110 §5.6.2
[[nodiscard]] bool is_field_value(std::string_view text);  // no CR, LF, NUL or other control

}  // namespace kassa::http

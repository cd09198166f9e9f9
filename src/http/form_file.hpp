// The file of a plain HTML form (multipart/form-data, RFC 7578) that has one input and it is a
// file.
//
// Strict, as nothing but browsers sends this: one part, CRLF everywhere, quoted parameters, no
// preamble, no transfer encoding, nothing after the end. The file's name and type are a stranger's
// words and are not even looked at.
#pragma once

#include <optional>
#include <string_view>

namespace kassa::http {

/// Views into the body.
struct FormFile {
  std::string_view field;  // the input's name
  std::string_view content;
};

/// "multipart/form-data", whatever its parameters are.
[[nodiscard]] bool is_form_with_files(std::string_view content_type);

/// Nothing when the body is anything but that.
[[nodiscard]] std::optional<FormFile> read_form_file(std::string_view content_type,
                                                     std::string_view body);

}  // namespace kassa::http

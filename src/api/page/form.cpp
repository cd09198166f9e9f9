#include "api/page/form.hpp"

#include "encoding/base64.hpp"

namespace kassa::api {
namespace {

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      out += ' ';
    } else if (text[at] != '%') {
      out += text[at];
    } else {
      const auto byte = encoding::from_hex(text.substr(at + 1, 2));
      if (!byte || byte->size() != 1) return {};
      out += *byte;
      at += 2;
    }
  }
  return out;
}

}  // namespace

std::string form_field(std::string_view body, std::string_view name) {
  while (!body.empty()) {
    const auto end = body.find('&');
    const auto field = body.substr(0, end);
    const auto sign = field.find('=');
    if (sign != std::string_view::npos && field.substr(0, sign) == name) {
      return decoded(field.substr(sign + 1));
    }
    body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
  }
  return {};
}

}  // namespace kassa::api

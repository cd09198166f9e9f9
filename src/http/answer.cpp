#include "http/answer.hpp"

#include <array>
#include <charconv>

#include "http/head.hpp"

namespace kassa::http {
namespace {

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

void append_number(std::size_t number, std::string& out) {
  std::array<char, 20> digits;  // enough for 2^64
  const auto end = std::to_chars(digits.begin(), digits.end(), number).ptr;
  out.append(digits.begin(), end);
}

bool is_sendable(std::string_view name, std::string_view text) {
  if (!is_token(name) || !is_field_value(text)) return false;
  return !iequals(name, "content-length") && !iequals(name, "transfer-encoding") &&
         !iequals(name, "connection");
}

void append_field(std::string_view name, std::string_view text, std::string& out) {
  out.append(name).append(": ").append(text).append("\r\n");
}

}  // namespace

bool is_bodiless(int status) {
  return status == 204 || status == 304;
}

void append_head(const Response& response, bool close, std::string& out) {
  const int status = response.status >= 200 && response.status <= 599 ? response.status : 500;
  out.append("HTTP/1.1 ");
  append_number(static_cast<std::size_t>(status), out);
  out.append(" ").append(reason_of(status)).append("\r\n");
  if (!is_bodiless(response.status)) {
    if (is_sendable("content-type", response.content_type) && !response.content_type.empty()) {
      append_field("content-type", response.content_type, out);
    }
    if (!response.stream) {  // a stream's length nobody knows: it ends with its connection
      out.append("content-length: ");
      append_number(response.body.size(), out);
      out.append("\r\n");
    }
  }
  if (close) out.append("connection: close\r\n");
  for (const auto& [name, text] : response.headers) {
    if (is_sendable(name, text)) append_field(name, text, out);
  }
  out.append("\r\n");
}

}  // namespace kassa::http

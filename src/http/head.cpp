#include "http/head.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace kassa::http {
namespace {

constexpr int kBadRequest = 400;
constexpr int kTooManyFields = 431;
constexpr std::size_t kMethodBytesMax = 32;

enum Class : unsigned char { token = 1, value = 2, target = 4, host = 8 };

/// What each byte may be part of.
constexpr auto kClasses = [] {
  std::array<unsigned char, 256> classes{};
  const auto add = [&](std::string_view bytes, unsigned char bits) {
    for (const char byte : bytes) classes[static_cast<unsigned char>(byte)] |= bits;
  };
  constexpr std::string_view kAlphanumeric =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t byte = 0x20; byte < 256; ++byte) {
    if (byte != 0x7f) classes[byte] |= value;
    if (byte > 0x20 && byte < 0x7f && byte != '#') classes[byte] |= target;
  }
  add("\t", value);
  add(kAlphanumeric, token | host);
  add("!#$%&'*+-.^_`|~", token);
  add("-._~:[]!$&'()*+;=%", host);
  return classes;
}();

bool all(std::string_view text, Class wanted) {
  return std::ranges::all_of(text, [wanted](char byte) {
    return (kClasses[static_cast<unsigned char>(byte)] & wanted) != 0;
  });
}

constexpr char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + ('a' - 'A')) : byte;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return text.substr(text.size());  // empty, not null
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Digits only, no sign, no list, no overflow: each of those has smuggled a request somewhere.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  constexpr std::size_t kDigitsMax = 18;
  if (text.empty() || text.size() > kDigitsMax) return std::nullopt;
  std::uint64_t length = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    length = length * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  return length;
}

/// Collects what the fields say about framing; each of these may be there once.
struct Framing {
  bool http_1_1 = false;
  int hosts = 0;
  int content_types = 0;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool expects_continue = false;
  bool says_close = false;

  [[nodiscard]] bool field(std::string_view name, std::string_view text, Request& request);
  [[nodiscard]] std::expected<Head, int> head() const;

 private:
  [[nodiscard]] bool connection(std::string_view options);
};

bool Framing::field(std::string_view name, std::string_view text, Request& request) {
  if (name == "host") {
    return ++hosts == 1 && all(text, Class::host);
  }
  if (name == "content-length") {
    if (content_length) return false;
    content_length = parse_length(text);
    return content_length.has_value();
  }
  if (name == "transfer-encoding") {
    // Chunked and nothing else, once: a coding that one side ignores moves the message's end.
    if (chunked || !iequals(text, "chunked")) return false;
    chunked = true;
  } else if (name == "content-type") {
    request.content_type = text;
    return ++content_types == 1;
  } else if (name == "connection") {
    return connection(text);
  } else if (name == "expect") {
    expects_continue = iequals(text, "100-continue");
  }
  return true;
}

bool Framing::connection(std::string_view options) {
  while (!options.empty()) {
    const auto comma = std::min(options.find(','), options.size());
    const std::string_view option = trim(options.substr(0, comma));
    if (!option.empty() && !is_token(option)) return false;
    if (iequals(option, "close")) says_close = true;
    options.remove_prefix(std::min(comma + 1, options.size()));
  }
  return true;
}

std::expected<Head, int> Framing::head() const {
  if (http_1_1 && hosts == 0) return std::unexpected(kBadRequest);
  if (chunked && (content_length || !http_1_1)) return std::unexpected(kBadRequest);
  return Head{.content_length = content_length.value_or(0),
              .chunked = chunked,
              .keep_alive = http_1_1 && !says_close,
              .expects_continue = http_1_1 && expects_continue};
}

/// `line` without its CRLF.
bool parse_request_line(std::string_view line, Request& request, bool& http_1_1) {
  const auto method_end = line.find(' ');
  if (method_end > kMethodBytesMax) return false;  // npos, too
  const auto target_end = line.find(' ', method_end + 1);
  if (target_end == std::string_view::npos) return false;
  request.method = line.substr(0, method_end);
  request.target = line.substr(method_end + 1, target_end - method_end - 1);
  const std::string_view version = line.substr(target_end + 1);
  http_1_1 = version == "HTTP/1.1";
  if (!http_1_1 && version != "HTTP/1.0") return false;
  if (!is_token(request.method) || !request.target.starts_with('/') ||
      !all(request.target, Class::target)) {
    return false;
  }
  const auto question = std::min(request.target.find('?'), request.target.size());
  request.path = request.target.substr(0, question);
  request.query = request.target.substr(std::min(question + 1, request.target.size()));
  return true;
}

/// `line` without its CRLF. A leading space (obs-fold) or one before the colon is no token.
bool parse_field(std::span<char> line, Request& request, Framing& framing) {
  const std::string_view text(line.data(), line.size());
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_token(text.substr(0, colon))) return false;
  std::ranges::transform(line.first(colon), line.begin(), lower);
  const std::string_view name = text.substr(0, colon);
  const std::string_view field_value = trim(text.substr(colon + 1));
  if (!is_field_value(field_value)) return false;
  request.headers.emplace_back(name, field_value);
  return framing.field(name, field_value, request);
}

/// Takes the next line off `rest`; null if it ends in anything but CRLF.
std::optional<std::span<char>> take_line(std::span<char>& rest) {
  const void* found = std::memchr(rest.data(), '\n', rest.size());
  if (found == nullptr) return std::nullopt;
  const auto size = static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
  if (size == 0 || rest[size - 1] != '\r') return std::nullopt;
  const auto line = rest.first(size - 1);
  rest = rest.subspan(size + 1);
  return line;
}

}  // namespace

bool iequals(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

bool is_token(std::string_view text) {
  return !text.empty() && all(text, Class::token);
}

bool is_field_value(std::string_view text) {
  return all(text, Class::value);
}

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
  while (scanned_ < bytes.size()) {
    const auto end = bytes.find('\n', scanned_);
    if (end == std::string_view::npos) break;
    scanned_ = end + 1;
    if (end == line_begin_ || bytes[end - 1] != '\r') return Found::bare_lf;
    if (end == 1) return Found::empty_line;
    const bool empty = end == line_begin_ + 1;
    line_begin_ = end + 1;
    if (empty) return Found::head;
  }
  scanned_ = bytes.size();
  return Found::need_more;
}

std::expected<Head, int> parse_head(std::span<char> bytes, std::size_t fields_max,
                                    Request& request) {
  request.headers.clear();
  request.content_type = {};
  Framing framing;
  auto line = take_line(bytes);
  if (!line || !parse_request_line({line->data(), line->size()}, request, framing.http_1_1)) {
    return std::unexpected(kBadRequest);
  }
  while ((line = take_line(bytes)) && !line->empty()) {
    if (request.headers.size() == fields_max) return std::unexpected(kTooManyFields);
    if (!parse_field(*line, request, framing)) return std::unexpected(kBadRequest);
  }
  if (!line || !bytes.empty()) return std::unexpected(kBadRequest);
  return framing.head();
}

bool is_json(std::string_view content_type) {
  const auto semicolon = std::min(content_type.find(';'), content_type.size());
  if (!iequals(trim(content_type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == content_type.size()) return true;
  const std::string_view parameter = trim(content_type.substr(semicolon + 1));
  return iequals(parameter, "charset=utf-8") || iequals(parameter, "charset=\"utf-8\"");
}

}  // namespace kassa::http

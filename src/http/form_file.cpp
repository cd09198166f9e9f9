#include "http/form_file.hpp"

#include <algorithm>
#include <string>

namespace kassa::http {
namespace {

constexpr std::string_view kFormType = "multipart/form-data";
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kBoundaryBytesMax = 70;  // RFC 2046 §5.1.1
constexpr std::size_t kPartHeadBytesMax = 2 * 1024;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// Cuts `word` off the front, in any case.
bool take_word(std::string_view& text, std::string_view word) {
  if (text.size() < word.size() || !same_word(text.substr(0, word.size()), word)) return false;
  text.remove_prefix(word.size());
  return true;
}

bool take(std::string_view& text, std::string_view exactly) {
  if (!text.starts_with(exactly)) return false;
  text.remove_prefix(exactly.size());
  return true;
}

void skip_spaces(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
         std::string_view("'+_-.!#$%&*^`|~").contains(c);
}

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool quoted = false;
};

/// The next `; name=value`.
std::optional<Parameter> take_parameter(std::string_view& text) {
  skip_spaces(text);
  if (!take(text, ";")) return std::nullopt;
  skip_spaces(text);
  Parameter parameter;
  const auto name_end = std::ranges::find_if_not(text, is_token_char);
  parameter.name = text.substr(0, static_cast<std::size_t>(name_end - text.begin()));
  text.remove_prefix(parameter.name.size());
  if (parameter.name.empty() || !take(text, "=")) return std::nullopt;
  parameter.quoted = take(text, "\"");
  if (parameter.quoted) {
    const auto end = text.find('"');
    if (end == std::string_view::npos) return std::nullopt;
    parameter.value = text.substr(0, end);
    text.remove_prefix(end + 1);
  } else {
    const auto end = std::ranges::find_if_not(text, is_token_char);
    parameter.value = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(parameter.value.size());
  }
  return parameter;
}

bool is_boundary(std::string_view text) {
  const bool fits = !text.empty() && text.size() <= kBoundaryBytesMax;
  return fits && std::ranges::all_of(text, [](char c) {
           return is_token_char(c) || std::string_view("()/,:=?").contains(c);
         });
}

std::optional<std::string_view> boundary_of(std::string_view content_type) {
  if (!take_word(content_type, kFormType)) return std::nullopt;
  std::optional<std::string_view> boundary;
  for (skip_spaces(content_type); !content_type.empty(); skip_spaces(content_type)) {
    const auto parameter = take_parameter(content_type);
    if (!parameter) return std::nullopt;
    if (!same_word(parameter->name, "boundary")) continue;
    if (boundary || !is_boundary(parameter->value)) return std::nullopt;
    boundary = parameter->value;
  }
  return boundary;
}

/// The field's name, if this disposition is a file's.
std::optional<std::string_view> field_of(std::string_view disposition) {
  skip_spaces(disposition);
  if (!take_word(disposition, "form-data")) return std::nullopt;
  std::optional<std::string_view> field;
  bool is_file = false;
  for (skip_spaces(disposition); !disposition.empty(); skip_spaces(disposition)) {
    const auto parameter = take_parameter(disposition);
    if (!parameter || !parameter->quoted) return std::nullopt;
    if (same_word(parameter->name, "name")) {
      if (field) return std::nullopt;
      field = parameter->value;
    } else if (same_word(parameter->name, "filename")) {
      if (is_file) return std::nullopt;
      is_file = true;
    }
  }
  return is_file ? field : std::nullopt;
}

/// Reads the part's head up to and with its empty line.
std::optional<std::string_view> take_part_head(std::string_view& body) {
  const std::string_view window = body.substr(0, kPartHeadBytesMax);
  const auto end = window.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view head = body.substr(0, end + kLineEnd.size());
  body.remove_prefix(end + 2 * kLineEnd.size());
  std::optional<std::string_view> field;
  bool disposed = false;
  while (!head.empty()) {
    std::string_view line = head.substr(0, head.find(kLineEnd));
    head.remove_prefix(line.size() + kLineEnd.size());
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.contains('\0')) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    if (same_word(name, "content-transfer-encoding")) return std::nullopt;
    if (!same_word(name, "content-disposition")) continue;
    if (disposed) return std::nullopt;
    disposed = true;
    field = field_of(line.substr(colon + 1));
  }
  return field;
}

}  // namespace

bool is_form_with_files(std::string_view content_type) {
  if (!take_word(content_type, kFormType)) return false;
  skip_spaces(content_type);
  return content_type.empty() || content_type.starts_with(';');
}

std::optional<FormFile> read_form_file(std::string_view content_type, std::string_view body) {
  const auto boundary = boundary_of(content_type);
  if (!boundary) return std::nullopt;
  const std::string dashes = "--" + std::string(*boundary);
  if (!take(body, dashes) || !take(body, kLineEnd)) return std::nullopt;
  const auto field = take_part_head(body);
  if (!field) return std::nullopt;
  const auto end = body.find(std::string(kLineEnd) + dashes);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view rest = body.substr(end + kLineEnd.size() + dashes.size());
  if (!take(rest, "--")) return std::nullopt;
  if (!rest.empty() && rest != kLineEnd) return std::nullopt;
  return FormFile{*field, body.substr(0, end)};
}

}  // namespace kassa::http

#include "api/admin/fields.hpp"

#include <algorithm>

namespace kassa::api {
namespace {

using protocol::FieldErrorCode;
using protocol::JsonKind;

constexpr std::size_t kTextBytesMax = 4096;

}  // namespace

std::optional<protocol::JsonValue> Fields::find(std::string_view name) const {
  auto value = object_.find(name);
  if (value && value->kind() == JsonKind::kNull) return std::nullopt;
  return value;
}

void Fields::add(std::string_view name, FieldErrorCode code, std::string message) {
  errors_.push_back({path(name), code, std::move(message)});
}

void Fields::bad_format(std::string_view name, std::string message) {
  add(name, FieldErrorCode::kBadFormat, std::move(message));
}

void Fields::required(std::string_view name) {
  add(name, FieldErrorCode::kRequired, "is required");
}

void Fields::merge(const Fields& nested) {
  errors_.insert(errors_.end(), nested.errors_.begin(), nested.errors_.end());
}

std::optional<std::string> Fields::optional_text(std::string_view name) {
  const auto value = find(name);
  if (!value) return std::nullopt;
  if (value->kind() != JsonKind::kString) {
    add(name, FieldErrorCode::kWrongType, "must be a string");
    return std::nullopt;
  }
  if (value->text().size() > kTextBytesMax) {
    add(name, FieldErrorCode::kTooLong, "must be at most 4096 bytes");
    return std::nullopt;
  }
  return std::string(value->text());
}

std::string Fields::text(std::string_view name) {
  const bool present = find(name).has_value();
  auto value = optional_text(name);
  if (!present) required(name);
  if (value && value->empty()) add(name, FieldErrorCode::kEmpty, "must not be empty");
  return value.value_or("");
}

std::optional<std::int64_t> Fields::optional_integer(std::string_view name, std::int64_t min,
                                                     std::int64_t max) {
  const auto value = find(name);
  if (!value) return std::nullopt;
  if (value->kind() != JsonKind::kNumber || !value->is_integer_literal()) {
    add(name, FieldErrorCode::kWrongType, "must be an integer");
    return std::nullopt;
  }
  const auto number = value->integer();
  if (!number || *number < min || *number > max) {
    add(name, FieldErrorCode::kOutOfRange,
        "must be from " + std::to_string(min) + " to " + std::to_string(max));
    return std::nullopt;
  }
  return number;
}

std::int64_t Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  if (!find(name)) required(name);
  return optional_integer(name, min, max).value_or(min);
}

std::optional<bool> Fields::optional_truth(std::string_view name) {
  const auto value = find(name);
  if (!value) return std::nullopt;
  if (value->kind() == JsonKind::kTrue) return true;
  if (value->kind() == JsonKind::kFalse) return false;
  add(name, FieldErrorCode::kWrongType, "must be true or false");
  return std::nullopt;
}

bool Fields::truth(std::string_view name) {
  if (!find(name)) required(name);
  return optional_truth(name).value_or(false);
}

std::string Fields::one_of(std::string_view name, const std::vector<std::string_view>& words) {
  std::string value = text(name);
  if (value.empty() || std::ranges::find(words, value) != words.end()) return value;
  std::string list;
  for (const auto word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  add(name, FieldErrorCode::kUnknownValue, "must be one of " + list);
  return value;
}

}  // namespace kassa::api

// What the OpenAPI document says beyond the request schemas: endpoints, answers, callbacks.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocol/errors.hpp"
#include "protocol/schema.hpp"

namespace kassa::protocol {

enum class AnswerType : std::uint8_t {
  kString,
  kInteger,
  kObject,
  kObjects,      // an array; the rows below it are its elements' fields
  kStrings,      // an array
  kDisplayData,  // the array of wire §5.2
  kStatus,
  kSubStatus,
};

/// One key of an answer or callback; an object's own row comes before its fields.
struct AnswerField {
  std::string_view path;
  AnswerType type = AnswerType::kString;
  bool nullable = false;
  std::string_view description = {};
};

struct AnswerSchema {
  std::string_view name;
  std::string_view description;
  std::span<const AnswerField> fields;
};

struct Endpoint {
  std::string_view path;
  std::string_view group;      // under what a reader finds it: the OpenAPI tag
  std::string_view operation;  // operationId
  std::string_view summary;
  const RequestSchema* request;
  std::string_view answer;            // name of an AnswerSchema
  std::span<const ErrorCode> errors;  // besides those that every endpoint has
};

struct Callback {
  std::string_view name;
  std::string_view summary;
  std::string_view body;        // name of an AnswerSchema
  std::string_view told_about;  // path of the endpoint that makes such payments
};

[[nodiscard]] std::span<const AnswerSchema> answer_schemas();
[[nodiscard]] std::span<const Endpoint> endpoints();
[[nodiscard]] std::span<const Callback> callbacks();
/// Errors that any endpoint may answer.
[[nodiscard]] std::span<const ErrorCode> common_errors();

}  // namespace kassa::protocol

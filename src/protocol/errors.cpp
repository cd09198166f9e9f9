#include "protocol/errors.hpp"

#include <algorithm>

#include "protocol/json_writer.hpp"

namespace kassa::protocol {
namespace {

static_assert(std::ranges::is_sorted(kErrors, {}, &ErrorRow::code) &&
                  kErrors.size() == static_cast<std::size_t>(ErrorCode::kUnavailable) + 1,
              "error_row() indexes the table by its code");

void write_field_errors(JsonWriter& json, std::span<const FieldError> errors) {
  json.key("errors").begin_array();
  for (const FieldError& error : errors)
    json.begin_object()
        .member("field", error.field)
        .member("code", field_error_name(error.code))
        .member("message", error.message)
        .end_object();
  json.end_array();
}

}  // namespace

std::string render_error(const ErrorReport& report) {
  const ErrorRow& row = error_row(report.code);
  std::string body;
  JsonWriter json(body);
  json.begin_object()
      .member("status", "error")
      .key("sub_status")
      .null()
      .member("status_description", report.description.empty() ? row.sentence : report.description)
      .member("request_id", report.request_id)
      .member("project_id", report.project_id)
      .member("payment_id", report.payment_id)
      .member("code", row.name)
      .member("retryable", row.retryable);
  write_field_errors(json, report.errors);
  if (report.current)
    json.key("current")
        .begin_object()
        .member("status", report.current->status)
        .member("sub_status", report.current->sub_status)
        .end_object();
  if (report.reason)
    json.member("reason", kUnauthorizedReasonNames[static_cast<std::size_t>(*report.reason)]);
  if (report.debug != nullptr)
    json.key("debug")
        .begin_object()
        .member("canonical", report.debug->canonical)
        .member("message", report.debug->message)
        .member("sha256", report.debug->sha256_hex())
        .end_object();
  json.end_object();
  return body;
}

}  // namespace kassa::protocol

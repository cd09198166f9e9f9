// The errors of the wire (wire §10): one table, one shape.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/signature.hpp"

namespace kassa::protocol {

enum class ErrorCode : std::uint8_t {
  kInvalidJson,
  kUnauthorized,
  kProjectNotActive,
  kIpNotAllowed,
  kWrongProject,
  kNotFound,
  kPaymentNotFound,
  kMethodNotAllowed,
  kBodyTooLarge,
  kUnsupportedMediaType,
  kPaymentIdConflict,
  kTransitionNotAllowed,
  kInsufficientBalance,
  kConflict,
  kValidationFailed,
  kRateLimited,
  kInternalError,
  kUnavailable,
};

struct ErrorRow {
  ErrorCode code;
  std::string_view name;  // `code` on the wire
  int http_status;
  bool retryable;             // the same call may succeed later, and is safe to repeat
  bool retry_after;           // answered with a `retry-after` header
  std::string_view sentence;  // `status_description` where the caller has none of its own
};

/// In the order of ErrorCode.
inline constexpr std::array kErrors{
    ErrorRow{ErrorCode::kInvalidJson, "invalid_json", 400, false, false,
             "The body is not valid JSON."},
    ErrorRow{ErrorCode::kUnauthorized, "unauthorized", 401, false, false,
             "The request could not be authenticated: check its x-access headers, its timestamp "
             "and its signature."},
    ErrorRow{ErrorCode::kProjectNotActive, "project_not_active", 403, false, false,
             "The project is suspended and takes no new payments."},
    ErrorRow{ErrorCode::kIpNotAllowed, "ip_not_allowed", 403, false, false,
             "The project does not take requests from this address."},
    ErrorRow{ErrorCode::kWrongProject, "wrong_project", 403, false, false,
             "The key that signed the request belongs to another project than "
             "general.project_id."},
    ErrorRow{ErrorCode::kNotFound, "not_found", 404, false, false, "There is nothing here."},
    ErrorRow{ErrorCode::kPaymentNotFound, "payment_not_found", 404, false, false,
             "The project has no payment of this kind with this payment_id."},
    ErrorRow{ErrorCode::kMethodNotAllowed, "method_not_allowed", 405, false, false,
             "This path does not take this HTTP method."},
    ErrorRow{ErrorCode::kBodyTooLarge, "body_too_large", 413, false, false,
             "The body is larger than 64 KiB."},
    ErrorRow{ErrorCode::kUnsupportedMediaType, "unsupported_media_type", 415, false, false,
             "The content-type must be application/json."},
    ErrorRow{ErrorCode::kPaymentIdConflict, "payment_id_conflict", 409, false, false,
             "This payment_id is already used for a payment with other content."},
    ErrorRow{ErrorCode::kTransitionNotAllowed, "transition_not_allowed", 409, false, false,
             "The payment's present state does not allow this."},
    ErrorRow{ErrorCode::kInsufficientBalance, "insufficient_balance", 409, false, false,
             "The balance does not cover this."},
    ErrorRow{ErrorCode::kConflict, "conflict", 409, false, false,
             "This id is taken by something else, or it was decided otherwise."},
    ErrorRow{ErrorCode::kValidationFailed, "validation_failed", 422, false, false,
             "Some fields are missing or wrong; see errors."},
    ErrorRow{ErrorCode::kRateLimited, "rate_limited", 429, true, true,
             "Too many requests; try again later."},
    ErrorRow{ErrorCode::kInternalError, "internal_error", 500, true, false,
             "Something failed on our side; the same request may be repeated safely."},
    ErrorRow{ErrorCode::kUnavailable, "unavailable", 503, true, true,
             "The service cannot take the request now; the same request may be repeated safely."},
};

[[nodiscard]] constexpr const ErrorRow& error_row(ErrorCode code) {
  return kErrors[static_cast<std::size_t>(code)];
}

enum class FieldErrorCode : std::uint8_t {
  kRequired,
  kWrongType,
  kEmpty,
  kTooLong,
  kBadFormat,
  kOutOfRange,
  kNotEnabled,
  kUnknownValue,
};
inline constexpr std::array<std::string_view, 8> kFieldErrorNames{
    "required",   "wrong_type",   "empty",       "too_long",
    "bad_format", "out_of_range", "not_enabled", "unknown_value"};
[[nodiscard]] constexpr std::string_view field_error_name(FieldErrorCode code) {
  return kFieldErrorNames[static_cast<std::size_t>(code)];
}

/// One wrong field. The message says what is wanted and never repeats what was sent.
struct FieldError {
  std::string field;  // "payment.amount"
  FieldErrorCode code;
  std::string message;

  bool operator==(const FieldError&) const = default;
};

/// Why a request was not let in; told in test mode only (wire §10).
enum class UnauthorizedReason : std::uint8_t {
  kMissingHeader,
  kMalformedHeader,
  kUnknownKey,
  kStaleTimestamp,
  kBadSignature,
};
inline constexpr std::array<std::string_view, 5> kUnauthorizedReasonNames{
    "missing_header", "malformed_header", "unknown_key", "stale_timestamp", "bad_signature"};

/// Everything that an error can say. The views must outlive the call of render_error only.
struct ErrorReport {
  ErrorCode code;
  std::string_view description = {};  // empty: the row's sentence
  std::optional<std::string_view> request_id = {};
  std::optional<std::string_view> project_id = {};
  std::optional<std::string_view> payment_id = {};
  std::span<const FieldError> errors = {};

  struct Current {
    std::string_view status;
    std::optional<std::string_view> sub_status;
  };
  std::optional<Current> current = {};  // of a 409: where the payment stands

  std::optional<UnauthorizedReason> reason = {};  // test mode's 401
  const SignedText* debug = nullptr;              // test mode's 401: never logged or stored
};

/// The body of the answer; its status is `error_row(report.code).http_status`.
[[nodiscard]] std::string render_error(const ErrorReport& report);

}  // namespace kassa::protocol

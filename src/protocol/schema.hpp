// Request bodies, declared once: validation, the typed requests, their fingerprint and the OpenAPI
// document all come from these rows (wire §4–§7).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/requests.hpp"

namespace kassa::protocol {

enum class FieldType : std::uint8_t { kString, kInteger, kObject };

enum class Presence : std::uint8_t {
  kOptional,  // absent and null are the same
  kNotNull,   // may be absent; null is `required`
  kRequired,
};

/// What a string must look like beyond its length.
enum class Format : std::uint8_t {
  kText,
  kUuid,
  kUrl,
  kIp,
  kEmail,
  kCurrency,
  kCountry,
  kLanguage,
  kPan,
  kPhone,  // and the currency's own pattern, by the context
  kCardHolder,
  kExtraParam,
  kBankCode,
  kCustomerType,
  kBankSymbol,
  kPayerBankSymbol,  // empty means absent
  kMethod,
  kWidgetMethod,
};

struct FormatRow {
  Format format;
  std::string_view pattern;         // RE2 and ECMAScript alike; empty: none, or checked by code
  std::string_view openapi_format;  // empty: none
  std::string_view wanted;          // "… must be …" of a `bad_format`
};
/// The row of a format, one for each.
[[nodiscard]] const FormatRow& format_row(Format format);
/// Whether a string that is not empty has the form. URLs are looked at with `http_allowed`.
[[nodiscard]] bool has_format(Format format, std::string_view text, bool http_allowed);

/// Where a parsed value goes in a CreateRequest, and where the fingerprint finds it again.
template <class T>
struct Slot {
  T& (*write)(CreateRequest&);
  const T& (*read)(const CreateRequest&);
};
using AnySlot = std::variant<std::monostate, Slot<std::optional<std::string>>, Slot<std::string>,
                             Slot<std::int64_t>, Slot<domain::ProjectId>, Slot<domain::Currency>>;

struct FieldRule {
  std::string_view path;  // "payment.amount"; an object's own row comes before its fields
  FieldType type = FieldType::kString;
  Presence presence = Presence::kOptional;
  std::int64_t min = 0;  // code points of a string, value of an integer
  std::int64_t max = 0;
  Format format = Format::kText;
  std::string_view description = {};
  std::string_view example = {};  // without quotes; empty: left out of examples
  AnySlot slot = {};
};

struct RequestSchema {
  std::string_view name;  // of the OpenAPI component
  std::string_view description;
  std::span<const FieldRule> fields;
};

extern const RequestSchema kPayinSchema;
extern const RequestSchema kWidgetSchema;
extern const RequestSchema kPayoutSchema;
extern const RequestSchema kPaymentRefSchema;
extern const RequestSchema kProjectRefSchema;
extern const RequestSchema kBankListSchema;
extern const RequestSchema kClockAdvanceSchema;

/// All of them, for generated documents and tests.
[[nodiscard]] std::span<const RequestSchema* const> request_schemas();

/// A wrong field with its place in the schema, so that errors of later checks can be put in order.
struct Finding {
  std::size_t rule;
  FieldErrorCode code;
  std::string message;
};

/// Walks a body by a schema and fills the slots. Fields whose values need the project's
/// configuration are checked for their form only.
void check_fields(const RequestSchema& schema, const JsonValue& root, bool http_allowed,
                  CreateRequest& into, std::vector<Finding>& findings);

/// The value at "object.field" or "field"; nothing when it is absent or null.
[[nodiscard]] std::optional<JsonValue> value_at(const JsonValue& root, std::string_view path);

}  // namespace kassa::protocol

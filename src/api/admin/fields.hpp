// Reads the fields of an admin call and collects what is wrong with them, all at once, so that the
// answer names every wrong field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/uuid.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_document.hpp"

namespace kassa::api {

/// The latest moment that a field may name: the year 2100.
inline constexpr std::int64_t kUnixSecondsMax = 4'102'444'800;

class Fields {
 public:
  explicit Fields(protocol::JsonValue object, std::string prefix = {})
      : object_(object), prefix_(std::move(prefix)) {}

  /// The text, 1 … 4096 bytes; an error if it is absent.
  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name);
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name,
                                                             std::int64_t min, std::int64_t max);
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  [[nodiscard]] std::optional<bool> optional_truth(std::string_view name);
  [[nodiscard]] bool truth(std::string_view name);
  /// One of the words; an error that lists them otherwise.
  [[nodiscard]] std::string one_of(std::string_view name,
                                   const std::vector<std::string_view>& words);

  template <class AnyId>
  [[nodiscard]] AnyId id(std::string_view name) {
    const auto value = text(name);
    const auto parsed = AnyId::parse(value);
    if (!parsed && !value.empty()) bad_format(name, "must be a UUID");
    return parsed.value_or(AnyId{});
  }
  template <class AnyId>
  [[nodiscard]] std::optional<AnyId> optional_id(std::string_view name) {
    const auto value = optional_text(name);
    if (!value) return std::nullopt;
    const auto parsed = AnyId::parse(*value);
    if (!parsed) bad_format(name, "must be a UUID");
    return parsed;
  }

  [[nodiscard]] std::optional<protocol::JsonValue> find(std::string_view name) const;
  void bad_format(std::string_view name, std::string message);
  void required(std::string_view name);
  /// Takes over what a nested reader found.
  void merge(const Fields& nested);

  [[nodiscard]] const std::vector<protocol::FieldError>& errors() const { return errors_; }

 private:
  [[nodiscard]] std::string path(std::string_view name) const {
    return prefix_.empty() ? std::string(name) : prefix_ + "." + std::string(name);
  }
  void add(std::string_view name, protocol::FieldErrorCode code, std::string message);

  protocol::JsonValue object_;
  std::string prefix_;
  std::vector<protocol::FieldError> errors_;
};

}  // namespace kassa::api

// The log: events with fields, one line each, as text or JSON, to stderr or a file.
//
//   log::info("payment.assigned", {{"request_id", id}, {"ms", 3}});
//   2026-01-31T12:00:00.123Z info payment.assigned request_id=0190… ms=3
//   {"time":"2026-01-31T12:00:00.123Z","level":"info","event":"payment.assigned",
//    "request_id":"0190…","ms":3}                                    (one line, of course)
//
// A field takes numbers, booleans, ids and text, and nothing that merely converts to them: a
// domain::Secret, or any other type without a constructor in Value, doesn't compile. Control
// characters and broken UTF-8 are escaped, so that no merchant's text can forge a line.
//
// The process has one log, as it has one stderr: this is the one global of the code, so that a line
// about a fault can be written from anywhere. Thread-safe.
#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "domain/uuid.hpp"

namespace kassa::ops::log {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

[[nodiscard]] std::optional<Level> parse_level(std::string_view word);
[[nodiscard]] std::string_view name(Level level);
[[nodiscard]] std::optional<Format> parse_format(std::string_view word);

struct Options {
  Level level = Level::info;
  Format format = Format::text;
  std::string file;  // empty: stderr
};

/// Before this the log goes to stderr as text from `info` on. May be called again, also to reopen
/// the file after it was rotated. On an error (a sentence) the log stays as it was.
[[nodiscard]] std::expected<void, std::string> start(const Options& options);

void set_level(Level level);
[[nodiscard]] Level level();

class Value {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a field reads {"name", value}
  template <std::same_as<bool> B>
  Value(B value) : value_(value) {}
  template <std::signed_integral I>
  Value(I value) : value_(static_cast<std::int64_t>(value)) {}
  template <std::unsigned_integral I>
    requires(!std::same_as<I, bool>)
  Value(I value) : value_(static_cast<std::uint64_t>(value)) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(std::string_view text) : value_(std::string(text)) {}
  Value(std::string text) : value_(std::move(text)) {}
  Value(const domain::Uuid& id) : value_(id.text()) {}
  template <class Tag>
  Value(const domain::Id<Tag>& id) : value_(id.text()) {}
  // NOLINTEND(google-explicit-constructor)

  using Variant = std::variant<bool, std::int64_t, std::uint64_t, std::string>;
  [[nodiscard]] const Variant& get() const { return value_; }

 private:
  Variant value_;
};

struct Field {
  std::string_view name;  // a literal: lower_case_with_units_last
  Value value;
};
using Fields = std::initializer_list<Field>;

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warn(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

}  // namespace kassa::ops::log

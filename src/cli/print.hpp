// Answers of the desk as people read them: aligned columns, local times, amounts as they are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/json_document.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {

/// The text of a member, "" where it is missing or null; true and false as yes and no.
[[nodiscard]] std::string text_of(const protocol::JsonValue& object, std::string_view name);

/// Milliseconds since the epoch as "2026-01-31 12:00:00.123Z".
[[nodiscard]] std::string time_of(const protocol::JsonValue& object, std::string_view name);

/// The same as ISO 8601 has it: "2026-01-31T12:00:00.123Z".
[[nodiscard]] std::string iso_time(std::int64_t ms);

/// Minor units of a currency in major ones: -4950, 2 → "-49.50".
[[nodiscard]] std::string major_units(std::int64_t minor, std::int64_t digits);

/// "2026-01-31T12:00:00Z" (with a fraction, without the Z, with a space, or the day alone) as
/// milliseconds since the epoch, UTC.
/// Throws WrongUsage for anything else.
[[nodiscard]] std::int64_t ms_of_time(const std::string& text);

/// The same in Unix seconds; "now" is now.
[[nodiscard]] std::int64_t seconds_of_time(const std::string& text);

/// Unix seconds as "2026-01-31 12:00:00Z"; "" where there are none.
[[nodiscard]] std::string second_of(const protocol::JsonValue& object, std::string_view name);

/// Prints rows under headings; each column as wide as its widest cell.
void print_table(const std::vector<std::string>& headings,
                 std::vector<std::vector<std::string>> rows);

/// The text with what would steer a terminal, end a line or turn its direction written out: what a
/// merchant or an endpoint says may hold anything.
[[nodiscard]] std::string printable(std::string_view text);

/// The member's text, printable.
[[nodiscard]] std::string shown(const protocol::JsonValue& object, std::string_view name);

/// Where the next page of a list begins, if there is one.
void print_cursor(const protocol::JsonValue& list);

/// Where each lane of the books ends.
void print_lanes(const protocol::JsonValue& answer);

/// Says so if the notice was known already.
void print_repeated(const protocol::JsonValue& notice);

/// One line a member: "name  value".
void print_members(const protocol::JsonValue& object, const std::vector<std::string>& names);

/// A member, unless it was not given.
void put(protocol::JsonWriter& json, std::string_view name, const std::string& value);

/// A JSON string literal of the text.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace kassa::cli

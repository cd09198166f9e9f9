#include "cli/print.hpp"

#include <date/date.h>
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "cli/session.hpp"
#include "ops/clock.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonKind;

/// Code points, so that columns of names line up.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

constexpr std::uint32_t kStray = 0xFFFF'FFFF;

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t bytes = 1;
};

/// Of text that is UTF-8, as the desk's JSON is; a stray byte is worth nothing.
CodePoint first_code_point(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  const std::size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (first >= 0x80 && (bytes == 1 || bytes > text.size())) return {kStray, 1};
  if (bytes == 1) return {first, 1};
  std::uint32_t value = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) value = (value << 6) | (byte(i) & 0x3FU);
  return {value, bytes};
}

/// Controls, ends of lines, and marks that turn the direction of writing.
bool steers_terminal(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

void print_row(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - width_of(cells[i]) + 2, ' ');
  }
  fmt::print("{}\n", line);
}

}  // namespace

std::string text_of(const protocol::JsonValue& object, std::string_view name) {
  const auto value = object.find(name);
  if (!value) return "";
  if (value->kind() == JsonKind::kTrue) return "yes";
  if (value->kind() == JsonKind::kFalse) return "no";
  return std::string(value->text());
}

std::string shown(const protocol::JsonValue& object, std::string_view name) {
  return printable(text_of(object, name));
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (next.value == kStray) {
      out += "\uFFFD";
    } else if (steers_terminal(next.value)) {
      out += fmt::format("\\u{{{:x}}}", next.value);
    } else {
      out += text.substr(0, next.bytes);
    }
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string iso_time(std::int64_t ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{ms}};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), (at - seconds).count());
}

std::string time_of(const protocol::JsonValue& object, std::string_view name) {
  const auto value = object.find(name);
  const auto ms = value ? value->integer() : std::nullopt;
  if (!ms) return "";
  std::string text = iso_time(*ms);
  text[10] = ' ';
  return text;
}

std::string major_units(std::int64_t minor, std::int64_t digits) {
  // Not negated before it is printed: the least of them has no opposite.
  std::string text = fmt::format("{:0{}}", minor, digits + (minor < 0 ? 2 : 1));
  if (digits > 0) text.insert(text.size() - static_cast<std::size_t>(digits), ".");
  return text;
}

std::int64_t ms_of_time(const std::string& text) {
  for (const char* form : {"%FT%TZ", "%FT%T", "%F %TZ", "%F %T", "%F"}) {
    std::istringstream in(text);
    date::sys_time<std::chrono::milliseconds> at;
    in >> date::parse(form, at);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof()) {
      return at.time_since_epoch().count();
    }
  }
  throw WrongUsage("a time is written 2026-01-31T12:00:00Z, or 2026-01-31 for its first moment");
}

std::int64_t seconds_of_time(const std::string& text) {
  constexpr std::int64_t kMsPerSecond = 1000;
  if (text == "now") return domain::unix_seconds(ops::SystemClock().now());
  return ms_of_time(text) / kMsPerSecond;
}

std::string second_of(const protocol::JsonValue& object, std::string_view name) {
  const auto value = object.find(name);
  const auto seconds = value ? value->integer() : std::nullopt;
  if (!seconds) return "";
  const std::chrono::sys_seconds at{std::chrono::seconds{*seconds}};
  return fmt::format("{:%Y-%m-%d %H:%M:%S}Z", fmt::gmtime(at));
}

void print_table(const std::vector<std::string>& headings,
                 std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) {
    for (auto& cell : row) cell = printable(cell);
  }
  std::vector<std::size_t> widths;
  widths.reserve(headings.size());
  for (const auto& heading : headings) widths.push_back(width_of(heading));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  print_row(headings, widths);
  for (const auto& row : rows) print_row(row, widths);
}

void print_members(const protocol::JsonValue& object, const std::vector<std::string>& names) {
  std::size_t widest = 0;
  for (const auto& name : names) widest = std::max(widest, name.size());
  for (const auto& name : names) {
    fmt::print("{:<{}}  {}\n", name, widest, shown(object, name));
  }
}

void print_cursor(const protocol::JsonValue& list) {
  const auto cursor = text_of(list, "next_cursor");
  if (!cursor.empty()) fmt::print("\nMore: --cursor {}\n", cursor);
}

void print_lanes(const protocol::JsonValue& answer) {
  for (const auto& lane : answer.find("lanes")->children()) {
    fmt::print("lane {} ends with transfer {}, chain {}\n", text_of(lane, "lane"),
               text_of(lane, "seq"), text_of(lane, "chain"));
  }
}

void print_repeated(const protocol::JsonValue& notice) {
  if (text_of(notice, "repeated") != "yes") return;
  fmt::print(
      "\nThis was known already, and nothing changed. Money that came a second time has a\n"
      "--reference or an --at of its own.\n");
}

void put(protocol::JsonWriter& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.member(name, value);
}

std::string json_text(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

}  // namespace kassa::cli

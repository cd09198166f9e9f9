#include "cli/print.hpp"

#include <fmt/chrono.h>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonKind;

/// Code points, so that columns of names line up.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
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

std::string time_of(const protocol::JsonValue& object, std::string_view name) {
  const auto value = object.find(name);
  const auto ms = value ? value->integer() : std::nullopt;
  if (!ms) return "";
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds{*ms}};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}Z", fmt::gmtime(seconds), (at - seconds).count());
}

void print_table(const std::vector<std::string>& headings,
                 const std::vector<std::vector<std::string>>& rows) {
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
    fmt::print("{:<{}}  {}\n", name, widest, text_of(object, name));
  }
}

std::string json_text(std::string_view text) {
  std::string out;
  protocol::append_json_string(out, text);
  return out;
}

}  // namespace kassa::cli

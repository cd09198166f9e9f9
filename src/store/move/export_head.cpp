#include "store/move/export_head.hpp"

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "store/move/table_shape.hpp"

namespace kassa::store {
namespace {

[[noreturn]] void refuse(const std::string& sentence) {
  throw StoreError(StoreError::Kind::failed, sentence);
}

/// What stands before the space, which goes with it; the rest stays.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

struct Line {
  std::string_view name;
  std::string_view value;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) refuse("the export's head ends within a line");
    std::string_view line = text.substr(0, end);
    const std::string_view name = take_word(line);
    lines.push_back({name, line});
    text.remove_prefix(end + 1);
  }
  return lines;
}

template <class Number>
Number number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    refuse(fmt::format("the export says \"{}\" where a number belongs", text));
  }
  return number;
}

RingKey key_of(std::string_view value) {
  RingKey key;
  key.id = number_of<std::uint32_t>(take_word(value));
  key.opens = take_word(value) == "opens";
  key.proof = value;
  return key;
}

/// Rows can't be put where a column is missing, or would go without one that is new.
void require_same_tables(const std::map<std::string_view, std::string_view>& exported) {
  for (const TableShape& table : table_shapes()) {
    const std::string ours = text_of(table);
    const auto found = exported.find(table.name);
    const bool same =
        found != exported.end() && ours == fmt::format("{} {}", table.name, found->second);
    if (same) continue;
    refuse(
        fmt::format("the export's table {} is not that of this Kassa: import it with the Kassa "
                    "that made it, and upgrade afterwards",
                    table.name));
  }
  if (exported.size() == table_shapes().size()) return;
  refuse(
      "the export has tables that this Kassa doesn't know: import it with the Kassa that made it");
}

}  // namespace

std::string head_text(const ExportHead& head) {
  std::string text = fmt::format(
      "export {}\nmade_at_ms {}\nkassa {}\nengine {}\nschema {}\nconfig_version {}\n"
      "live_clock_ms {}\n",
      head.id.text(), head.made_at_ms, head.kassa, head.engine, head.schema, head.config_version,
      head.live_clock_ms);
  for (const auto& key : head.keys) {
    text += fmt::format("key {} {} {}\n", key.id, key.opens ? "opens" : "compares", key.proof);
  }
  for (const auto& table : table_shapes()) text += fmt::format("table {}\n", text_of(table));
  return text;
}

ExportHead read_head(std::string_view text) {
  ExportHead head;
  std::map<std::string_view, std::string_view> tables;
  std::map<std::string_view, std::string_view> once;
  for (auto [name, value] : lines_of(text)) {
    if (name == "key") {
      head.keys.push_back(key_of(value));
    } else if (name == "table") {
      const std::string_view table = take_word(value);
      tables.emplace(table, value);
    } else {
      once.emplace(name, value);
    }
  }
  const auto value_of = [&once](std::string_view name) {
    const auto found = once.find(name);
    if (found == once.end()) refuse(fmt::format("the export's head lacks {}", name));
    return found->second;
  };
  const auto id = domain::Uuid::parse(value_of("export"));
  if (!id) refuse("the export's head has no id");
  head.id = *id;
  head.made_at_ms = number_of<std::int64_t>(value_of("made_at_ms"));
  head.kassa = value_of("kassa");
  head.engine = value_of("engine");
  head.schema = number_of<std::int32_t>(value_of("schema"));
  head.config_version = number_of<std::int64_t>(value_of("config_version"));
  head.live_clock_ms = number_of<std::int64_t>(value_of("live_clock_ms"));
  require_same_tables(tables);
  return head;
}

std::string end_text(const std::vector<Section>& sections) {
  std::string text;
  for (const auto& section : sections) {
    text += fmt::format("section {} {} {}\n", section.name, section.count, section.sha256);
  }
  return text;
}

std::vector<Section> read_end(std::string_view text) {
  std::vector<Section> sections;
  for (auto [name, value] : lines_of(text)) {
    if (name != "section") continue;
    Section section;
    section.name = take_word(value);
    section.count = number_of<std::int64_t>(take_word(value));
    section.sha256 = value;
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace kassa::store

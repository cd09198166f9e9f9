#include "cli/move_answers.hpp"

#include <fmt/format.h>

#include "cli/print.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

std::string count_of(const JsonValue& answer, std::string_view section) {
  for (const auto& one : answer.find("sections")->children()) {
    if (text_of(one, "name") == section) return text_of(one, "count");
  }
  return "0";
}

}  // namespace

void write_export(protocol::JsonWriter& json, const store::ExportHead& head) {
  json.member("export_id", head.id.text())
      .member("made_at_ms", head.made_at_ms)
      .member("kassa", head.kassa)
      .member("engine", head.engine)
      .member("schema", std::int64_t{head.schema})
      .member("config_version", head.config_version)
      .member("live_clock_ms", head.live_clock_ms);
}

void write_sections(protocol::JsonWriter& json, const std::vector<store::Section>& sections) {
  json.key("sections").begin_array();
  for (const auto& section : sections) {
    json.begin_object()
        .member("name", section.name)
        .member("count", section.count)
        .member("sha256", section.sha256)
        .end_object();
  }
  json.end_array();
}

std::string contents_of(const JsonValue& answer) {
  return fmt::format("{} payments, {} events, {} transfers, {} receipts",
                     count_of(answer, "payments"), count_of(answer, "payment_events"),
                     count_of(answer, "transfers"), count_of(answer, store::kFilesSection));
}

}  // namespace kassa::cli

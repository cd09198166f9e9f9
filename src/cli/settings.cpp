#include "cli/settings.hpp"

#include "cli/session.hpp"
#include "domain/config.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {

std::string settings_object(const std::vector<std::string>& settings) {
  std::string out;
  protocol::JsonWriter json(out);
  json.begin_object();
  for (const auto& entry : settings) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos) throw WrongUsage("settings are NAME=VALUE");
    json.key(entry.substr(0, equals));
    if (equals + 1 == entry.size()) {
      json.null();
    } else {
      json.value(entry.substr(equals + 1));
    }
  }
  json.end_object();
  return out;
}

std::string settings_help(std::string_view kind, bool (*shown)(std::string_view name)) {
  std::string help = "Settings:\n";
  for (const auto& doc : domain::setting_docs()) {
    if (doc.kind != kind || !shown(doc.name) || doc.meaning.starts_with("Set by Kassa")) continue;
    help += "  " + std::string(doc.name) + " = " + std::string(doc.form) + "\n      " +
            std::string(doc.meaning) + "\n";
  }
  return help;
}

}  // namespace kassa::cli

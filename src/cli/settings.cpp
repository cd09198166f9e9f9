#include "cli/settings.hpp"

#include "cli/files.hpp"
#include "cli/session.hpp"
#include "domain/config.hpp"
#include "encoding/base64.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

/// What a setting is sent as: `brand.logo=@logo.svg` is the file.
std::string value_of(std::string_view name, std::string value) {
  const bool file = name.starts_with("brand.logo") && value.starts_with('@');
  if (!file) return value;
  return encoding::to_base64(read_file(value.substr(1)), encoding::Base64::kStandardPadded);
}

}  // namespace

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
      json.value(value_of(entry.substr(0, equals), entry.substr(equals + 1)));
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

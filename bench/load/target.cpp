#include "load/target.hpp"

#include <charconv>
#include <fstream>
#include <sstream>

#include "load/failure.hpp"
#include "protocol/json_document.hpp"

namespace kassa::bench {
namespace {

using protocol::JsonDocument;
using protocol::JsonValue;

std::string text_of(const JsonValue& object, std::string_view name) {
  const auto value = object.find(name);
  if (!value || value->text().empty()) {
    throw Failure("the sandbox's description has no \"" + std::string(name) +
                  "\": is it of `kassa sandbox --json`?");
  }
  return std::string(value->text());
}

void set_address(Target& target, std::string_view base_url) {
  constexpr std::string_view kScheme = "http://";
  const auto colon = base_url.rfind(':');
  if (!base_url.starts_with(kScheme) || colon < kScheme.size()) {
    throw Failure("the base URL must be http://ADDRESS:PORT, not " + std::string(base_url));
  }
  const auto digits = base_url.substr(colon + 1);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
  if (parsed.ec != std::errc{} || target.port == 0) {
    throw Failure("the base URL has no port: " + std::string(base_url));
  }
  target.host = base_url.substr(kScheme.size(), colon - kScheme.size());
}

Target target_of_keys(const JsonValue& keys) {
  Target target;
  target.project_id = text_of(keys, "project_id");
  target.private_key = text_of(keys, "private_key");
  target.hmac_key = text_of(keys, "hmac_key");
  target.callback_public_key = text_of(keys, "callback_public_key");
  target.callback_hmac_key = text_of(keys, "callback_hmac_key");
  return target;
}

JsonDocument parse(std::string_view json) {
  JsonDocument document;
  if (!document.parse(json)) throw Failure("the sandbox's description is not a JSON object");
  return document;
}

/// The value of `name = "…"` in a TOML file that the sandbox wrote.
std::string setting_of(const std::string& toml, const std::string& name) {
  const std::string key = "\n" + name + " = \"";
  const auto begin = toml.find(key);
  if (begin == std::string::npos) throw Failure("kassa.toml has no " + name);
  const auto value = begin + key.size();
  return toml.substr(value, toml.find('"', value) - value);
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) throw Failure("can't read " + path.string());
  return std::move(content).str();
}

Target target_of_ready_line(std::string_view line) {
  const JsonDocument document = parse(line);
  Target target = target_of_keys(document.root());
  set_address(target, text_of(document.root(), "base_url"));
  return target;
}

Target target_of_folder(const std::filesystem::path& dir) {
  const JsonDocument outer = parse(read_file(dir / "sandbox.json"));
  const JsonDocument keys = parse(text_of(outer.root(), "keys"));
  Target target = target_of_keys(keys.root());
  set_address(target, setting_of(read_file(dir / "kassa.toml"), "public_api_base"));
  return target;
}

std::optional<int> owner_of(const std::filesystem::path& dir) {
  std::ifstream file(dir / "kassa.db.lock");
  int pid = 0;
  return file >> pid ? std::optional(pid) : std::nullopt;
}

}  // namespace kassa::bench

#include "cli/backup_manifest.hpp"

#include <fmt/format.h>

#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "encoding/base64.hpp"
#include "ops/build_info.hpp"
#include "protocol/json_document.hpp"

namespace kassa::cli {
namespace {

namespace fs = std::filesystem;
using protocol::JsonValue;
using protocol::JsonWriter;

constexpr std::int64_t kFormat = 1;

/// Every file of the folder but the manifest.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path name = entry.path().lexically_relative(folder);
    if (!entry.is_directory() && name != kManifestName) files.push_back(name);
  }
  return files;
}

/// The lanes as the manifest has them, for comparing and for reading back.
std::string lanes_text(const std::vector<store::LaneHead>& heads) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_lanes(json, heads);
  json.end_object();
  return text;
}

std::int64_t integer_of(const JsonValue& object, std::string_view name) {
  const auto member = object.find(name);
  const auto value = member ? member->integer() : std::nullopt;
  if (!value) throw Refused("manifest.json lacks the number " + std::string(name));
  return *value;
}

JsonValue member_of(const JsonValue& object, std::string_view name) {
  const auto member = object.find(name);
  if (!member) throw Refused("manifest.json lacks " + std::string(name));
  return *member;
}

store::LaneHead lane_of(const JsonValue& lane) {
  store::LaneHead head{integer_of(lane, "lane"), integer_of(lane, "seq"), {}};
  const auto chain = encoding::from_hex(text_of(lane, "chain"));
  if (!chain || chain->size() != head.chain.size()) {
    throw Refused("manifest.json has a lane whose chain is no SHA-256");
  }
  std::ranges::copy(*chain, head.chain.begin());
  return head;
}

}  // namespace

BackupManifest describe_backup(const fs::path& folder, std::int64_t taken_at_ms) {
  BackupManifest manifest;
  manifest.taken_at_ms = taken_at_ms;
  manifest.kassa = ops::build_line();
  manifest.contents = store::contents_of_copy(folder);
  for (const auto& name : files_in(folder)) {
    manifest.files.emplace(name.generic_string(), ops::digest_of_file(folder / name));
  }
  return manifest;
}

std::string manifest_text(const BackupManifest& manifest) {
  std::string text;
  JsonWriter json(text);
  json.begin_object()
      .member("backup_format", kFormat)
      .member("taken_at_ms", manifest.taken_at_ms)
      .member("kassa", manifest.kassa)
      .member("schema", std::int64_t{manifest.contents.schema})
      .key("files")
      .begin_array();
  for (const auto& [name, digest] : manifest.files) {
    json.begin_object()
        .member("name", name)
        .member("bytes", digest.bytes)
        .member("sha256", digest.sha256)
        .end_object();
  }
  json.end_array().key("rows").begin_object();
  for (const auto& [table, rows] : manifest.contents.rows) json.member(table, rows);
  json.end_object();
  write_lanes(json, manifest.contents.heads);
  json.end_object();
  return text + "\n";
}

BackupManifest read_manifest(const fs::path& backup) {
  const fs::path path = backup / kManifestName;
  if (!fs::exists(path)) {
    throw Refused(backup.string() + " is no whole backup: it has no " + std::string(kManifestName));
  }
  protocol::JsonDocument document;
  if (!document.parse(read_file(path))) throw Refused(path.string() + " can't be read");
  const JsonValue root = document.root();
  if (integer_of(root, "backup_format") != kFormat) {
    throw Refused(path.string() + ": a newer Kassa made this backup; restore it with that one");
  }
  BackupManifest manifest;
  manifest.taken_at_ms = integer_of(root, "taken_at_ms");
  manifest.kassa = text_of(root, "kassa");
  manifest.contents.schema = static_cast<std::int32_t>(integer_of(root, "schema"));
  for (const auto& file : member_of(root, "files").children()) {
    manifest.files[text_of(file, "name")] = {integer_of(file, "bytes"), text_of(file, "sha256")};
  }
  for (const auto& table : member_of(root, "rows").children()) {
    manifest.contents.rows[std::string(table.key())] = table.integer().value_or(-1);
  }
  for (const auto& lane : member_of(root, "lanes").children()) {
    manifest.contents.heads.push_back(lane_of(lane));
  }
  return manifest;
}

std::vector<std::string> differences(const BackupManifest& manifest, const fs::path& folder) {
  std::vector<std::string> found;
  auto missing = manifest.files;
  for (const auto& name : files_in(folder)) {
    const auto listed = missing.extract(name.generic_string());
    if (listed.empty()) {
      found.push_back(name.string() + ": the manifest doesn't know it");
    } else if (ops::digest_of_file(folder / name) != listed.mapped()) {
      found.push_back(name.string() + ": its bytes are not those of the backup");
    }
  }
  for (const auto& [name, digest] : missing) found.push_back(name + ": it is missing");
  // A database of other bytes may be anything: it isn't opened.
  if (!found.empty()) return found;
  const store::CopyContents contents = store::contents_of_copy(folder);
  if (contents.schema != manifest.contents.schema) {
    found.push_back(fmt::format("the database has schema {}, the manifest says {}", contents.schema,
                                manifest.contents.schema));
  }
  if (contents.rows != manifest.contents.rows) {
    found.emplace_back("the database has other numbers of rows than the manifest says");
  }
  if (lanes_text(contents.heads) != lanes_text(manifest.contents.heads)) {
    found.emplace_back("the database's lanes end elsewhere than the manifest says");
  }
  return found;
}

std::int64_t rows_of(const BackupManifest& manifest, const std::string& table) {
  const auto found = manifest.contents.rows.find(table);
  return found == manifest.contents.rows.end() ? 0 : found->second;
}

void write_lanes(JsonWriter& json, const std::vector<store::LaneHead>& heads) {
  json.key("lanes").begin_array();
  for (const auto& head : heads) {
    json.begin_object()
        .member("lane", head.lane)
        .member("seq", head.seq)
        .member("chain", encoding::to_hex(head.chain))
        .end_object();
  }
  json.end_array();
}

}  // namespace kassa::cli

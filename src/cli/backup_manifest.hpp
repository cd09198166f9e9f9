// manifest.json of a backup: what is in it, by which restoring tells a whole one from anything
// else. It is the last file that is written.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ops/file_digest.hpp"
#include "protocol/json_writer.hpp"
#include "store/backup.hpp"

namespace kassa::cli {

inline constexpr std::string_view kManifestName = "manifest.json";

struct BackupManifest {
  std::int64_t taken_at_ms = 0;  // every change answered before is in it
  std::string kassa;             // the build that made it
  store::CopyContents contents;
  std::map<std::string, ops::FileDigest> files;  // by their path in the folder
};

/// The manifest of the files that lie in the folder.
[[nodiscard]] BackupManifest describe_backup(const std::filesystem::path& folder,
                                             std::int64_t taken_at_ms);

[[nodiscard]] std::string manifest_text(const BackupManifest& manifest);
/// Throws Refused where the folder holds no manifest that this Kassa can read.
[[nodiscard]] BackupManifest read_manifest(const std::filesystem::path& backup);

/// In what the files of the folder are other than the manifest says; one sentence each.
[[nodiscard]] std::vector<std::string> differences(const BackupManifest& manifest,
                                                   const std::filesystem::path& folder);

/// How many rows a table of the store had; 0 where it has no such table.
[[nodiscard]] std::int64_t rows_of(const BackupManifest& manifest, const std::string& table);
/// "lanes": [{lane, seq, chain}].
void write_lanes(protocol::JsonWriter& json, const std::vector<store::LaneHead>& heads);

}  // namespace kassa::cli

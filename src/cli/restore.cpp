// kassa restore
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "cli/backup_manifest.hpp"
#include "cli/ownership.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string backup;
  std::string to;
  bool verify = false;
};

void print_restored(const protocol::JsonValue& answer) {
  std::printf("Backup of %s: %s payments, %s transfers, schema %s\n",
              time_of(answer, "taken_at_ms").c_str(), text_of(answer, "payments").c_str(),
              text_of(answer, "transfers").c_str(), text_of(answer, "schema").c_str());
  std::printf("files as they were made: yes; books recomputed: %s\n",
              text_of(answer, "verified") == "yes" ? "clean" : "not asked for (--verify)");
  print_lanes(answer);
  const std::string to = text_of(answer, "restored_to");
  if (!to.empty()) {
    std::printf("Restored to %s. It needs the key ring that its store was made with.\n",
                to.c_str());
  }
}

std::string answer_of(const BackupManifest& manifest, const Options& options) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object()
      .member("taken_at_ms", manifest.taken_at_ms)
      .member("kassa", manifest.kassa)
      .member("schema", std::int64_t{manifest.contents.schema})
      .member("payments", rows_of(manifest, "payments"))
      .member("transfers", rows_of(manifest, "transfers"))
      .member("verified", options.verify);
  write_lanes(json, manifest.contents.heads);
  json.member("restored_to",
              options.to.empty() ? std::optional<std::string>() : std::optional(options.to))
      .end_object();
  return text;
}

void compare(const BackupManifest& manifest, const fs::path& folder) {
  refuse_if_any("the backup is damaged", differences(manifest, folder));
}

void verify(const fs::path& folder) {
  refuse_if_any("the backup's books are not clean", store::check_copy(folder).problems);
}

void restore(const Session& session, const Options& options) {
  if (options.to.empty() && !options.verify) throw WrongUsage("say --to PATH, --verify, or both");
  const fs::path backup = options.backup;
  const BackupManifest manifest = read_manifest(backup);
  if (options.to.empty()) {
    compare(manifest, backup);
    if (options.verify) verify(backup);
  } else {
    refuse_wrong_user({options.to});
    // What is examined is what was written there, read again.
    store::NewPlace place(options.to);
    store::copy_files(backup, place.folder(), {std::string(kManifestName)});
    compare(manifest, place.folder());
    if (options.verify) {
      store::migrate_copy(place.folder());  // a backup may be older than this Kassa
      verify(place.folder());
    }
    place.put();
  }
  session.show(answer_of(manifest, options), print_restored);
}

}  // namespace

void add_restore(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      session.add(app, "restore", "Make a store of a backup, or verify a backup where it lies",
                  "kassa restore /var/backups/kassa/kassa-20260131T120000.123Z --to var/kassa.db "
                  "--verify");
  command->add_option("backup", options->backup, "The folder of one backup")->required();
  command->add_option("--to", options->to,
                      "The store's path; whatever lies there already is never overwritten");
  command->add_flag("--verify", options->verify,
                    "Recompute the books, compare events with payments, and look for receipts' "
                    "files; with --to also of a backup that is older than this Kassa");
  command->callback([&session, options] { restore(session, *options); });
}

}  // namespace kassa::cli

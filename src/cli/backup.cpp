// kassa backup
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/backup_folder.hpp"
#include "cli/backup_manifest.hpp"
#include "cli/files.hpp"
#include "cli/ownership.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "ops/clock.hpp"
#include "ops/key_ring.hpp"

namespace kassa::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string into;
  std::size_t keep = 0;
  bool verify = false;
};

void print_backup(const protocol::JsonValue& answer) {
  std::printf("%s: %s bytes, %s payments, %s transfers, schema %s\n",
              text_of(answer, "backup").c_str(), text_of(answer, "bytes").c_str(),
              text_of(answer, "payments").c_str(), text_of(answer, "transfers").c_str(),
              text_of(answer, "schema").c_str());
  if (text_of(answer, "removed") != "0") {
    std::printf("%s older ones removed\n", text_of(answer, "removed").c_str());
  }
  std::printf("The key ring is not in it: keep a copy of %s elsewhere.\n",
              text_of(answer, "key_ring").c_str());
  if (text_of(answer, "ring_in_rotation") == "yes") {
    (void)std::fprintf(stderr,
                       "kassa: the key ring is being rotated, so this backup has rows of both "
                       "keys: when `kassa keys rotate` has ended make another one, or keep with "
                       "this a copy of the ring as it is now\n");
  }
}

/// Whether what is copied now may need keys that no copy of the ring has together: neither the one
/// from before the rotation, nor the one from after it. A ring that this user can't read, or that
/// is elsewhere, says nothing.
bool is_rotating(const std::string& key_ring) {
  const auto ring = ops::KeyRing::load(key_ring);
  return ring && std::ranges::any_of(ring->keys(), [](const auto& key) {
           return key.state == ops::KeyState::next || key.state == ops::KeyState::retired;
         });
}

std::string answer_of(const BackupManifest& manifest, const fs::path& backup, std::size_t removed,
                      const std::string& key_ring, bool rotating) {
  std::int64_t bytes = 0;
  for (const auto& [name, digest] : manifest.files) bytes += digest.bytes;
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object()
      .member("backup", backup.string())
      .member("taken_at_ms", manifest.taken_at_ms)
      .member("bytes", bytes)
      .member("schema", std::int64_t{manifest.contents.schema})
      .member("payments", rows_of(manifest, "payments"))
      .member("transfers", rows_of(manifest, "transfers"));
  write_lanes(json, manifest.contents.heads);
  json.member("removed", static_cast<std::int64_t>(removed))
      .member("key_ring", key_ring)
      .member("ring_in_rotation", rotating)
      .end_object();
  return text;
}

void backup(const Session& session, const Options& options) {
  const ops::Config config = session.load_config();
  const fs::path store = store::file_of(config.store);
  refuse_wrong_user({options.into, store});
  const std::int64_t now_ms = domain::unix_ms(ops::SystemClock().now());
  UnfinishedBackup unfinished(options.into, now_ms);
  // Before and after: a rotation may begin or end while the store is copied.
  bool rotating = is_rotating(config.key_ring);
  store::copy_store(store, unfinished.folder());
  rotating = rotating || is_rotating(config.key_ring);
  const BackupManifest manifest = describe_backup(unfinished.folder(), now_ms);
  if (options.verify) {
    // A copy of books that don't add up is no backup.
    refuse_if_any("the copy's books are not clean, so it was not kept; look at the store",
                  store::check_copy(unfinished.folder()).problems);
  }
  write_new_file(unfinished.folder() / kManifestName, manifest_text(manifest), 0600);
  const fs::path whole = unfinished.finish();
  const std::size_t removed = options.keep > 0 ? keep_newest(options.into, options.keep) : 0;
  session.show(answer_of(manifest, whole, removed, config.key_ring, rotating), print_backup);
}

}  // namespace

void add_backup(CLI::App& app, Session& session) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = session.add(app, "backup",
                                  "Copy the store while it runs, into a new folder of DIR; the key "
                                  "ring is not copied",
                                  "kassa backup /var/backups/kassa --keep 14");
  command->add_option("dir", options->into, "Where backups lie; made if its parent is there")
      ->required();
  command
      ->add_option("--keep", options->keep,
                   "Afterwards remove all whole backups of DIR but so many of the newest")
      ->check(CLI::Range(1, 100'000));
  command->add_flag("--verify", options->verify,
                    "Recompute the copy's books, and keep it only if they are clean");
  command->callback([&session, options] { backup(session, *options); });
}

}  // namespace kassa::cli

// kassa export
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>

#include "cli/backup_manifest.hpp"
#include "cli/files.hpp"
#include "cli/move_answers.hpp"
#include "cli/moved_keys.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"
#include "ops/build_info.hpp"
#include "ops/clock.hpp"
#include "ops/random.hpp"

namespace kassa::cli {
namespace {

constexpr std::string_view kStdout = "-";

/// Where it goes: a file, which has its name when it is whole, or standard output.
class ExportFile {
 public:
  explicit ExportFile(const std::string& to) {
    if (to == kStdout) return;
    if (std::filesystem::exists(to)) throw Refused(to + " is there already; name a new file");
    file_.emplace(to, 0600);
  }
  void write(std::string_view bytes) {
    if (file_) return file_->write(bytes);
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) fail();
  }
  void finish() {
    if (file_) return file_->finish();
    if (std::fflush(stdout) != 0) fail();
  }

 private:
  [[noreturn]] static void fail() {
    throw Refused("the export can't be written: " + std::generic_category().message(errno));
  }
  std::optional<FileWriter> file_;
};

std::string answer_of(const store::ExportReport& report, const std::string& to,
                      const std::string& key_ring) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object().member("to", to);
  write_export(json, report.head);
  json.member("pages", report.pages).member("bytes", report.bytes).member("sha256", report.sha256);
  write_sections(json, report.sections);
  json.member("files_missing", report.files_missing);
  write_lanes(json, report.lanes);
  json.member("key_ring", key_ring).end_object();
  return text;
}

void print_export(std::FILE* out, const protocol::JsonValue& answer) {
  fmt::print(out, "{}: {}\n", text_of(answer, "to"), contents_of(answer));
  fmt::print(out, "{} pages, {} bytes, SHA-256 {}\n", text_of(answer, "pages"),
             text_of(answer, "bytes"), text_of(answer, "sha256"));
  if (text_of(answer, "files_missing") != "0") {
    fmt::print(out, "{} receipts have no file; `kassa ledger check` names them\n",
               text_of(answer, "files_missing"));
  }
  fmt::print(out, "The key ring is not in it: the other side needs {} too.\n",
             text_of(answer, "key_ring"));
}

/// Standard output has the export itself where that is asked for, so what is told goes beside it.
void show(const Session& session, const std::string& to, const std::string& answer) {
  std::FILE* out = to == kStdout ? stderr : stdout;
  if (session.json) return fmt::print(out, "{}\n", answer);
  protocol::JsonDocument document;
  if (document.parse(answer)) print_export(out, document.root());
}

void export_all(const Session& session, const std::string& to) {
  const ops::Config config = session.load_config();
  if (store::is_owned(config.store)) {
    throw Refused(
        "a running Kassa owns the store, and an export is of one that stands still: "
        "`kassa drain`, then stop it");
  }
  const ops::KeyRing ring = ring_of(config);
  store::ExportHead about;
  about.id = ops::random_uuid_v4();
  about.made_at_ms = domain::unix_ms(ops::SystemClock().now());
  about.kassa = ops::build_line();
  about.keys = keys_of(ring, about.id);
  ExportFile file(to);
  const auto report = store::export_store(config.store, about,
                                          [&file](std::string_view bytes) { file.write(bytes); });
  file.finish();
  show(session, to, answer_of(report, to, config.key_ring));
}

}  // namespace

void add_export(CLI::App& app, Session& session) {
  const auto to = std::make_shared<std::string>();
  CLI::App* command =
      session.add(app, "export",
                  "Write all that the store holds, for another engine or place; nobody may be "
                  "serving it, and the key ring is not written",
                  "kassa export --to kassa.export\n  kassa export --to - | ssh elsewhere kassa "
                  "import --from -");
  command
      ->add_option("--to", *to,
                   "A new file, or - for standard output (what is told then goes to stderr)")
      ->required();
  command->callback([&session, to] { export_all(session, *to); });
}

}  // namespace kassa::cli

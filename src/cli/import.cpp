// kassa import
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "cli/backup_manifest.hpp"
#include "cli/move_answers.hpp"
#include "cli/moved_keys.hpp"
#include "cli/print.hpp"
#include "cli/runtime.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

constexpr std::string_view kStdin = "-";

/// A file, or standard input.
class ExportSource {
 public:
  explicit ExportSource(const std::string& from)
      : from_(from == kStdin ? "standard input" : from),
        file_(from == kStdin ? STDIN_FILENO : ::open(from.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_ < 0) fail();
  }
  ~ExportSource() {
    if (file_ != STDIN_FILENO) ::close(file_);
  }
  ExportSource(const ExportSource&) = delete;
  ExportSource& operator=(const ExportSource&) = delete;

  [[nodiscard]] std::size_t read(std::span<char> part) const {
    for (;;) {
      const ssize_t size = ::read(file_, part.data(), part.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) fail();
    }
  }

 private:
  [[noreturn]] void fail() const {
    throw Refused(from_ + ": " + std::generic_category().message(errno));
  }

  std::string from_;
  int file_;
};

std::string answer_of(const store::ImportReport& report) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object();
  write_export(json, report.head);
  json.member("pages", report.pages)
      .member("pages_before", report.pages_before)
      .member("sha256", report.sha256);
  write_sections(json, report.sections);
  json.member("clean", report.ledger.problems.empty());
  json.key("problems").begin_array();
  for (const auto& problem : report.ledger.problems) json.value(problem);
  for (const auto& missing : report.receipts_missing) json.value(missing);
  json.end_array();
  write_lanes(json, report.ledger.heads);
  json.end_object();
  return text;
}

void print_import(const protocol::JsonValue& answer) {
  std::printf("%s\n", contents_of(answer).c_str());
  std::printf("%s pages, SHA-256 %s\n", text_of(answer, "pages").c_str(),
              text_of(answer, "sha256").c_str());
  if (text_of(answer, "pages_before") != "0") {
    std::printf("it went on behind page %s, where an earlier run had ended\n",
                text_of(answer, "pages_before").c_str());
  }
  std::printf("every row and file compared with what was exported: the same; the books: %s\n",
              text_of(answer, "clean") == "yes" ? "clean" : "NOT clean");
  print_lanes(answer);
  for (const auto& problem : answer.find("problems")->children()) {
    std::printf("  %s\n", std::string(problem.text()).c_str());
  }
}

void import_all(const Session& session, const std::string& from) {
  const ops::Config config = session.load_config();
  const ops::KeyRing ring = ring_of(config);
  const ExportSource source(from);
  make_folders(config);
  const auto report = store::import_store(
      config.store, [&source](std::span<char> part) { return source.read(part); },
      [&ring](const store::ExportHead& head) { require_keys(ring, head); });
  session.show(answer_of(report), print_import);
  if (!report.ledger.problems.empty()) {
    throw Answered(
        "the store is imported as it was exported, and its ledger is not clean: nor was "
        "it before");
  }
}

}  // namespace

void add_import(CLI::App& app, Session& session) {
  const auto from = std::make_shared<std::string>();
  CLI::App* command = session.add(
      app, "import",
      "Make a store of an export: a new file, or an empty PostgreSQL database. Killed, it goes on "
      "where it was when it is called again",
      "kassa import --from kassa.export --config kassa-postgresql.toml");
  command->add_option("--from", *from, "What `kassa export` wrote, or - for standard input")
      ->required();
  command->callback([&session, from] { import_all(session, *from); });
}

}  // namespace kassa::cli

// kassa ledger check|balances|export
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>

#include "cli/book_formats.hpp"
#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string project;
  std::string trader;
  std::string format;
  std::string from;
  std::string to;
  std::string out;
};

// ---- check -----------------------------------------------------------------------------------

void print_report(const JsonValue& report) {
  std::printf("%s transfers, %s accounts, %s payments, %s settlements: %s\n",
              text_of(report, "transfers").c_str(), text_of(report, "accounts").c_str(),
              text_of(report, "payments").c_str(), text_of(report, "settlements").c_str(),
              text_of(report, "clean") == "yes" ? "clean" : "NOT clean");
  print_lanes(report);
  for (const auto& problem : report.find("problems")->children()) {
    std::printf("  %s\n", std::string(problem.text()).c_str());
  }
}

void check(const Session& session) {
  bool clean = false;
  const std::string answer = session.call("ledger/check", "{}");
  protocol::JsonDocument document;
  if (document.parse(answer)) clean = text_of(document.root(), "clean") == "yes";
  session.show(answer, print_report);
  if (!clean) throw Answered("the ledger is not clean");
}

// ---- balances --------------------------------------------------------------------------------

std::string balance_of(const JsonValue& row) {
  return major_units(row.find("balance")->integer().value(), row.find("digits")->integer().value());
}

void print_balances(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&rows](const JsonValue& row, std::string account) {
    rows.push_back({std::move(account), text_of(row, "currency"), balance_of(row)});
  };
  for (const auto& row : answer.find("accounts")->children()) add(row, text_of(row, "account"));
  for (const auto& row : answer.find("totals")->children()) add(row, "total");
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, row.back().size());
  for (auto& row : rows) row.back().insert(0, widest - row.back().size(), ' ');
  print_table({"ACCOUNT", "CURRENCY", "BALANCE"}, rows);
}

void balances(const Session& session, const Options& options) {
  std::string body;
  if (!options.project.empty()) body = "\"project_id\":" + json_text(options.project);
  if (!options.trader.empty()) body = "\"trader_id\":" + json_text(options.trader);
  session.show(session.call("ledger/balances", "{" + body + "}"), print_balances);
}

// ---- export ----------------------------------------------------------------------------------

/// Where the export goes: the file, or standard output.
class Output {
 public:
  explicit Output(const std::string& path) {
    if (!path.empty()) file_.emplace(path, 0600);
  }
  void write(std::string_view text) {
    if (file_) return file_->write(text);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
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

/// Page by page: neither this process nor the desk ever holds more than one.
std::int64_t export_to(Output& output, BookFormat& format, const Session& session,
                       const std::string& filter) {
  Line line(session.load_config());
  std::int64_t count = 0;
  std::string cursor;
  output.write(format.begin());
  do {
    const std::string answer = session.call(
        line, "ledger/transfers", "{\"limit\":1000,\"cursor\":" + json_text(cursor) + filter + "}");
    protocol::JsonDocument document;
    if (!document.parse(answer)) throw Refused("the desk answered something that is not JSON");
    std::string text;
    for (const auto& transfer : document.root().find("transfers")->children()) {
      text += format.line(BookLine(transfer));
      ++count;
    }
    output.write(text);
    cursor = text_of(document.root(), "next_cursor");
  } while (!cursor.empty());
  output.write(format.end());
  output.finish();
  return count;
}

void export_books(const Session& session, const Options& options) {
  std::string name = options.format;
  if (name.empty()) name = session.json && options.out.empty() ? "json" : "csv";
  if (session.json && options.out.empty() && name != "json") {
    throw WrongUsage("--json without --out is --format json");
  }
  std::string filter;
  if (!options.from.empty()) filter += ",\"from_ms\":" + std::to_string(ms_of_time(options.from));
  if (!options.to.empty()) filter += ",\"to_ms\":" + std::to_string(ms_of_time(options.to));
  Output output(options.out);
  const std::int64_t count = export_to(output, *book_format(name), session, filter);
  if (options.out.empty()) return;
  session.show(
      "{\"transfers\":" + std::to_string(count) + ",\"out\":" + json_text(options.out) + "}",
      [](const JsonValue& answer) {
        std::printf("%s transfers in %s\n", text_of(answer, "transfers").c_str(),
                    text_of(answer, "out").c_str());
      });
}

}  // namespace

void add_ledger(CLI::App& app, Session& session) {
  CLI::App* ledger = app.add_subcommand("ledger", "The books");
  ledger->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  session
      .add(*ledger, "check",
           "Recompute every balance, settlement and hash chain from the transfers",
           "kassa ledger check")
      ->callback([&session] { check(session); });

  CLI::App* list =
      session.add(*ledger, "balances", "Every account with its balance",
                  "kassa ledger balances\n  kassa ledger balances --project PROJECT_ID");
  auto* project = list->add_option("--project", options->project, "Accounts of this project only");
  list->add_option("--trader", options->trader, "Accounts of this trader only")->excludes(project);
  list->callback([&session, options] { balances(session, *options); });

  CLI::App* books =
      session.add(*ledger, "export", "All transfers, in their order",
                  "kassa ledger export --format hledger --out books.journal\n"
                  "  kassa ledger export --from 2026-01-01 --to 2026-02-01 > january.csv");
  books->add_option("--format", options->format, "csv (the default), json or hledger")
      ->check(CLI::IsMember(book_formats()));
  books->add_option("--from", options->from,
                    "From this time on: 2026-01-31 or 2026-01-31T12:00:00Z");
  books->add_option("--to", options->to, "Before this time");
  books->add_option("--out", options->out, "Into this file; otherwise to standard output");
  books->callback([&session, options] { export_books(session, *options); });
}

}  // namespace kassa::cli

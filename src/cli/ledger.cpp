// kassa ledger check
#include <cstdio>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {

void add_ledger(CLI::App& app, Session& session) {
  CLI::App* ledger = app.add_subcommand("ledger", "The books");
  ledger->require_subcommand(1);
  CLI::App* check =
      session.add(*ledger, "check", "Recompute every balance, settlement and hash chain from the transfers",
                  "kassa ledger check");
  check->callback([&session] {
    bool clean = false;
    const std::string answer = session.call("ledger/check", "{}");
    protocol::JsonDocument document;
    if (document.parse(answer)) clean = text_of(document.root(), "clean") == "yes";
    session.show(answer, [](const auto& report) {
      std::printf("%s transfers, %s accounts, %s payments: %s\n",
                  text_of(report, "transfers").c_str(), text_of(report, "accounts").c_str(),
                  text_of(report, "payments").c_str(),
                  text_of(report, "clean") == "yes" ? "clean" : "NOT clean");
      for (const auto& lane : report.find("lanes")->children()) {
        std::printf("lane %s ends with transfer %s, chain %s\n", text_of(lane, "lane").c_str(),
                    text_of(lane, "seq").c_str(), text_of(lane, "chain").c_str());
      }
      for (const auto& problem : report.find("problems")->children()) {
        std::printf("  %s\n", std::string(problem.text()).c_str());
      }
    });
    if (!clean) throw Refused("the ledger is not clean");
  });
}

}  // namespace kassa::cli

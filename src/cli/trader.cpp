// kassa trader create|list|set
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

struct Options {
  std::string id;
  std::string name;
  std::string state;
  std::vector<std::string> credit;
  bool test = false;
};

/// {"KZT=1000000"} → {"KZT":1000000}
std::string credit_object(const std::vector<std::string>& credit) {
  std::string out = "{";
  for (const auto& entry : credit) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos) throw WrongUsage("--credit takes CURRENCY=MINOR_UNITS");
    if (equals + 1 == entry.size() ||
        entry.find_first_not_of("0123456789", equals + 1) != std::string::npos) {
      throw WrongUsage("--credit takes CURRENCY=MINOR_UNITS, a whole number");
    }
    if (out.size() > 1) out += ',';
    out += json_text(entry.substr(0, equals)) + ":" + entry.substr(equals + 1);
  }
  return out + "}";
}

}  // namespace

void add_trader(CLI::App& app, Session& session) {
  CLI::App* trader = app.add_subcommand("trader", "Counterparties who own requisites");
  trader->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App* create = session.add(*trader, "create", "Make a trader",
                                 "kassa trader create --name Aziz --credit KZT=50000000");
  create->add_option("--name", options->name, "Their name")->required();
  create->add_option("--credit", options->credit,
                     "How much they may owe: CURRENCY=MINOR_UNITS, repeatable");
  create->add_flag("--test", options->test, "For test projects only");
  create->callback([&session, options] {
    const std::string body = "{\"name\":" + json_text(options->name) + ",\"mode\":\"" +
                             (options->test ? "test" : "live") +
                             "\",\"credit\":" + credit_object(options->credit) + "}";
    session.show(session.call("trader/create", body),
                 [](const auto& answer) { print_members(answer, {"trader_id"}); });
  });

  CLI::App* set = session.add(*trader, "set", "Switch a trader on or off, change their credit",
                              "kassa trader set TRADER_ID --state off");
  set->add_option("trader_id", options->id, "The trader")->required();
  set->add_option("--state", options->state, "on or off");
  set->add_option("--credit", options->credit, "CURRENCY=MINOR_UNITS, repeatable");
  set->callback([&session, options] {
    std::string body = "{\"trader_id\":" + json_text(options->id) +
                       ",\"credit\":" + credit_object(options->credit);
    if (!options->state.empty()) body += ",\"state\":" + json_text(options->state);
    session.show(session.call("trader/set", body + "}"),
                 [](const auto& answer) { print_members(answer, {"trader_id"}); });
  });

  CLI::App* list = session.add(*trader, "list", "All traders", "kassa trader list");
  list->callback([&session] {
    session.show(session.call("trader/list", "{}"), [](const auto& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& t : answer.find("traders")->children()) {
        std::string credit;
        for (const auto& c : t.find("credit")->children()) {
          credit +=
              (credit.empty() ? "" : ", ") + std::string(c.key()) + " " + std::string(c.text());
        }
        rows.push_back({text_of(t, "trader_id"), text_of(t, "name"), text_of(t, "mode"),
                        text_of(t, "state"), credit});
      }
      print_table({"TRADER", "NAME", "MODE", "STATE", "CREDIT"}, rows);
    });
  });
}

}  // namespace kassa::cli

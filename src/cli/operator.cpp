// kassa operator add|list|set
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

struct Options {
  std::string name;
  std::string state;
};

void print_operator(const protocol::JsonValue& answer) {
  print_members(answer, {"name", "state"});
}

}  // namespace

void add_operator(CLI::App& app, Session& session) {
  CLI::App* people = app.add_subcommand("operator", "Who makes and approves settlements");
  people->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App* add =
      session.add(*people, "add", "Register a person, by one name", "kassa operator add anna");
  add->add_option("name", options->name, "a-z, 0-9, dot, hyphen, underscore; up to 64")->required();
  add->callback([&session, options] {
    session.show(session.call("operator/add", "{\"name\":" + json_text(options->name) + "}"),
                 print_operator);
  });

  CLI::App* set =
      session.add(*people, "set", "Switch a person off, who then makes and decides nothing, or on",
                  "kassa operator set anna --state off");
  set->add_option("name", options->name, "The operator")->required();
  set->add_option("--state", options->state, "on or off")->required();
  set->callback([&session, options] {
    const std::string body =
        "{\"name\":" + json_text(options->name) + ",\"state\":" + json_text(options->state) + "}";
    session.show(session.call("operator/set", body), print_operator);
  });

  CLI::App* list = session.add(*people, "list", "All operators", "kassa operator list");
  list->callback([&session] {
    session.show(session.call("operator/list", "{}"), [](const auto& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& o : answer.find("operators")->children()) {
        rows.push_back({text_of(o, "name"), text_of(o, "state")});
      }
      print_table({"OPERATOR", "STATE"}, rows);
    });
  });
}

}  // namespace kassa::cli

// kassa switch on|off|list, kassa drain, kassa log level
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

struct Flip {
  std::string what;
  std::string which;
  std::string as;
  std::string why;
};

void add_flip(CLI::App& parent, Session& session, const std::string& state,
              const std::string& description, const std::string& example) {
  CLI::App* command = session.add(parent, state, description, example);
  const auto flip = std::make_shared<Flip>();
  command->add_option("what", flip->what, "payins, payouts, method, bank, project or trader")
      ->required();
  command->add_option("which", flip->which, "A method's code, a bank's symbol, or an id");
  command->add_option("--as", flip->as, "Your name, kept with the switch")->required();
  command->add_option("--why", flip->why, "Why, kept with the switch");
  command->callback([&session, flip, state] {
    std::string body;
    protocol::JsonWriter json(body);
    json.begin_object().member("what", flip->what).member("state", state).member("as", flip->as);
    if (!flip->which.empty()) json.member("which", flip->which);
    if (!flip->why.empty()) json.member("why", flip->why);
    json.end_object();
    session.show(session.call("switch/set", body), [](const auto& answer) {
      print_members(answer, {"what", "which", "state", "by"});
    });
  });
}

}  // namespace

void add_switch(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("switch", "Kill switches: stop one kind of new payments");
  group->require_subcommand(1);
  add_flip(*group, session, "off", "Take no new payments of a kind; what was accepted goes on",
           "kassa switch off payouts --as anna --why \"bank is down\"\n"
           "  kassa switch off bank kaspi-kzt --as anna");
  add_flip(*group, session, "on", "Take them again", "kassa switch on payouts --as anna");
  CLI::App* list = session.add(
      *group, "list", "Every switch that was ever flipped, who did it last", "kassa switch list");
  list->callback([&session] {
    session.show(session.call("switch/list", "{}"), [](const auto& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& s : answer.find("switches")->children()) {
        rows.push_back({text_of(s, "what"), s.find("which") ? text_of(s, "which") : "",
                        text_of(s, "state"), second_of(s, "at"), text_of(s, "by"),
                        text_of(s, "why")});
      }
      print_table({"WHAT", "WHICH", "STATE", "SINCE", "BY", "WHY"}, rows);
    });
  });
}

void add_drain(CLI::App& app, Session& session) {
  CLI::App* command =
      session.add(app, "drain", "Take no new payments before a stop; what was accepted goes on",
                  "kassa drain --as anna\n  kassa drain --off --as anna");
  const auto off = std::make_shared<bool>(false);
  const auto as = std::make_shared<std::string>();
  command->add_flag("--off", *off, "Take new payments again");
  command->add_option("--as", *as, "Your name, for the log")->required();
  command->callback([&session, off, as] {
    const std::string body =
        "{\"state\":\"" + std::string(*off ? "off" : "on") + "\",\"as\":" + json_text(*as) + "}";
    session.show(session.call("drain", body), [](const auto& answer) {
      print_members(answer,
                    {"draining", "commands_waiting", "callbacks_waiting", "connections_open"});
    });
  });
}

void add_log(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("log", "The log of the Kassa that runs");
  group->require_subcommand(1);
  CLI::App* command =
      session.add(*group, "level", "Show its level, or change it until the next start",
                  "kassa log level\n  kassa log level debug --as anna");
  const auto level = std::make_shared<std::string>();
  const auto as = std::make_shared<std::string>();
  command->add_option("level", *level, "debug, info, warn or error");
  command->add_option("--as", *as, "Your name, for the log");
  command->callback([&session, level, as] {
    std::string body = "{}";
    if (!level->empty()) {
      if (as->empty()) throw WrongUsage("a change of the level takes --as YOUR_NAME");
      body = "{\"level\":" + json_text(*level) + ",\"as\":" + json_text(*as) + "}";
    }
    session.show(session.call("log/level", body),
                 [](const auto& answer) { print_members(answer, {"level"}); });
  });
}

}  // namespace kassa::cli

// kassa keys list|rotate: the key ring.
#include <cstdio>
#include <string_view>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

std::int64_t number_of(const JsonValue& object, std::string_view name) {
  const auto value = object.find(name);
  return value ? value->integer().value_or(0) : 0;
}

void add_list(CLI::App& keys, Session& session) {
  CLI::App* list = session.add(keys, "list", "The ring's keys, and how much still needs each",
                               "kassa keys list");
  list->callback([&session] {
    session.show(session.call("keys/list", "{}"), [](const JsonValue& answer) {
      std::vector<std::vector<std::string>> rows;
      for (const auto& key : answer.find("keys")->children()) {
        rows.push_back({text_of(key, "key_id"), text_of(key, "state"), second_of(key, "created_s"),
                        text_of(key, "rows"), text_of(key, "files"), text_of(key, "settings"),
                        text_of(key, "number_hashes"), text_of(key, "uses")});
      }
      print_table({"KEY", "STATE", "CREATED", "ROWS", "FILES", "SETTINGS", "NUMBERS", "USES"},
                  rows);
    });
  });
}

/// What one step of a rotation came to.
struct Step {
  std::string answer;
  std::string phase;
  std::int64_t key_id = 0;
  std::int64_t sealed_again = 0;
  std::int64_t unreadable = 0;
};

Step take_step(const Session& session, Line& line, const std::string& start_as) {
  Step step;
  step.answer =
      session.call(line, "keys/rotate",
                   start_as.empty() ? "{}" : "{\"start\":true,\"as\":" + json_text(start_as) + "}");
  protocol::JsonDocument document;
  if (!document.parse(step.answer)) throw Refused("the desk answered something that is not JSON");
  const auto told = document.root();
  step.phase = text_of(told, "phase");
  step.key_id = number_of(told, "key_id");
  step.sealed_again = number_of(told, "sealed_again");
  step.unreadable = number_of(told, "unreadable");
  return step;
}

std::string render(const Step& last, std::int64_t sealed_again) {
  std::string out;
  protocol::JsonWriter(out)
      .begin_object()
      .member("phase", last.phase)
      .member("key_id", last.key_id)
      .member("sealed_again", sealed_again)
      .end_object();
  return out;
}

void rotate(const Session& session, const std::string& as) {
  Line line(session.load_config());
  std::int64_t sealed_again = 0;
  std::string phase;
  Step step = take_step(session, line, as);
  while (true) {
    sealed_again += step.sealed_again;
    if (!session.json && step.phase != phase) {
      (void)std::fprintf(stderr, "key %lld: %s\n", static_cast<long long>(step.key_id),
                         step.phase.c_str());
      phase = step.phase;
    }
    if (step.phase == "done") break;
    if (step.phase == "none") throw Refused("the rotation was lost: call again");
    if (step.unreadable > 0) {
      throw Refused(
          std::to_string(step.unreadable) +
          " rows, files or settings can't be opened by any key of the ring (the log "
          "names them: ring.…_unreadable). Everything else is sealed anew; the older keys stay");
    }
    step = take_step(session, line, {});
  }
  session.show(render(step, sealed_again), [&](const JsonValue&) {
    std::printf(
        "Key %lld seals everything; %lld rows, files and settings were sealed again.\n"
        "Keep a copy of the new ring, apart from the store, and make a backup now. A backup from "
        "before this needs the ring of its own time; one that was made while this ran needs both: "
        "remove it, unless it is the only one.\n",
        static_cast<long long>(step.key_id), static_cast<long long>(sealed_again));
  });
}

void add_rotate(CLI::App& keys, Session& session) {
  CLI::App* command =
      session.add(keys, "rotate",
                  "A new key for the ring; everything is sealed again, while all goes on. Stopped "
                  "on its way, it goes on when it is called again",
                  "kassa keys rotate --as YOUR_NAME");
  const auto as = std::make_shared<std::string>();
  command->add_option("--as", *as, "Your name, as an operator")->required();
  command->callback([&session, as] { rotate(session, *as); });
}

}  // namespace

void add_keys(CLI::App& app, Session& session) {
  CLI::App* keys = app.add_subcommand("keys", "The key ring, which seals what is in the store");
  keys->require_subcommand(1);
  add_list(*keys, session);
  add_rotate(*keys, session);
}

}  // namespace kassa::cli

// kassa callback list|replay
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

using protocol::JsonValue;

struct Options {
  std::string id;
  std::string cursor;
  std::int64_t limit = 100;
  std::int64_t event = 0;
};

void print_list(const JsonValue& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& c : answer.find("callbacks")->children()) {
    rows.push_back({text_of(c, "request_id"), text_of(c, "event"), time_of(c, "at_ms"),
                    text_of(c, "state"), text_of(c, "standing"), text_of(c, "tries"),
                    text_of(c, "http_status"), text_of(c, "excerpt")});
  }
  print_table({"REQUEST", "#", "WHEN", "STATE", "STANDING", "TRIES", "HTTP", "ANSWER"}, rows);
  print_cursor(answer);
}

/// Whoever replays by a script learns from the exit code that it was in vain.
void refuse_unless_delivered(const std::string& answer) {
  protocol::JsonDocument document;
  if (!document.parse(answer)) throw Refused("the desk answered something that is not JSON");
  const std::string result = text_of(document.root(), "result");
  if (result != "delivered") throw Refused("the callback was not delivered: " + result);
}

}  // namespace

void add_callback(CLI::App& app, Session& session) {
  CLI::App* callback = app.add_subcommand("callback", "What merchants were told, or not yet");
  callback->require_subcommand(1);
  const auto options = std::make_shared<Options>();

  CLI::App* list =
      session.add(*callback, "list", "Callbacks of a payment, or all that are not delivered",
                  "kassa callback list\n  kassa callback list REQUEST_ID");
  list->add_option("request_id", options->id, "Of this payment");
  list->add_option("--limit", options->limit, "How many (100)");
  list->add_option("--cursor", options->cursor, "Where the page before ended");
  list->callback([&session, options] {
    std::string body = "{\"limit\":" + std::to_string(options->limit) +
                       ",\"cursor\":" + json_text(options->cursor);
    if (!options->id.empty()) body += ",\"request_id\":" + json_text(options->id);
    session.show(session.call("callback/list", body + "}"), print_list);
  });

  CLI::App* replay = session.add(*callback, "replay", "Tell an event again, now and out of order",
                                 "kassa callback replay REQUEST_ID 4");
  replay->add_option("request_id", options->id, "The payment")->required();
  replay->add_option("event", options->event, "The event's number (kassa payment show)")
      ->required();
  replay->callback([&session, options] {
    const std::string answer =
        session.call("callback/replay", "{\"request_id\":" + json_text(options->id) +
                                            ",\"event\":" + std::to_string(options->event) + "}");
    session.show(answer, [](const JsonValue& members) {
      print_members(members, {"result", "http_status", "duration_ms", "excerpt"});
    });
    refuse_unless_delivered(answer);
  });
}

}  // namespace kassa::cli

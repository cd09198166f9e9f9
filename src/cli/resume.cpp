// kassa resume
#include <cstdio>
#include <memory>

#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {

void add_resume(CLI::App& app, Session& session) {
  CLI::App* command = session.add(
      app, "resume", "Leave the read-only state, or unfreeze one payment, after a look at the log",
      "kassa resume --as anna\n  kassa resume REQUEST_ID --as anna");
  const auto id = std::make_shared<std::string>();
  const auto as = std::make_shared<std::string>();
  command->add_option("request_id", *id, "A frozen payment");
  command->add_option("--as", *as, "Your name, kept with the event")->required();
  command->callback([&session, id, as] {
    std::string body = "{\"as\":" + json_text(*as);
    if (!id->empty()) body += ",\"request_id\":" + json_text(*id);
    session.show(session.call("resume", body + "}"),
                 [](const auto&) { std::printf("Resumed.\n"); });
  });
}

}  // namespace kassa::cli

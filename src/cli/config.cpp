// kassa config check
#include <cstdio>

#include "cli/session.hpp"

namespace kassa::cli {

void add_config(CLI::App& app, Session& session) {
  CLI::App* config = app.add_subcommand("config", "The configuration file");
  config->require_subcommand(1);
  CLI::App* check = session.add(*config, "check", "Read the file and say everything that is wrong",
                                "kassa config check --config /etc/kassa/kassa.toml");
  check->callback([&session] {
    (void)session.load_config();
    std::printf(session.json ? "{\"ok\":true}\n" : "The configuration is in order.\n");
  });
}

}  // namespace kassa::cli

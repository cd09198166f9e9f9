// kassa serve
#include <cstdio>

#include "cli/runtime.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "ops/log.hpp"

namespace kassa::cli {
namespace {

void start_log(const ops::Config& config) {
  if (const auto started = ops::log::start(config.log); !started) throw Refused(started.error());
}

/// SIGHUP: the log's level and file, the certificate; everything else needs a restart.
void reload(const Session& session, Runtime& runtime) {
  try {
    const ops::Config config = session.load_config();
    start_log(config);
    runtime.reload_tls(config);
    ops::log::info("config.reloaded");
  } catch (const std::exception& error) {
    ops::log::error("config.not_reloaded", {{"why", error.what()}});
  }
}

}  // namespace

void add_serve(CLI::App& app, Session& session) {
  CLI::App* command = session.add(app, "serve", "Serve merchants, payers and the desk",
                                  "kassa serve --config /etc/kassa/kassa.toml");
  command->callback([&session] {
    const StopSignals signals;
    const ops::Config config = session.load_config();
    start_log(config);
    Runtime runtime(
        config,
        {.create = config.migrate_on_start, .migrate = config.migrate_on_start, .serve = true});
    if (session.json) std::printf("{\"port\":%d}\n", runtime.port());
    (void)std::fflush(stdout);
    while (signals.wait() == SIGHUP) reload(session, runtime);
    ops::log::info("server.stopping");
    runtime.stop();
  });
}

}  // namespace kassa::cli

// kassa serve
#include <cstdio>

#include "cli/config_check.hpp"
#include "cli/ownership.hpp"
#include "cli/runtime.hpp"
#include "cli/service_manager.hpp"
#include "cli/session.hpp"
#include "cli/signals.hpp"
#include "ops/log.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::cli {
namespace {

void start_log(const ops::Config& config) {
  if (const auto started = ops::log::start(config.log); !started) throw Refused(started.error());
}

/// SIGHUP: the log's level and file, the certificate; everything else needs a restart. What can't
/// be read leaves all as it was, so all is read first.
void reload(const Session& session, Runtime& runtime) {
  tell_service_manager_of_reload();
  try {
    const ops::Config config = session.load_config();
    auto identity = runtime.read_tls(config);
    start_log(config);
    runtime.change_tls(std::move(identity));
    ops::log::info("config.reloaded");
  } catch (const std::exception& error) {
    ops::log::error("config.not_reloaded", {{"why", error.what()}});
  }
  tell_service_manager("READY=1");
}

void print_ports(const Runtime& runtime) {
  std::string out;
  protocol::JsonWriter(out)
      .begin_object()
      .member("port", std::int64_t{runtime.port()})
      .member("metrics_port", std::int64_t{runtime.watch_port()})
      .end_object();
  std::printf("%s\n", out.c_str());
}

}  // namespace

void add_serve(CLI::App& app, Session& session) {
  CLI::App* command = session.add(app, "serve", "Serve merchants, payers and the desk",
                                  "kassa serve --config /etc/kassa/kassa.toml");
  command->callback([&session] {
    const StopSignals signals;
    const ops::Config config = session.load_config();
    refuse_configuration_if_any(problems_of(config));
    refuse_wrong_user(places_of(config));
    start_log(config);
    Runtime runtime(
        config,
        {.create = config.migrate_on_start, .migrate = config.migrate_on_start, .serve = true});
    if (session.json) print_ports(runtime);
    (void)std::fflush(stdout);
    tell_service_manager("READY=1");
    while (signals.wait() == SIGHUP) reload(session, runtime);
    ops::log::info("server.stopping");
    tell_service_manager("STOPPING=1");
    runtime.stop();
  });
}

}  // namespace kassa::cli

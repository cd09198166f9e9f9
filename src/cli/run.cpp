#include <cstdio>

#include "cli/session.hpp"

namespace kassa::cli {

int run(int argc, char** argv) {
  CLI::App app{"Kassa: a self-hosted gateway for bank transfers between people"};
  app.name("kassa");
  app.require_subcommand(1);
  app.footer("Every command has --help with an example. Exit codes: 0 done, 1 refused, 2 usage.");
  Session session;
  add_sandbox(app, session);
  add_serve(app, session);
  add_migrate(app, session);
  add_config(app, session);
  add_version(app, session);
  add_merchant(app, session);
  add_project(app, session);
  add_trader(app, session);
  add_requisites(app, session);
  add_payment(app, session);
  add_notice(app, session);
  add_callback(app, session);
  add_operator(app, session);
  add_settlement(app, session);
  add_ledger(app, session);
  add_catalog(app, session);
  add_resume(app, session);
  add_keys(app, session);
  add_sign(app, session);
  add_verify(app, session);
  try {
    app.parse(argc, argv);
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitDone : kExitUsage;
  } catch (const WrongUsage& error) {
    (void)std::fprintf(stderr, "kassa: %s\n", error.what());
    return kExitUsage;
  } catch (const std::exception& error) {
    (void)std::fprintf(stderr, "kassa: %s\n", error.what());
    return kExitRefused;
  }
}

}  // namespace kassa::cli

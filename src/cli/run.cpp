#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdio>

#include <algorithm>
#include <span>
#include <string_view>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "ops/build_info.hpp"

namespace kassa::cli {
namespace {

const char* code_name(int code) {
  switch (code) {
    case kExitUsage:
      return "wrong_usage";
    case kExitConfig:
      return "wrong_configuration";
    default:
      return "refused";
  }
}

/// A core would hold the key ring, and the cards and names of the moment; and who may trace a
/// process may read them too.
void leave_no_core() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  (void)::prctl(PR_SET_DUMPABLE, 0);  // a core that goes to a program's pipe knows no limit
}

/// Why nothing was done, on stderr for people; with --json as a line of JSON too, unless the desk's
/// answer is printed already.
int fail(int code, bool json, const std::string& sentence) {
  if (json) {
    std::printf("{\"code\":\"%s\",\"status_description\":%s}\n", code_name(code),
                json_text(sentence).c_str());
  }
  (void)std::fprintf(stderr, "kassa: %s\n", sentence.c_str());
  return code;
}

}  // namespace

int run(int argc, char** argv) {
  leave_no_core();
  CLI::App app{"Kassa: a self-hosted gateway for bank transfers between people"};
  app.name("kassa");
  app.require_subcommand(1);
  app.footer(
      "Every command has --help with an example. Exit codes: 0 done, 1 refused, 2 usage, "
      "78 wrong configuration.");
  app.set_version_flag("--version", ops::build_line());
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
  add_switch(app, session);
  add_drain(app, session);
  add_log(app, session);
  add_keys(app, session);
  add_backup(app, session);
  add_restore(app, session);
  add_export(app, session);
  add_import(app, session);
  add_sign(app, session);
  add_verify(app, session);
  const std::span words(argv, static_cast<std::size_t>(argc));
  const bool json = std::ranges::any_of(words, [](std::string_view w) { return w == "--json"; });
  try {
    app.parse(argc, argv);
    return kExitDone;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0 && json) return fail(kExitUsage, json, error.what());
    return app.exit(error) == 0 ? kExitDone : kExitUsage;
  } catch (const WrongUsage& error) {
    return fail(kExitUsage, json, error.what());
  } catch (const Answered& error) {
    return fail(kExitRefused, /*json=*/false, error.what());
  } catch (const WrongConfiguration& error) {
    return fail(kExitConfig, json, error.what());
  } catch (const std::exception& error) {
    return fail(kExitRefused, json, error.what());
  }
}

}  // namespace kassa::cli

// kassa version
#include <cstdio>

#include "cli/print.hpp"
#include "cli/session.hpp"
#include "ops/build_info.hpp"

namespace kassa::cli {

void add_version(CLI::App& app, Session& session) {
  CLI::App* command = session.add(app, "version", "Which build this is", "kassa version");
  command->callback([&session] {
    const ops::BuildInfo build = ops::build_info();
    if (session.json) {
      std::printf("{\"version\":%s,\"revision\":%s,\"compiler\":%s}\n",
                  json_text(build.version).c_str(), json_text(build.revision).c_str(),
                  json_text(build.compiler).c_str());
    } else {
      std::printf("%s\n", ops::build_line().c_str());
    }
  });
}

}  // namespace kassa::cli

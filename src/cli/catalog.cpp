// kassa catalog import
#include <cstdio>
#include <memory>

#include "cli/files.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {

void add_catalog(CLI::App& app, Session& session) {
  CLI::App* catalog = app.add_subcommand("catalog", "Countries, currencies and banks");
  catalog->require_subcommand(1);
  CLI::App* import =
      session.add(*catalog, "import", "Bring in currencies, countries and banks from a TOML file",
                  "kassa catalog import uzbekistan.toml");
  const auto path = std::make_shared<std::string>();
  import->add_option("file", *path, "The file, in the form of data/catalog.toml")->required();
  import->callback([&session, path] {
    session.show(session.call("catalog/import", "{\"toml\":" + json_text(read_file(*path)) + "}"),
                 [](const auto& answer) {
                   std::printf("%s settings imported.\n", text_of(answer, "settings").c_str());
                 });
  });
}

}  // namespace kassa::cli

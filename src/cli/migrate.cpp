// kassa migrate
#include <cstdio>

#include "cli/ownership.hpp"
#include "cli/runtime.hpp"
#include "cli/session.hpp"

namespace kassa::cli {

void add_migrate(CLI::App& app, Session& session) {
  CLI::App* command = session.add(app, "migrate", "Make the store, or bring its schema up to date",
                                  "kassa migrate --config kassa.toml");
  command->callback([&session] {
    const ops::Config config = session.load_config();
    store::StoreOptions options;
    options.url = config.store;
    options.create = true;
    refuse_wrong_user(places_of(config));
    make_folders(config);
    make_ring_of_new_store(config, ops::SystemClock().now());
    const auto [before, after] = store::migrate_store(options);
    // The engine's start puts the catalog into a new store, and makes the key ring.
    {
      const Runtime runtime(config, {.create = true});
    }
    if (session.json) {
      std::printf("{\"before\":%d,\"after\":%d}\n", before, after);
    } else if (before == after) {
      std::printf("The schema is up to date (version %d).\n", after);
    } else {
      std::printf("The schema went from version %d to %d.\n", before, after);
    }
  });
}

}  // namespace kassa::cli

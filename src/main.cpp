// The `kassa` command. Everything it does is a subcommand (src/cli, a file each).
#include "cli/session.hpp"

int main(int argc, char** argv) {
  return kassa::cli::run(argc, argv);
}

// kassa config check
#include <cstdio>
#include <filesystem>

#include "cli/config_check.hpp"
#include "cli/runtime.hpp"
#include "cli/session.hpp"
#include "ops/key_ring.hpp"
#include "store/store.hpp"
#include "store/url.hpp"

namespace kassa::cli {
namespace {

/// A ring that is not there yet is made with its store.
void check_key_ring(const ops::Config& config) {
  std::error_code error;
  const bool missing = !std::filesystem::exists(config.key_ring, error) && !error;
  const bool is_new = store::is_shared(config.store) || !store::store_exists(config.store);
  if (missing && is_new) return;
  const auto ring = ops::KeyRing::load(config.key_ring);
  if (!ring) throw std::runtime_error(ring.error());
}

}  // namespace

std::vector<std::string> problems_of(const ops::Config& config) {
  std::vector<std::string> problems;
  const auto look = [&](const auto& at) {
    try {
      at();
    } catch (const std::exception& error) {
      problems.emplace_back(error.what());
    }
  };
  look([&] { store::check_url(config.store); });
  look([&] { check_key_ring(config); });
  look([&] { (void)tls_identity(config); });
  look([&] { ensure_file_descriptors(config.http.connections_max); });
  return problems;
}

void add_config(CLI::App& app, Session& session) {
  CLI::App* config = app.add_subcommand("config", "The configuration file");
  config->require_subcommand(1);
  CLI::App* check = session.add(
      *config, "check",
      "Read the file and what it names (key ring, certificate), and say everything that is wrong",
      "kassa config check --config /etc/kassa/kassa.toml");
  check->callback([&session] {
    refuse_configuration_if_any(problems_of(session.load_config()));
    std::printf(session.json ? "{\"ok\":true}\n" : "The configuration is in order.\n");
  });
}

}  // namespace kassa::cli

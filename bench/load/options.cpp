#include "load/options.hpp"

#include <CLI/CLI.hpp>

#include "ops/random.hpp"

namespace kassa::bench {
namespace {

constexpr const char* kExamples = R"(Examples:
  kassa_bench                                    closed loop, 64 connections, RSA, a sandbox of its own
  kassa_bench --algorithm HMAC --requests 50000
  kassa_bench --mode open --rate 2000 --duration 30
  kassa_bench --life --requests 5000             each payin confirmed or cancelled, to its end
  kassa_bench --crash 20 --seed 7                SIGKILL twenty times, then count
  kassa_bench --sandbox var/sandbox              against a sandbox that runs

Exit codes: 0 all is well; 1 something was lost, doubled, out of order, badly signed or answered
otherwise than 200, 429 or 503; 2 usage, or it could not run.)";

std::filesystem::path own_kassa() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "kassa";
}

std::uint64_t random_seed() {
  std::array<std::uint8_t, 4> bytes{};
  ops::fill_random(bytes);
  std::uint64_t seed = 0;
  for (const auto byte : bytes) seed = seed << 8U | byte;
  return seed;
}

}  // namespace

std::optional<Options> parse_options(int argc, char** argv, int& exit_code) {
  Options options;
  std::string mode = "closed";
  std::string algorithm = "RSA";
  CLI::App app{
      "Load for a Kassa sandbox: signed payin creates, their callbacks, and the proof that "
      "nothing was lost"};
  app.footer(kExamples);
  auto* spawn = app.add_option("--spawn", options.spawn,
                               "Start this kassa on a temporary folder (default: the one built "
                               "beside this program)");
  auto* store = app.add_option("--store", options.store,
                               "Its store, an empty one: postgresql://… (a file in its folder)");
  auto* sandbox = app.add_option("--sandbox", options.sandbox, "The folder of a sandbox that runs");
  auto* target = app.add_option("--target", options.target,
                                "A file with the line that `kassa sandbox --json` prints");
  spawn->excludes(sandbox)->excludes(target);
  sandbox->excludes(target);
  store->excludes(sandbox)->excludes(target);
  app.add_option("--mode", mode, "closed or open loop (closed)")
      ->check(CLI::IsMember({"closed", "open"}));
  app.add_option("--connections", options.connections, "Keep-alive connections (64)")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--rate", options.rate_per_second, "Creates per second of the open loop (1000)")
      ->check(CLI::Range(1, 100'000));
  auto* requests = app.add_option("--requests", options.requests,
                                  "Creates to sign beforehand (20000; open: rate x duration)")
                       ->check(CLI::Range(1, 500'000));
  auto* duration =
      app.add_option("--duration", options.duration, "Seconds after which no create is sent (60)");
  app.add_option("--drain", options.drain,
                 "Seconds to wait for the callbacks after the last answer (180)");
  app.add_option("--algorithm", algorithm, "RSA or HMAC (RSA)")
      ->check(CLI::IsMember({"RSA", "HMAC"}));
  app.add_flag("--life", options.life, "Confirm nine of ten payins and cancel the tenth");
  app.add_option("--crash", options.crash_rounds,
                 "Rounds of load that end with SIGKILL at a random moment; implies --life")
      ->check(CLI::Range(1, 1'000));
  auto* seed = app.add_option("--seed", options.seed, "Of the moments of --crash");
  app.add_flag("--json", options.json, "Print the result as one line of JSON");
  try {
    app.parse(argc, argv);
    if (options.crash_rounds > 0 && !(options.sandbox.empty() && options.target.empty())) {
      throw CLI::ValidationError("--crash kills only what it started: use it with --spawn");
    }
    if (options.crash_rounds > 0 && !options.store.empty()) {
      throw CLI::ValidationError("--crash looks into the store's file: it takes no --store");
    }
  } catch (const CLI::ParseError& error) {
    exit_code = app.exit(error) == 0 ? 0 : 2;
    return std::nullopt;
  }
  options.open_loop = mode == "open";
  options.algorithm = *protocol::parse_algorithm(algorithm);
  if (options.open_loop && requests->empty()) {
    const auto seconds = duration->empty() ? 10 : options.duration.count();
    options.requests = options.rate_per_second * static_cast<std::size_t>(seconds);
  }
  if (options.crash_rounds > 0) options.life = true;
  if (seed->empty()) options.seed = random_seed();
  const bool attached = !options.sandbox.empty() || !options.target.empty();
  if (options.spawn.empty() && !attached) options.spawn = own_kassa();
  return options;
}

}  // namespace kassa::bench

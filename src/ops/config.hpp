// What a process needs to start: one TOML file, and `KASSA_…` environment variables over it.
//
//   kassa.toml  ─▶ each key looked up in one table (config.cpp): type, range ─▶ Config ─▶ check()
//   environment ─▶ KASSA_HTTP__BODY_TIMEOUT_S=5 is http.body_timeout_s; lists separated by commas
//
// Everything is documented in kassa.example.toml, which a test compares with that table. Projects,
// keys, limits, fees and banks are not here but in the store. Errors are sentences that name the
// file and line, or the variable, and the key; all of them are reported at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/address_range.hpp"
#include "ops/log.hpp"

namespace kassa::ops {

/// "127.0.0.1:8080", "[::1]:8080"; port 0 takes any free one.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;

  bool operator==(const ListenAddress&) const = default;
  [[nodiscard]] static std::optional<ListenAddress> parse(std::string_view text);
};

struct Config {
  ListenAddress listen;
  /// Where /healthz, /readyz and /metrics are, and nowhere else; none: on `listen`.
  std::optional<ListenAddress> metrics_listen;
  std::string store = "sqlite:var/kassa.db";
  std::string key_ring = "var/key-ring.toml";
  std::string admin_socket = "var/admin.sock";
  std::string public_api_base = "http://127.0.0.1:8080";
  std::string public_page_base =
      "http://127.0.0.1:8080/pay";  // form_url is this, "/", 40 hex digits
  bool migrate_on_start = false;

  struct Http {
    std::int64_t threads = 2;
    std::int64_t connections_max = 10'000;
    std::int64_t head_bytes_max = 16 * 1024;
    std::int64_t head_fields_max = 100;
    std::int64_t body_bytes_max = 64 * 1024;  // wire §10
    std::chrono::seconds head_timeout{10};
    std::chrono::seconds body_timeout{10};
    std::chrono::seconds idle_timeout{75};
    std::chrono::seconds answer_timeout{10};
    std::chrono::seconds write_timeout{10};
  } http;

  struct Tls {
    std::string certificate;  // chain in PEM; both empty: `listen` speaks plain HTTP
    std::string key;
  } tls;

  struct Engine {
    std::int64_t queue_max = 10'000;   // commands; one more is answered 503
    std::int64_t batch_max = 512;      // commands in a transaction
    std::chrono::seconds wait_max{5};  // a command that waited longer is dropped undecided
  } engine;

  struct Security {
    bool auth_hints = false;  // a 401 says why, to every project: for the sandbox (wire §10)
    std::chrono::seconds clock_tolerance{300};    // of x-access-timestamp, either way (wire §3)
    std::int64_t bad_signatures_per_second = 20;  // from one address, then 429; 0: no limit
    std::vector<AddressRange> trusted_proxies;    // whose forwarded address counts
  } security;

  struct Limits {
    std::int64_t project_per_second = 1'000;  // signed requests; a project's own setting goes first
    std::int64_t project_burst = 5'000;
    std::int64_t address_per_second = 200;  // requests without a good signature, from one address
    std::int64_t address_burst = 1'000;
  } limits;

  struct Callbacks {
    bool allow_private_addresses = false;  // deliver to loopback, private and link-local ranges
    std::int64_t workers = 2;              // threads that sign and send
    std::vector<std::chrono::seconds> schedule{
        // the gap after each failed try; then parked (wire §9)
        std::chrono::seconds(10), std::chrono::seconds(30), std::chrono::minutes(1),
        std::chrono::minutes(5),  std::chrono::minutes(15), std::chrono::hours(1),
        std::chrono::hours(3),    std::chrono::hours(6),    std::chrono::hours(12),
        std::chrono::hours(24)};
  } callbacks;

  log::Options log;

  /// What is wrong between keys, one sentence each; empty when the process may start.
  [[nodiscard]] std::vector<std::string> check() const;
};

using ConfigErrors = std::vector<std::string>;
using Environment = std::map<std::string, std::string, std::less<>>;

/// The variables of this process whose name begins with KASSA_. Not while another thread may change
/// the environment.
[[nodiscard]] Environment process_environment();

/// Reads `path`, lays `environment` over it, checks. A variable that names no key is an error like
/// any other, except KASSA_PORT… and KASSA_SERVICE…, which Kubernetes sets for a service "kassa".
[[nodiscard]] std::expected<Config, ConfigErrors> load_config(const std::filesystem::path& path,
                                                              const Environment& environment);

/// The same from a text; `name` stands for the file in errors.
[[nodiscard]] std::expected<Config, ConfigErrors> parse_config(std::string_view text,
                                                               std::string_view name,
                                                               const Environment& environment);

/// Every key, dotted, in the order of the example file.
[[nodiscard]] std::vector<std::string> config_keys();

}  // namespace kassa::ops

#include "cli/runtime.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "api/admin/catalog.hpp"
#include "api/docs_page.hpp"
#include "api/merchant/endpoints.hpp"
#include "api/page/routes.hpp"
#include "api/service.hpp"
#include "ops/log.hpp"
#include "ops/random.hpp"

namespace kassa::cli {
namespace {

namespace log = ops::log;

constexpr std::string_view kFileScheme = "sqlite:";

/// How sentences call the store: a server's URL may hold a password.
std::string name_of_store(const ops::Config& config) {
  return store::is_shared(config.store) ? "in PostgreSQL" : config.store.substr(kFileScheme.size());
}

std::unique_ptr<ops::KeyRing> open_ring(const ops::Config& config) {
  const std::filesystem::path path = config.key_ring;
  const bool exists = std::filesystem::exists(path);
  auto ring = ops::KeyRing::load(path);
  if (!ring) {
    throw std::runtime_error(
        ring.error() +
        (exists ? ""
                : " (a new installation begins with `kassa migrate`; the store " +
                      name_of_store(config) + " needs the ring that it was made with)"));
  }
  return std::make_unique<ops::KeyRing>(std::move(*ring));
}

/// "pay-1:4711".
std::string label_of_this_process() {
  std::array<char, 256> host{};
  (void)gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + ":" + std::to_string(getpid());
}

engine::EngineOptions engine_options(const ops::Config& config) {
  engine::EngineOptions options;
  options.queue_max = static_cast<std::size_t>(config.engine.queue_max);
  options.batch_max = static_cast<std::size_t>(config.engine.batch_max);
  options.wait_max = config.engine.wait_max;
  options.schedule.gaps_s.clear();
  for (const auto gap : config.callbacks.schedule) options.schedule.gaps_s.push_back(gap.count());
  return options;
}

callbacks::DelivererOptions deliverer_options(const ops::Config& config) {
  callbacks::DelivererOptions options;
  options.workers = config.callbacks.workers;
  options.allow_private_addresses = config.callbacks.allow_private_addresses;
  return options;
}

/// Null where the configuration names none: plain HTTP.
std::shared_ptr<const http::TlsIdentity> tls_identity(const ops::Config& config) {
  if (config.tls.certificate.empty()) return nullptr;
  return std::make_shared<const http::TlsIdentity>(config.tls.certificate, config.tls.key);
}

http::ServerOptions server_options(const ops::Config& config) {
  http::ServerOptions options;
  options.listen_host = config.listen.host;
  options.listen_port = config.listen.port;
  options.id_prefix = ops::random_uuid_v4().text().substr(0, 8);
  options.unix_socket_path = config.admin_socket;
  options.threads = static_cast<int>(config.http.threads);
  options.connections_max = static_cast<std::size_t>(config.http.connections_max);
  options.head_bytes_max = static_cast<std::size_t>(config.http.head_bytes_max);
  options.head_fields_max = static_cast<std::size_t>(config.http.head_fields_max);
  options.head_timeout = config.http.head_timeout;
  options.body_timeout = config.http.body_timeout;
  options.idle_timeout = config.http.idle_timeout;
  options.answer_timeout = config.http.answer_timeout;
  options.write_timeout = config.http.write_timeout;
  options.tls = tls_identity(config);
  options.on_accept_failed = [](const std::string& why) {
    log::error("server.accept_failed", {{"why", why}, {"meanwhile", "new connections wait"}});
  };
  return options;
}

/// A new store learns the countries, currencies and banks that Kassa ships with.
void seed_catalog(engine::Engine& engine) {
  if (!engine.config()->currencies.empty()) return;
  const auto catalog = api::read_catalog(ops::built_in_catalog());
  if (!catalog) throw std::runtime_error("data/catalog.toml: " + catalog.error());
  domain::ChangeConfig change;
  for (const auto& [id, value] : *catalog) change.settings.emplace_back(id, value);
  const auto decision = engine.run(change, engine::Source::desk);
  if (!decision) throw std::runtime_error("data/catalog.toml: " + decision.error().message);
}

}  // namespace

Runtime::Runtime(ops::Config config, const RuntimeOptions& options) : config_(std::move(config)) {
  if (options.create) make_folders(config_);
  // 1. The keys that open what the store has sealed.
  if (options.create) make_ring_of_new_store(config_, clock_.now());
  ring_ = open_ring(config_);
  // 2. The store, which one process owns.
  store_ = store::open_store(
      {.url = config_.store, .create = options.create, .migrate = options.migrate});
  // 3. Who we are among those that share it; the loop, not running yet.
  lease_ = std::make_unique<engine::Lease>(store_->open_membership(), metrics_,
                                           engine::LeaseOptions{.label = label_of_this_process()});
  traders_ = std::make_unique<engine::SimulatedTraders>(*ring_);
  engine_ = std::make_unique<engine::Engine>(*store_, clock_, metrics_, *traders_,
                                             engine_options(config_));
  // 4. Who tells merchants.
  pictures_ = std::make_unique<callbacks::Pictures>(
      *ring_, callbacks::PublicBases{config_.public_api_base, config_.public_page_base});
  outbox_ = std::make_unique<callbacks::StoreOutbox>(*store_, *engine_, *lease_, clock_);
  deliverer_ = std::make_unique<callbacks::Deliverer>(*outbox_, *ring_, *pictures_, clock_,
                                                      metrics_, deliverer_options(config_));
  // 5. Who answers.
  gateway_ = std::make_unique<api::Gateway>(*engine_, *store_, *ring_, config_, metrics_, clock_,
                                            *deliverer_, *pictures_);
  streams_ = std::make_unique<api::PageStreams>(*gateway_);
  if (options.serve) talk_ = std::make_unique<api::GatewayTalk>(*gateway_, *streams_);
  // 6. Everything runs, the server last. What runs already is stopped in order if the rest fails:
  // the loop must not outlive those it calls.
  try {
    if (options.serve) join_gateways();
    start_engine();
    if (options.serve || options.deliver) deliverer_->start();
    if (options.serve) {
      auditor_ = std::make_unique<engine::Auditor>(*store_, *engine_, std::chrono::hours{1});
      start_server();
    }
  } catch (...) {
    stop();
    throw;
  }
}

Runtime::~Runtime() {
  stop();
}

/// Only who stays: a command that finds nobody owning the store leaves what waits to those who do.
void Runtime::join_gateways() {
  lease_->fit = [this] { return engine_->read_only_reason().empty(); };
  lease_->on_change = [this] { deliverer_->look_everywhere(); };
  if (lease_->is_shared()) engine_->gateway = [this] { return lease_->id(); };
  lease_->start();
}

void Runtime::start_engine() {
  engine_->on_config = [this](const domain::ConfigPtr& config) { gateway_->update_keys(config); };
  engine_->on_deliveries = [this](const std::vector<domain::RequestId>& ids) {
    deliverer_->wake(ids);
  };
  engine_->on_payments = [this](const std::vector<domain::RequestId>& ids) {
    streams_->wake(ids);
    if (talk_) talk_->tell_changed(ids);
  };
  engine_->on_fatal = [](const std::string& why) {
    log::error("process.ends", {{"why", why}});
    std::_Exit(70);  // nothing may be written after the disk's state is in doubt
  };
  engine_->start();
  seed_catalog(*engine_);
  desk_ = std::make_unique<api::Desk>(*gateway_);
}

void Runtime::start_server() {
  tally_ = std::make_unique<api::AnswerTally>(metrics_);
  ensure_file_descriptors(config_.http.connections_max);
  public_router_ = std::make_unique<http::Router>(api::server_error);
  api::add_merchant_routes(*gateway_, *public_router_);
  api::add_page_routes(*gateway_, *streams_, *public_router_);
  api::add_service_routes(*gateway_, *public_router_);
  api::add_docs_routes(*public_router_);
  socket_router_ = std::make_unique<http::Router>(api::server_error);
  desk_->add_routes(*socket_router_);
  api::add_service_routes(*gateway_, *socket_router_);
  http::ServerOptions listening = server_options(config_);
  listening.on_answer = [this](const http::Answered& answered) { tally_->add(answered); };
  server_ = std::make_unique<http::Server>(listening, *public_router_, socket_router_.get());
  gateway_->server_stats = [this] { return server_->stats(); };
  talk_->start();
  server_->start();
  log::info("server.listening", {{"host", config_.listen.host},
                                 {"port", server_->port()},
                                 {"tls", listening.tls != nullptr}});
}

void Runtime::reload_tls(const ops::Config& config) {
  auto identity = tls_identity(config);
  if ((identity != nullptr) != !config_.tls.certificate.empty()) {
    throw std::runtime_error("tls: to begin or end TLS needs a restart");
  }
  if (identity != nullptr) server_->change_tls(std::move(identity));
}

void Runtime::stop() {
  using namespace std::chrono_literals;
  // Nobody waits for what takes its time: a check of the whole ledger, a replay.
  if (gateway_) gateway_->stopping.request_stop();
  if (deliverer_) deliverer_->end_replays();
  // What was accepted is finished: first no more requests, then the queue, then the deliveries.
  if (server_) server_->stop(5s);
  auditor_.reset();
  desk_.reset();
  if (engine_ && deliverer_) deliverer_->stop();
  if (engine_) engine_->stop();
  if (talk_) talk_->stop();
  // What this one had claimed goes on elsewhere at once.
  if (lease_) lease_->stop();
}

void make_folders(const ops::Config& config) {
  std::vector<std::filesystem::path> paths = {config.key_ring, config.admin_socket};
  if (!store::is_shared(config.store)) paths.emplace_back(config.store.substr(kFileScheme.size()));
  for (const auto& path : paths) {
    if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  }
}

void make_ring_of_new_store(const ops::Config& config, domain::Instant now) {
  if (std::filesystem::exists(config.key_ring) || store::store_exists(config.store)) return;
  const auto made = ops::KeyRing::create(config.key_ring, now);
  if (!made) throw std::runtime_error(made.error());
}

void ensure_file_descriptors(std::int64_t connections_max) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) throw std::runtime_error("RLIMIT_NOFILE is unknown");
  constexpr std::int64_t kBesides = 512;  // store, callbacks, log, listening sockets
  const auto needed = static_cast<rlim_t>(connections_max + kBesides);
  if (limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(limit.rlim_max, needed);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < needed) {
    throw std::runtime_error("http.connections_max = " + std::to_string(connections_max) +
                             " needs " + std::to_string(needed) + " open files, but the limit is " +
                             std::to_string(limit.rlim_max) +
                             ": lower it, or raise the limit (ulimit -n)");
  }
}

}  // namespace kassa::cli

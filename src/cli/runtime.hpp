// One Kassa in one process, put together: the same for `kassa serve`, the sandbox, and a command
// that finds nobody owning the store.
//
//   key ring ─▶ store ─▶ engine ─▶ deliverer ─▶ gateway ─▶ desk, routers ─▶ server
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "api/admin/desk.hpp"
#include "api/answer_tally.hpp"
#include "api/gateway.hpp"
#include "api/gateway_talk.hpp"
#include "api/page/streams.hpp"
#include "callbacks/deliverer.hpp"
#include "callbacks/store_outbox.hpp"
#include "engine/auditor.hpp"
#include "engine/engine.hpp"
#include "engine/lease.hpp"
#include "engine/simulated_traders.hpp"
#include "http/server.hpp"
#include "ops/clock.hpp"
#include "ops/config.hpp"
#include "ops/key_ring.hpp"
#include "ops/metrics.hpp"
#include "store/store.hpp"

namespace kassa::cli {

struct RuntimeOptions {
  bool create = false;   // make the store and its key ring where there is no store
  bool migrate = false;  // bring an older schema up to date
  bool serve = false;    // listen, deliver callbacks
  bool deliver = false;  // deliver callbacks without listening: a replay by the command line
};

class Runtime {
 public:
  /// Starts everything; throws std::runtime_error with a sentence that says what to do.
  Runtime(ops::Config config, const RuntimeOptions& options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  [[nodiscard]] api::Desk& desk() { return *desk_; }
  [[nodiscard]] api::Gateway& gateway() { return *gateway_; }
  [[nodiscard]] std::uint16_t port() const { return server_ ? server_->port() : 0; }
  /// Where /healthz, /readyz and /metrics are: the same, or that of `metrics_listen`.
  [[nodiscard]] std::uint16_t watch_port() const {
    return watch_server_ ? watch_server_->port() : port();
  }

  /// The certificate and key that the configuration names now; null: plain HTTP. Nothing is changed
  /// yet. Throws std::runtime_error with why they can't take the place of the present ones.
  [[nodiscard]] std::shared_ptr<const http::TlsIdentity> read_tls(const ops::Config& config) const;
  /// What connections from now on are met with.
  void change_tls(std::shared_ptr<const http::TlsIdentity> identity);

  /// Takes nothing new, finishes what was accepted, ends. The destructor does the same.
  void stop();

 private:
  void join_gateways();
  void start_engine();
  void start_server();
  void start_watch_server();

  ops::Config config_;
  ops::SystemClock clock_;
  ops::Metrics metrics_;
  std::unique_ptr<ops::KeyRing> ring_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<engine::Lease> lease_;
  std::unique_ptr<engine::SimulatedTraders> traders_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<callbacks::Pictures> pictures_;
  std::unique_ptr<callbacks::StoreOutbox> outbox_;
  std::unique_ptr<callbacks::Deliverer> deliverer_;
  std::unique_ptr<engine::Auditor> auditor_;
  std::unique_ptr<api::Gateway> gateway_;
  std::unique_ptr<api::PageStreams> streams_;
  std::unique_ptr<api::GatewayTalk> talk_;
  std::unique_ptr<api::Desk> desk_;
  std::unique_ptr<http::Router> public_router_;
  std::unique_ptr<http::Router> socket_router_;
  std::unique_ptr<api::AnswerTally> tally_;
  std::unique_ptr<http::Router> watch_router_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<http::Server> watch_server_;  // null without `metrics_listen`
};

/// Where this process makes files: the key ring, and the store's where it is one.
[[nodiscard]] std::vector<std::filesystem::path> places_of(const ops::Config& config);

/// What the configuration names; null where it names none: plain HTTP. Throws std::runtime_error.
[[nodiscard]] std::shared_ptr<const http::TlsIdentity> tls_identity(const ops::Config& config);

/// The folders of the store, the key ring and the socket, where they are missing.
void make_folders(const ops::Config& config);

/// A key ring where there is neither a ring nor a store: a store that exists can be read only with
/// the ring that it was made with, so a lost one is never replaced in silence.
void make_ring_of_new_store(const ops::Config& config, domain::Instant now);

/// Raises the limit of open files to its hard maximum and checks that the configured connections
/// fit; throws with the numbers if they don't.
void ensure_file_descriptors(std::int64_t connections_max);

}  // namespace kassa::cli

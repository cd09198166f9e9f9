// One Kassa in one process, put together: the same for `kassa serve`, the sandbox, and a command
// that finds nobody owning the store.
//
//   key ring ─▶ store ─▶ engine ─▶ deliverer ─▶ gateway ─▶ desk, routers ─▶ server
#pragma once

#include <memory>
#include <string>

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

  /// Reads certificate and key again, for connections from now on; the old ones go on if the new
  /// can't be read. Throws std::runtime_error with why.
  void reload_tls(const ops::Config& config);

  /// Takes nothing new, finishes what was accepted, ends. The destructor does the same.
  void stop();

 private:
  void join_gateways();
  void start_engine();
  void start_server();

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
  std::unique_ptr<http::Server> server_;
};

/// The folders of the store, the key ring and the socket, where they are missing.
void make_folders(const ops::Config& config);

/// A key ring where there is neither a ring nor a store: a store that exists can be read only with
/// the ring that it was made with, so a lost one is never replaced in silence.
void make_ring_of_new_store(const ops::Config& config, domain::Instant now);

/// Raises the limit of open files to its hard maximum and checks that the configured connections
/// fit; throws with the numbers if they don't.
void ensure_file_descriptors(std::int64_t connections_max);

}  // namespace kassa::cli

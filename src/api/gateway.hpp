// What every endpoint works with, and the few things that all of them do the same way.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>

#include "api/bad_signatures.hpp"
#include "api/key_table.hpp"
#include "api/offered_banks.hpp"
#include "api/pool.hpp"
#include "api/rate_limits.hpp"
#include "api/ring_rotation.hpp"
#include "callbacks/deliverer.hpp"
#include "callbacks/picture.hpp"
#include "engine/engine.hpp"
#include "http/http.hpp"
#include "http/server.hpp"
#include "ops/clock.hpp"
#include "ops/config.hpp"
#include "ops/key_ring.hpp"
#include "ops/metrics.hpp"
#include "protocol/errors.hpp"
#include "protocol/json_document.hpp"
#include "protocol/signature.hpp"
#include "store/store.hpp"

namespace kassa::api {

/// Wrong links to pages that one address may try in a second: a payer mistypes none.
inline constexpr std::int64_t kBadLinksPerSecondMax = 20;

/// Buffers of one request being parsed and verified.
struct Workspace {
  protocol::JsonDocument document;
  protocol::SignatureCodec codec;
};

/// Made once at start; everything in it may be used from any thread.
class Gateway {
 public:
  Gateway(engine::Engine& the_engine, store::Store& the_store, ops::KeyRing& the_ring,
          const ops::Config& the_settings, ops::Metrics& the_metrics, const ops::Clock& the_clock,
          callbacks::Deliverer& the_deliverer, const callbacks::Pictures& the_pictures);

  engine::Engine& engine;
  store::Store& store;
  ops::KeyRing& ring;
  const ops::Config& settings;
  ops::Metrics& metrics;
  const ops::Clock& clock;
  callbacks::Deliverer& deliverer;
  const callbacks::Pictures& pictures;

  Pool<store::Reader> readers;
  Pool<Workspace> workspaces;
  BadSignatures bad_signatures;
  RateLimits rates;
  RingRotation rotation;
  BadSignatures bad_links{kBadLinksPerSecondMax};  // to pages: the same guard, of other guesses
  OfferedBanks offered_banks;
  /// Requested when the process is to end: reads that take their time give up.
  std::stop_source stopping;
  std::function<http::ServerStats()> server_stats;  // set before the server starts; may be empty

  [[nodiscard]] std::shared_ptr<const KeyTable> keys() const { return keys_.load(); }
  /// After every change of configuration: parses keys that are new.
  void update_keys(const domain::ConfigPtr& config);

 private:
  std::atomic<std::shared_ptr<const KeyTable>> keys_;
};

/// An error of the table, as an answer; `retry-after` where the table says so.
[[nodiscard]] http::Response error_response(const protocol::ErrorReport& report);
/// 429, with what the bucket says.
[[nodiscard]] http::Response rate_limited_response(const RateState& state);
/// How often a project and an address may ask, and the time that their buckets go by.
[[nodiscard]] Rate project_rate(const Gateway& gateway, const domain::Project& project);
[[nodiscard]] Rate address_rate(const Gateway& gateway);
[[nodiscard]] RateTime rate_now(const Gateway& gateway);

/// `ratelimit-limit`, `-remaining`, `-reset`; nothing where there is no limit.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> rate_headers(const RateState& state);
[[nodiscard]] http::Response json_response(std::string body);
/// The same about a payment, which the log then names.
[[nodiscard]] http::Response json_response(std::string body, domain::RequestId about);

/// A domain's refusal in the wire's words.
[[nodiscard]] http::Response refusal_response(const domain::Refusal& refusal,
                                              std::optional<std::string_view> project_id,
                                              std::optional<std::string_view> payment_id,
                                              std::optional<domain::RequestId> request_id = {});

/// The handler, with a store that is away or too slow told as 503.
[[nodiscard]] http::Handler reading_store(http::Handler handler);

/// What the server itself answers (404, 405, 413, 415 …) in the wire's shape.
[[nodiscard]] http::Response server_error(int status, std::string_view path);

}  // namespace kassa::api

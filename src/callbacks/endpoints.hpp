// Who may send now: a queue, a limit and a breaker for each endpoint (scheme://host:port), so that
// a slow or dead one never delays another's (wire §9).
//
//   admit(endpoint, id) ─▶ go      a slot is taken: send
//                       ├▶ wait    kept in the endpoint's queue; next() gives it back with a slot
//                       └▶ full    turned away: once the queue has room again, a lap of the store's
//                                  scan finds it
//   finished / withdrawn           the slot is free
//
// Hazard: sixteen slow endpoints with sixteen slots each would fill the whole. Once half of all
// slots are taken, an endpoint that holds its small share gets no more. Likewise memory: however
// many endpoints are dead, none may queue more than an eighth of the room that is left.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "callbacks/breaker.hpp"
#include "domain/uuid.hpp"

namespace kassa::callbacks {

struct EndpointLimits {
  std::size_t tries_per_endpoint = 16;  // at once
  std::size_t tries_share = 2;          // the same, once half of all slots are taken
  std::size_t tries_max = 256;          // of all endpoints
  std::size_t waiting_max = 150'000;    // ids in all queues: 16 bytes each
  std::size_t endpoints_max = 10'000;   // beyond, an idle one's failures are forgotten
  BreakerOptions breaker = {};
};

/// What is left of the lap under way, and a whole one: then the scan (scan.hpp) was everywhere.
inline constexpr int kLapsOwed = 2;

enum class Admission { go, wait, full };

/// Pure; the owner locks.
class Endpoints {
 public:
  struct Start {
    std::string endpoint;
    domain::RequestId id;
  };

  explicit Endpoints(EndpointLimits limits) : limits_(limits) {}

  [[nodiscard]] Admission admit(const std::string& endpoint, domain::RequestId id,
                                domain::Instant now);
  /// The next waiting id that may start, its slot taken; endpoints take turns.
  [[nodiscard]] std::optional<Start> next(domain::Instant now);
  /// A try ended. `answered`: whatever it said, the endpoint is alive. True when this opened its
  /// breaker.
  bool finished(const std::string& endpoint, bool answered, domain::Instant now);
  /// A slot was not used.
  void withdrawn(const std::string& endpoint);

  /// An endpoint that turned ids away has room again: they have to be looked for.
  [[nodiscard]] bool awaits_lap() const { return awaiting_lap_ > 0; }
  /// The scan has come to the end of all that is due, and begins again at the earliest.
  void lap_ended();

  /// When the earliest pause of those endpoints ends that something waits for.
  [[nodiscard]] std::optional<domain::Instant> next_probe() const;
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t active() const { return active_; }

 private:
  struct Endpoint {
    explicit Endpoint(BreakerOptions options) : breaker(options) {}
    Breaker breaker;
    std::size_t active = 0;
    std::deque<domain::RequestId> queue;
    bool in_turn = false;      // listed in turns_
    bool turned_away = false;  // an id, since the queue last had room
    int laps_owed = 0;         // until all that were turned away have been looked at
  };
  using Map = std::unordered_map<std::string, Endpoint>;

  [[nodiscard]] bool has_slot(const Endpoint& endpoint) const;
  [[nodiscard]] bool take_slot(Endpoint& endpoint, domain::Instant now);
  void give_turn(const std::string& name, Endpoint& endpoint);
  [[nodiscard]] std::size_t queue_max() const;
  void turn_away(Endpoint& endpoint);
  void look_for_turned_away(Endpoint& endpoint);
  void drop_if_idle(Map::iterator found);

  EndpointLimits limits_;
  Map endpoints_;
  std::deque<std::string> turns_;  // endpoints that something waits for, in the order of their turn
  std::size_t active_ = 0;
  std::size_t waiting_ = 0;
  std::size_t awaiting_lap_ = 0;  // endpoints that laps are owed to
};

}  // namespace kassa::callbacks

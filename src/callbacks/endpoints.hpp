// Who may send now: a queue, a limit and a breaker for each endpoint, turns and shares for each
// project, so that a slow or dead endpoint never delays another's (wire §9).
//
//   admit(endpoint, id) ─▶ go      a slot is taken: send
//                       ├▶ wait    kept in the endpoint's queue; next() gives it back with a slot
//                       └▶ full    turned away: once there is room again, a lap of the store's scan
//                                  finds it
//   finished / withdrawn           the slot is free
//
//   next():   projects in turn ─▶ of each its endpoints in turn ─▶ the longest waiting
//                                   ▲
//             probes, by time ──────┘ when the pause of an open breaker is over
//
// Hazards. Two projects at one host are two endpoints: else one's hanging script there would open
// the other's breaker. A project chooses URLs freely, so a thousand slow hosts cost it nothing: it
// gets another slot, place or endpoint only while it holds less than is left, and so none takes
// more than half of what the others leave. Within a project likewise: once its slots get scarce, an
// endpoint that holds its small share gets no more, and none may queue more than an eighth of the
// project's room.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "callbacks/breaker.hpp"
#include "domain/uuid.hpp"

namespace kassa::callbacks {

/// Where a project is told.
struct EndpointId {
  domain::ProjectId project;
  std::string origin;  // scheme://host:port

  auto operator<=>(const EndpointId&) const = default;
};

struct EndpointLimits {
  std::size_t tries_per_endpoint = 16;  // at once
  std::size_t tries_share = 2;          // the same, once its project's slots get scarce
  std::size_t tries_max = 256;          // of all projects
  std::size_t waiting_max = 150'000;    // ids in all queues: 16 bytes each
  std::size_t endpoints_max = 10'000;   // beyond a project's share, an idle one's failures are
                                        // forgotten, and no new one's ids wait
  BreakerOptions breaker = {};
};

/// What is left of the lap under way, and a whole one: then the scan (scan.hpp) was everywhere.
inline constexpr int kLapsOwed = 2;

enum class Admission { go, wait, full };

/// Pure; the owner locks.
class Endpoints {
 public:
  struct Start {
    EndpointId endpoint;
    domain::RequestId id;
  };

  explicit Endpoints(EndpointLimits limits) : limits_(limits) {}

  [[nodiscard]] Admission admit(const EndpointId& endpoint, domain::RequestId id,
                                domain::Instant now);
  /// The next waiting id that may start, its slot taken; projects take turns, and their endpoints.
  [[nodiscard]] std::optional<Start> next(domain::Instant now);
  /// A try ended. `answered`: whatever it said, the endpoint is alive. True when this opened its
  /// breaker.
  bool finished(const EndpointId& endpoint, bool answered, domain::Instant now);
  /// A slot was not used.
  void withdrawn(const EndpointId& endpoint, domain::Instant now);

  /// Where ids were turned away is room again: they have to be looked for.
  [[nodiscard]] bool awaits_lap() const { return awaiting_lap_ > 0; }
  /// The scan has come to the end of all that is due, and begins again at the earliest.
  void lap_ended();

  /// When the earliest pause of those endpoints ends that something waits for.
  [[nodiscard]] std::optional<domain::Instant> next_probe() const;
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  [[nodiscard]] std::size_t active() const { return active_; }

 private:
  struct TurnedAway {
    bool some = false;  // since there was room last
    int laps_owed = 0;  // until all that were turned away have been looked at
  };
  struct Endpoint {
    explicit Endpoint(BreakerOptions options) : breaker(options) {}
    Breaker breaker;
    std::size_t active = 0;
    std::deque<domain::RequestId> queue;
    bool listed = false;  // in its project's turns, or in probes_
    TurnedAway turned_away;
  };
  struct Project {
    std::unordered_map<std::string, Endpoint> endpoints;  // by origin
    std::deque<std::string> turns;                        // origins that something waits for
    bool in_turn = false;                                 // listed in turns_
    std::size_t active = 0;
    std::size_t waiting = 0;
    TurnedAway turned_away;
  };
  using Projects = std::unordered_map<domain::ProjectId, Project>;

  [[nodiscard]] bool has_slot(const Project& project) const;
  [[nodiscard]] bool take_slot(Project& project, Endpoint& endpoint, domain::Instant now);
  void free_slot(Project& project, Endpoint& endpoint);
  [[nodiscard]] Endpoint* place_for(Project& project, const std::string& origin);
  [[nodiscard]] std::size_t queue_max(const Project& project) const;
  void line_up(const EndpointId& id, Project& project, Endpoint& endpoint, domain::Instant now);
  void give_turn(const EndpointId& id, Project& project, Endpoint& endpoint);
  void call_probes(domain::Instant now);
  [[nodiscard]] std::optional<Start> next_of(domain::ProjectId id, Project& project,
                                             domain::Instant now);
  [[nodiscard]] domain::RequestId take_first(Project& project, Endpoint& endpoint);
  void turn_away(TurnedAway& turned_away);
  void look_for(TurnedAway& turned_away);
  bool ends_laps(TurnedAway& turned_away);
  void drop_if_idle(Project& project, const std::string& origin);
  void drop_if_empty(Projects::iterator project);

  EndpointLimits limits_;
  Projects projects_;
  std::deque<domain::ProjectId> turns_;                      // projects that something waits for
  std::set<std::pair<domain::Instant, EndpointId>> probes_;  // by the end of their pause
  std::size_t endpoints_ = 0;
  std::size_t active_ = 0;
  std::size_t waiting_ = 0;
  std::size_t awaiting_lap_ = 0;  // how many laps are owed to
};

}  // namespace kassa::callbacks

#include "callbacks/endpoints.hpp"

#include <algorithm>
#include <vector>

#include "domain/check.hpp"

namespace kassa::callbacks {
namespace {

std::size_t left_of(std::size_t max, std::size_t taken) {
  return max - std::min(taken, max);
}

}  // namespace

bool Endpoints::has_slot(const Project& project) const {
  return project.active < left_of(limits_.tries_max, active_);
}

bool Endpoints::take_slot(Project& project, Endpoint& endpoint, domain::Instant now) {
  if (!has_slot(project)) return false;
  const bool plenty = 2 * project.active < left_of(limits_.tries_max, active_);
  const std::size_t share = plenty ? limits_.tries_per_endpoint : limits_.tries_share;
  if (endpoint.active >= share || !endpoint.breaker.try_start(now)) return false;
  ++endpoint.active;
  ++project.active;
  ++active_;
  return true;
}

void Endpoints::free_slot(Project& project, Endpoint& endpoint) {
  --endpoint.active;
  --project.active;
  --active_;
}

Admission Endpoints::admit(const EndpointId& id, domain::RequestId request, domain::Instant now) {
  Project& project = projects_[id.project];
  Endpoint* endpoint = place_for(project, id.origin);
  if (endpoint == nullptr) {
    turn_away(project.turned_away);
    return Admission::full;
  }
  // Whoever waited longer goes first.
  if (endpoint->queue.empty() && take_slot(project, *endpoint, now)) return Admission::go;
  if (endpoint->queue.size() >= queue_max(project)) {
    turn_away(endpoint->turned_away);
    return Admission::full;
  }
  endpoint->queue.push_back(request);
  ++project.waiting;
  ++waiting_;
  line_up(id, project, *endpoint, now);
  return Admission::wait;
}

/// Null: the project has too many already, and no slot for this one.
Endpoints::Endpoint* Endpoints::place_for(Project& project, const std::string& origin) {
  if (const auto found = project.endpoints.find(origin); found != project.endpoints.end()) {
    return &found->second;
  }
  const std::size_t left = left_of(limits_.endpoints_max, endpoints_);
  if (project.endpoints.size() >= std::max<std::size_t>(left, 1) && !has_slot(project)) {
    return nullptr;
  }
  ++endpoints_;
  return &project.endpoints.try_emplace(origin, limits_.breaker).first->second;
}

/// One may always wait, so that every endpoint's turn comes.
std::size_t Endpoints::queue_max(const Project& project) const {
  const std::size_t room = left_of(left_of(limits_.waiting_max, waiting_), project.waiting);
  return std::max<std::size_t>(room / 8, 1);
}

/// Where its next chance is looked for.
void Endpoints::line_up(const EndpointId& id, Project& project, Endpoint& endpoint,
                        domain::Instant now) {
  const Breaker& breaker = endpoint.breaker;
  // After a probe it comes here again.
  if (endpoint.listed || endpoint.queue.empty() || breaker.is_probing()) return;
  if (breaker.is_open() && breaker.open_until() > now) {
    endpoint.listed = true;
    probes_.emplace(breaker.open_until(), id);
  } else {
    give_turn(id, project, endpoint);
  }
}

void Endpoints::give_turn(const EndpointId& id, Project& project, Endpoint& endpoint) {
  endpoint.listed = true;
  project.turns.push_back(id.origin);
  if (project.in_turn) return;
  project.in_turn = true;
  turns_.push_back(id.project);
}

void Endpoints::call_probes(domain::Instant now) {
  while (!probes_.empty() && probes_.begin()->first <= now) {
    const EndpointId id = std::move(probes_.extract(probes_.begin()).value().second);
    Project& project = projects_.at(id.project);
    give_turn(id, project, project.endpoints.at(id.origin));
  }
}

std::optional<Endpoints::Start> Endpoints::next(domain::Instant now) {
  call_probes(now);
  for (std::size_t left = turns_.size(); left > 0 && active_ < limits_.tries_max; --left) {
    const domain::ProjectId id = turns_.front();
    turns_.pop_front();
    Project& project = projects_.at(id);
    auto start = next_of(id, project, now);
    project.in_turn = !project.turns.empty();
    if (project.in_turn) turns_.push_back(id);
    if (start) return start;
  }
  return std::nullopt;
}

/// Short: an endpoint whose turn is in vain has tries under way, or leaves for the probes.
std::optional<Endpoints::Start> Endpoints::next_of(domain::ProjectId id, Project& project,
                                                   domain::Instant now) {
  if (!has_slot(project)) return std::nullopt;
  for (std::size_t left = project.turns.size(); left > 0; --left) {
    EndpointId name{id, std::move(project.turns.front())};
    project.turns.pop_front();
    Endpoint& endpoint = project.endpoints.at(name.origin);
    endpoint.listed = false;
    std::optional<domain::RequestId> first;
    if (take_slot(project, endpoint, now)) first = take_first(project, endpoint);
    line_up(name, project, endpoint, now);
    if (first) return Start{std::move(name), *first};
  }
  return std::nullopt;
}

/// Not for a single place: a lap costs a look at all that waits.
domain::RequestId Endpoints::take_first(Project& project, Endpoint& endpoint) {
  const domain::RequestId id = endpoint.queue.front();
  endpoint.queue.pop_front();
  --project.waiting;
  --waiting_;
  if (endpoint.queue.size() <= queue_max(project) / 2) look_for(endpoint.turned_away);
  return id;
}

bool Endpoints::finished(const EndpointId& id, bool answered, domain::Instant now) {
  const auto owner = projects_.find(id.project);
  KASSA_CHECK(owner != projects_.end(), "a try ended that never began");
  Project& project = owner->second;
  const auto found = project.endpoints.find(id.origin);
  KASSA_CHECK(found != project.endpoints.end() && found->second.active > 0,
              "a try ended that never began");
  Endpoint& endpoint = found->second;
  const bool was_open = endpoint.breaker.is_open();
  // An answer closes the breaker: nobody waits for the end of its pause.
  if (endpoint.listed && probes_.erase(std::pair(endpoint.breaker.open_until(), id)) > 0) {
    endpoint.listed = false;
  }
  free_slot(project, endpoint);
  if (answered) {
    endpoint.breaker.answered();
  } else {
    endpoint.breaker.failed(now);
  }
  const bool opened = !was_open && endpoint.breaker.is_open();
  line_up(id, project, endpoint, now);
  drop_if_idle(project, id.origin);
  drop_if_empty(owner);
  return opened;
}

void Endpoints::withdrawn(const EndpointId& id, domain::Instant now) {
  const auto owner = projects_.find(id.project);
  KASSA_CHECK(owner != projects_.end(), "a slot was given back twice");
  Project& project = owner->second;
  const auto found = project.endpoints.find(id.origin);
  KASSA_CHECK(found != project.endpoints.end() && found->second.active > 0,
              "a slot was given back twice");
  free_slot(project, found->second);
  found->second.breaker.withdrawn();
  line_up(id, project, found->second, now);
  drop_if_idle(project, id.origin);
  drop_if_empty(owner);
}

/// What laps have found for it meanwhile is not all: they begin anew when there is room.
void Endpoints::turn_away(TurnedAway& turned_away) {
  turned_away.some = true;
  if (turned_away.laps_owed > 0) --awaiting_lap_;
  turned_away.laps_owed = 0;
}

void Endpoints::look_for(TurnedAway& turned_away) {
  if (!turned_away.some) return;
  turned_away.some = false;
  turned_away.laps_owed = kLapsOwed;
  ++awaiting_lap_;
}

/// True: that was the last one.
bool Endpoints::ends_laps(TurnedAway& turned_away) {
  if (turned_away.laps_owed == 0) return false;
  --turned_away.laps_owed;
  if (turned_away.laps_owed > 0) return false;
  --awaiting_lap_;
  return true;
}

void Endpoints::lap_ended() {
  if (awaiting_lap_ == 0) return;
  for (auto at = projects_.begin(); at != projects_.end();) {
    const auto owner = at++;
    Project& project = owner->second;
    ends_laps(project.turned_away);
    std::vector<std::string> done;
    for (auto& [origin, endpoint] : project.endpoints) {
      if (ends_laps(endpoint.turned_away)) done.push_back(origin);
    }
    for (const std::string& origin : done) drop_if_idle(project, origin);
    drop_if_empty(owner);
  }
}

/// Only what says something is kept: merchants choose URLs, so the map must not grow with them.
void Endpoints::drop_if_idle(Project& project, const std::string& origin) {
  const auto found = project.endpoints.find(origin);
  const Endpoint& endpoint = found->second;
  if (endpoint.active > 0 || !endpoint.queue.empty() || endpoint.turned_away.laps_owed > 0) return;
  const std::size_t left = left_of(limits_.endpoints_max, endpoints_);
  if (!endpoint.breaker.is_fresh() && project.endpoints.size() <= left) return;
  project.endpoints.erase(found);
  --endpoints_;
  if (project.endpoints.size() <= left / 2) look_for(project.turned_away);
}

void Endpoints::drop_if_empty(Projects::iterator project) {
  const TurnedAway& turned_away = project->second.turned_away;
  if (!project->second.endpoints.empty() || turned_away.some || turned_away.laps_owed > 0) return;
  projects_.erase(project);
}

std::optional<domain::Instant> Endpoints::next_probe() const {
  if (probes_.empty()) return std::nullopt;
  return probes_.begin()->first;
}

}  // namespace kassa::callbacks

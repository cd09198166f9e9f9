#include "callbacks/endpoints.hpp"

#include <algorithm>

#include "domain/check.hpp"

namespace kassa::callbacks {
bool Endpoints::has_slot(const Endpoint& endpoint) const {
  const bool plenty = active_ < limits_.tries_max / 2;
  const std::size_t share = plenty ? limits_.tries_per_endpoint : limits_.tries_share;
  return active_ < limits_.tries_max && endpoint.active < share;
}

bool Endpoints::take_slot(Endpoint& endpoint, domain::Instant now) {
  if (!has_slot(endpoint) || !endpoint.breaker.try_start(now)) return false;
  ++endpoint.active;
  ++active_;
  return true;
}

void Endpoints::give_turn(const std::string& name, Endpoint& endpoint) {
  if (endpoint.in_turn || endpoint.queue.empty()) return;
  endpoint.in_turn = true;
  turns_.push_back(name);
}

Admission Endpoints::admit(const std::string& name, domain::RequestId id, domain::Instant now) {
  Endpoint& endpoint = endpoints_.try_emplace(name, limits_.breaker).first->second;
  // Whoever waited longer goes first.
  if (endpoint.queue.empty() && take_slot(endpoint, now)) return Admission::go;
  if (endpoint.queue.size() >= queue_max()) {
    turn_away(endpoint);
    return Admission::full;
  }
  endpoint.queue.push_back(id);
  ++waiting_;
  give_turn(name, endpoint);
  return Admission::wait;
}

/// One may always wait, so that every endpoint's turn comes.
std::size_t Endpoints::queue_max() const {
  const std::size_t room = limits_.waiting_max - std::min(waiting_, limits_.waiting_max);
  return std::max<std::size_t>(room / 8, 1);
}

/// What laps have found for it meanwhile is not all: they begin anew when there is room.
void Endpoints::turn_away(Endpoint& endpoint) {
  endpoint.turned_away = true;
  if (endpoint.laps_owed > 0) --awaiting_lap_;
  endpoint.laps_owed = 0;
}

/// Not for a single place: a lap costs a look at all that waits.
void Endpoints::look_for_turned_away(Endpoint& endpoint) {
  if (!endpoint.turned_away || endpoint.queue.size() > queue_max() / 2) return;
  endpoint.turned_away = false;
  endpoint.laps_owed = kLapsOwed;
  ++awaiting_lap_;
}

void Endpoints::lap_ended() {
  if (awaiting_lap_ == 0) return;
  for (auto at = endpoints_.begin(); at != endpoints_.end();) {
    const auto found = at++;
    if (found->second.laps_owed == 0) continue;
    --found->second.laps_owed;
    if (found->second.laps_owed > 0) continue;
    --awaiting_lap_;
    drop_if_idle(found);
  }
}

std::optional<Endpoints::Start> Endpoints::next(domain::Instant now) {
  for (std::size_t left = turns_.size(); left > 0; --left) {
    const std::string name = std::move(turns_.front());
    turns_.pop_front();
    Endpoint& endpoint = endpoints_.at(name);
    endpoint.in_turn = false;
    if (take_slot(endpoint, now)) {
      const domain::RequestId id = endpoint.queue.front();
      endpoint.queue.pop_front();
      --waiting_;
      look_for_turned_away(endpoint);
      give_turn(name, endpoint);
      return Start{name, id};
    }
    give_turn(name, endpoint);
  }
  return std::nullopt;
}

bool Endpoints::finished(const std::string& name, bool answered, domain::Instant now) {
  const auto found = endpoints_.find(name);
  KASSA_CHECK(found != endpoints_.end() && found->second.active > 0,
              "a try ended that never began");
  Endpoint& endpoint = found->second;
  const bool was_open = endpoint.breaker.is_open();
  --endpoint.active;
  --active_;
  if (answered) {
    endpoint.breaker.answered();
  } else {
    endpoint.breaker.failed(now);
  }
  const bool opened = !was_open && endpoint.breaker.is_open();
  drop_if_idle(found);
  return opened;
}

void Endpoints::withdrawn(const std::string& name) {
  const auto found = endpoints_.find(name);
  KASSA_CHECK(found != endpoints_.end() && found->second.active > 0, "a slot was given back twice");
  --found->second.active;
  --active_;
  found->second.breaker.withdrawn();
  drop_if_idle(found);
}

/// Only what says something is kept: merchants choose URLs, so the map must not grow with them.
void Endpoints::drop_if_idle(Map::iterator found) {
  const Endpoint& endpoint = found->second;
  if (endpoint.active > 0 || !endpoint.queue.empty() || endpoint.laps_owed > 0) return;
  if (endpoint.breaker.is_fresh() || endpoints_.size() > limits_.endpoints_max) {
    endpoints_.erase(found);
  }
}

std::optional<domain::Instant> Endpoints::next_probe() const {
  std::optional<domain::Instant> earliest;
  for (const std::string& name : turns_) {
    const Breaker& breaker = endpoints_.at(name).breaker;
    if (!breaker.is_open() || breaker.is_probing()) continue;
    if (!earliest || breaker.open_until() < *earliest) earliest = breaker.open_until();
  }
  return earliest;
}

}  // namespace kassa::callbacks

// What the workers are to do next. They read and sign for all projects, so the order keeps one's
// flood from delaying another's callback.
//
//   replays by hand ───────────▶ first
//   rows to read ──────────────▶ eight, then
//   letters that hold a slot ──▶ one
//
// Whose callback it is shows only when its row is read, so reading must never fall behind: it costs
// some 20 µs, a signature 245, and eight to one shares the time. Letters need no turns of their
// own: no project holds more than half of the slots (endpoints.hpp).
#pragma once

#include <deque>
#include <optional>

#include "callbacks/endpoints.hpp"
#include "callbacks/letter.hpp"

namespace kassa::callbacks {

struct Job {
  domain::RequestId id;
  std::optional<EndpointId> endpoint = {};  // where it holds a slot
  std::int32_t seq = 0;                     // of a replay
  ReplayCall replay = {};
  domain::GatewayId claim = {};  // under which it is tried, once its row is read
};

/// Pure; the owner locks.
class Jobs {
 public:
  void add_replay(Job job) { replays_.push_back(std::move(job)); }
  void add_unread(domain::RequestId id) { unread_.push_back(id); }
  /// Of one that waited for a slot and holds it now.
  void add_started(Job job) { started_.push_back(std::move(job)); }

  [[nodiscard]] std::optional<Job> take();
  void clear();
  [[nodiscard]] bool empty() const {
    return replays_.empty() && unread_.empty() && started_.empty();
  }
  [[nodiscard]] std::size_t unread() const { return unread_.size(); }

 private:
  std::deque<Job> replays_;
  std::deque<domain::RequestId> unread_;
  std::deque<Job> started_;
  int read_in_a_row_ = 0;
};

}  // namespace kassa::callbacks

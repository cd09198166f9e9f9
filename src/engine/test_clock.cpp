// A test project's clock goes forward (docs/test-mode.md): what falls due on the way fires one by
// one, in order, each at its own time, timers that arise on the way too. Then the clock stands
// where it was asked to, and the caller is answered.
//
// Each time the loop comes round, one clock that is on its way goes on by a page of timers, which
// is one transaction; so whoever else wants something is served in between. A crash leaves the
// clock where the last page ended. A second call for the same clock waits until the first has
// arrived, and goes on from there.
//
// Where several gateways share the store, a page locks the clock and begins where it stands then:
// what is counted down is the way, not where it leads to, so that the ways of two gateways add up.
#include <queue>

#include "domain/transition.hpp"
#include "engine/engine.hpp"
#include "ops/log.hpp"

namespace kassa::engine {
namespace {

using domain::AdvanceClock;
using domain::ClockId;
using domain::Duration;
using domain::FireTimer;
using domain::Instant;
using domain::RefusalCode;
using domain::RequestId;
using domain::WorkingSet;
namespace log = ops::log;

constexpr std::size_t kPageMax = 256;

struct Due {
  Instant at;
  RequestId id;

  auto operator<=>(const Due&) const = default;
};
using DueQueue = std::priority_queue<Due, std::vector<Due>, std::greater<>>;

/// How often a page is run when other writers are in its way.
constexpr int kTriesMax = 10;

bool is_conflict(const std::exception& error) {
  const auto* store_error = dynamic_cast<const store::StoreError*>(&error);
  return store_error != nullptr && store_error->kind() == store::StoreError::Kind::conflict;
}

/// The store could not: nobody's fault, and no command's that ran in it.
bool is_of_store(const std::exception& error) {
  const auto* store_error = dynamic_cast<const store::StoreError*>(&error);
  return store_error != nullptr && store_error->kind() != store::StoreError::Kind::constraint;
}

}  // namespace

/// They leave the batch: advancing is a story of many transactions.
void Engine::take_advances(Batch& batch) {
  const auto advances = std::ranges::stable_partition(
      batch, [](const Item& item) { return !std::holds_alternative<AdvanceClock>(item.command); });
  for (Item& item : advances) {
    const ClockId clock{std::get<AdvanceClock>(item.command).project_id.value};
    advances_[clock].emplace_back().item = std::move(item);
  }
  batch.erase(advances.begin(), advances.end());
}

/// A page of the clock whose turn it is.
void Engine::advance_a_clock() {
  if (advances_.empty() || !read_only_reason().empty()) return;
  auto next = advances_.upper_bound(advanced_last_);
  if (next == advances_.end()) next = advances_.begin();
  auto& [clock, waiting] = *next;
  advanced_last_ = clock;
  if (!advance(clock, waiting.front())) return;
  waiting.pop_front();
  if (waiting.empty()) advances_.erase(next);
}

/// True when it is over, and answered.
bool Engine::advance(ClockId clock, Advance& advance) {
  if (!advance.left && !begin_advance(clock, advance)) return true;
  std::optional<RequestId> culprit;
  bool arrived = false;
  try {
    const bool over = go_on(clock, advance, arrived, culprit);
    advance.tries = 0;
    return over;
  } catch (const std::exception& error) {
    writer_->rollback();
    if (is_conflict(error) && ++advance.tries < kTriesMax) {
      log::info("clock_page.again", {{"project_id", clock}, {"why", error.what()}});
      return false;
    }
    if (!arrived && !advance.one_by_one && !is_of_store(error)) {
      log::error("clock_page.rolled_back", {{"project_id", clock}, {"why", error.what()}});
      metrics_.counter(ops::Metric::batches_rolled_back).add();
      advance.one_by_one = true;
      return false;
    }
    fail_advance(advance, error, culprit);
  }
  return true;
}

/// False when there is nothing to begin, and it is answered.
bool Engine::begin_advance(ClockId clock, Advance& advance) {
  if (drop_if_late(advance.item)) return false;
  const auto& command = std::get<AdvanceClock>(advance.item.command);
  const auto* project = config()->project(command.project_id);
  const auto from = live_clock_.last() + Duration{clocks_[clock].offset_ms};
  if (project == nullptr || !project->test || from + command.by > domain::kTestClockEnd) {
    (void)run_alone(std::move(advance.item));  // it is refused there
    return false;
  }
  advance.way = command.by;
  advance.left = command.by;
  return true;
}

/// A page, or the end of the way.
bool Engine::go_on(ClockId clock, Advance& advance, bool& arrived,
                   std::optional<RequestId>& culprit) {
  const ClockPage page =
      fire_clock_page(clock, *advance.left, advance.one_by_one ? 1 : kPageMax, culprit);
  advance.fired += page.fired;
  if (page.more) return false;
  arrived = true;
  culprit.reset();
  if (advance.one_by_one) {
    go_read_only("a test clock's timers broke an invariant together, and none does alone");
  }
  return finish_advance(clock, advance);
}

/// Moves the clock by what the timers left of the way, and answers; false: something is due on it
/// after all, which another gateway had in hand, or made.
bool Engine::finish_advance(ClockId clock, Advance& advance) {
  begin();
  const Instant real_now = live_clock_.tick();
  const Instant target = real_now + lock_clock(clock) + *advance.left;
  if (const auto next = writer_->next_due(clock); next && *next <= target) {
    writer_->rollback();
    writer_->wait_for_due(clock, target);
    return false;
  }
  std::get<AdvanceClock>(advance.item.command).by = *advance.left;
  domain::ConfigPtr config = config_.load();
  WorkingSet ws;
  decide_one(advance.item, ws, config);
  check_invariants(ws);
  writer_->apply(ws, writer_->lane(), real_now);
  commit();
  after_commit(ws, config);
  if (auto& decision = *advance.item.decision; decision.has_value()) {
    std::get<domain::ClockAnswer>(*decision).fired = advance.fired;
  }
  Batch alone;
  alone.push_back(std::move(advance.item));
  finish(alone);
  return true;
}

void Engine::fail_advance(Advance& advance, const std::exception& error,
                          std::optional<RequestId> culprit) {
  if (is_of_store(error)) {
    store_failed(static_cast<const store::StoreError&>(error));
    stop_advance(advance, "the store can't commit now");
    return;
  }
  report_breach(culprit ? domain::Command{FireTimer{*culprit, {}}} : advance.item.command,
                error.what());
  answer(advance.item, std::unexpected(domain::Refusal{
                           RefusalCode::internal_error,
                           "A payment failed on the way and waits for an operator; the clock "
                           "stands before it.",
                           {},
                           false}));
}

/// It ends where it got to; its caller is told how much of the way is left, in whole seconds.
void Engine::stop_advance(Advance& advance, const std::string& why) {
  std::string message = "The clock did not move: " + why + ". Repeat the call.";
  if (advance.left) {
    const auto gone = std::chrono::floor<std::chrono::seconds>(advance.way - *advance.left);
    const auto left = std::chrono::ceil<std::chrono::seconds>(*advance.left);
    message = "The clock stopped on its way, after " + std::to_string(gone.count()) + " s: " + why +
              ". Repeat the call with the " + std::to_string(left.count()) + " s that are left.";
  }
  answer(advance.item,
         std::unexpected(domain::Refusal{RefusalCode::unavailable, std::move(message), {}, false}));
}

void Engine::stop_advances(const std::string& why) {
  for (auto& [clock, waiting] : advances_) {
    for (Advance& advance : waiting) stop_advance(advance, why);
  }
  advances_.clear();
}

/// How far it is ahead, where it stands until this transaction ends.
Duration Engine::lock_clock(ClockId clock) {
  const std::int64_t offset_ms = writer_->lock_clock(clock);
  clocks_[clock].offset_ms = offset_ms;
  return Duration{offset_ms};
}

Engine::ClockPage Engine::fire_clock_page(ClockId clock, Duration& left, std::size_t page_max,
                                          std::optional<RequestId>& culprit) {
  begin();
  const Instant real_now = live_clock_.tick();
  const Duration from = lock_clock(clock);
  const Duration to = from + left;
  const Instant target = real_now + to;
  const auto page = writer_->due_payments(clock, target, page_max);
  if (page.empty()) {
    writer_->rollback();
    return {};
  }
  culprit = page.front().request_id;
  const bool more = page.size() == page_max;
  // Timers that arise on the way count as long as no timer outside this page could come before.
  const Instant bound = more ? page.back().due_at : target;
  DueQueue queue;
  for (const auto& due : page) queue.push({due.due_at, due.request_id});

  const domain::ConfigPtr config = config_.load();
  const domain::Context ctx = context(*config, real_now);
  WorkingSet ws;
  ClockPage done;
  Instant reached{};
  std::size_t steps = 0;
  constexpr std::size_t kStepsMax = kPageMax * 16;
  while (!queue.empty() && queue.top().at <= bound && steps++ < kStepsMax) {
    const Due due = queue.top();
    queue.pop();
    const FireTimer fire{due.id, due.at};
    load_one(fire, ws, ctx);
    const auto decision = domain::decide(fire, ws, ctx);
    KASSA_CHECK(decision.has_value(), "a timer of a test clock was refused, " + due.id.text());
    done.fired += std::get<domain::TimerAnswer>(*decision).fired;
    reached = due.at;
    const auto& next = ws.payments.get(due.id).due_at;
    KASSA_CHECK(!next || *next > due.at, "a timer that does not move on, " + due.id.text());
    if (next) queue.push({*next, due.id});
  }
  // The clock stands at the last timer that fired, so that a crash here repeats nothing; a
  // millisecond is left for the command that moves it by the rest.
  const Duration stands = std::min<Duration>(reached - real_now, to - Duration{1});
  Duration gone{};
  if (ws.clocks.knows(clock) && stands > from) {
    ws.clocks.edit_or_insert({clock, 0}).offset_ms = stands.count();
    gone = stands - from;
  }
  check_invariants(ws);
  writer_->apply(ws, writer_->lane(), real_now);
  commit();
  after_commit(ws, config);
  left -= gone;
  metrics_.counter(ops::Metric::timers_fired).add(static_cast<std::uint64_t>(done.fired));
  done.more = more || steps > kStepsMax || (!queue.empty() && queue.top().at <= bound);
  return done;
}

}  // namespace kassa::engine

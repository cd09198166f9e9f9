// A test project's clock goes forward (docs/test-mode.md): what falls due on the way fires one by
// one, in order, each at its own time, timers that arise on the way too. Then the clock stands
// where it was asked to, and the caller is answered.
//
// A page of timers is one transaction; a crash in between leaves the clock where the last page
// ended.
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

}  // namespace

void Engine::run_clock(Item item) {
  const auto command = std::get<AdvanceClock>(item.command);
  const ClockId clock{command.project_id.value};
  Batch alone;
  alone.push_back(std::move(item));
  std::optional<RequestId> culprit;
  try {
    const auto* project = config()->project(command.project_id);
    const std::int64_t target = clocks_[clock].offset_ms + command.by.count();
    const bool test = project != nullptr && project->test;
    const std::int64_t fired = test ? fire_up_to(clock, target, culprit) : 0;
    culprit.reset();
    finish_clock(alone, target, fired);
  } catch (const std::exception& error) {
    writer_->rollback();
    const auto* store_error = dynamic_cast<const store::StoreError*>(&error);
    if (store_error != nullptr && store_error->kind() != store::StoreError::Kind::constraint) {
      store_failed(*store_error);
      refuse_all(alone, {RefusalCode::unavailable,
                         "The store can't commit now; the clock stands where it got to. Repeat "
                         "the call with what is left.",
                         {},
                         false});
      return;
    }
    report_breach(culprit ? domain::Command{FireTimer{*culprit, {}}} : command, error.what());
    refuse_all(alone, {RefusalCode::internal_error,
                       "A payment failed on the way and waits for an operator; the clock stands "
                       "before it.",
                       {},
                       false});
  }
}

/// Moves the clock by what the timers left of the way, and answers.
void Engine::finish_clock(Batch& alone, std::int64_t target_offset_ms, std::int64_t fired) {
  auto& command = std::get<AdvanceClock>(alone.front().command);
  const ClockId clock{command.project_id.value};
  command.by = Duration{target_offset_ms - clocks_[clock].offset_ms};
  decide_and_commit(alone, /*with_timers=*/false);
  if (auto& decision = *alone.front().decision; decision.has_value()) {
    std::get<domain::ClockAnswer>(*decision).fired = fired;
  }
  finish(alone);
}

/// Page by page; a page that fails is rolled back and its timers fire one by one, so that the one
/// that fails alone is known. Answers how many fired.
std::int64_t Engine::fire_up_to(ClockId clock, std::int64_t target_offset_ms,
                                std::optional<RequestId>& culprit) {
  std::int64_t fired = 0;
  std::size_t page_max = kPageMax;
  for (bool more = true; more;) {
    try {
      const ClockPage page = fire_clock_page(clock, target_offset_ms, page_max, culprit);
      fired += page.fired;
      more = page.more;
    } catch (const std::exception& error) {
      const auto* store_error = dynamic_cast<const store::StoreError*>(&error);
      const bool of_store =
          store_error != nullptr && store_error->kind() != store::StoreError::Kind::constraint;
      if (of_store || page_max == 1) throw;
      writer_->rollback();
      log::error("clock_page.rolled_back", {{"project_id", clock}, {"why", error.what()}});
      metrics_.counter(ops::Metric::batches_rolled_back).add();
      page_max = 1;
    }
  }
  if (page_max == 1) {
    go_read_only("a test clock's timers broke an invariant together, and none does alone");
  }
  return fired;
}

Engine::ClockPage Engine::fire_clock_page(ClockId clock, std::int64_t target_offset_ms,
                                          std::size_t page_max, std::optional<RequestId>& culprit) {
  writer_->begin();
  const Instant real_now = live_clock_.tick();
  const Instant target = real_now + Duration{target_offset_ms};
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
  const std::int64_t offset = std::min((reached - real_now).count(), target_offset_ms - 1);
  if (ws.clocks.knows(clock)) {
    if (ws.clocks.find(clock) == nullptr) ws.clocks.insert({clock, 0});
    if (offset > ws.clocks.get(clock).offset_ms) ws.clocks.edit(clock).offset_ms = offset;
  }
  check_invariants(ws);
  writer_->apply(ws, options_.lane, real_now);
  writer_->commit();
  after_commit(ws, config);
  metrics_.counter(ops::Metric::timers_fired).add(static_cast<std::uint64_t>(done.fired));
  done.more = more || steps > kStepsMax || (!queue.empty() && queue.top().at <= bound);
  return done;
}

}  // namespace kassa::engine

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
using domain::RequestId;
using domain::WorkingSet;

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
  const auto* project = config()->project(command.project_id);
  try {
    std::int64_t fired = 0;
    if (project != nullptr && project->test) {
      const std::int64_t target = clocks_[clock].offset_ms + command.by.count();
      while (fire_clock_page(command, target, fired)) {
      }
      item.command = AdvanceClock{command.project_id, Duration{target - clocks_[clock].offset_ms}};
    }
    Batch batch;
    batch.push_back(std::move(item));
    decide_and_commit(batch, /*with_timers=*/false);
    if (auto& decision = *batch.front().decision; decision.has_value()) {
      std::get<domain::ClockAnswer>(*decision).fired = fired;
    }
    finish(batch);
  } catch (const std::exception& error) {
    writer_->rollback();
    report_breach(command, error.what());
    if (item.completion) {
      item.completion(std::unexpected(domain::Refusal{
          domain::RefusalCode::internal_error, "The clock could not be advanced.", {}, false}));
    }
  }
}

/// Fires one page of what is due up to the target; true while more may be due.
bool Engine::fire_clock_page(const AdvanceClock& command, std::int64_t target_offset_ms,
                             std::int64_t& fired) {
  const ClockId clock{command.project_id.value};
  writer_->begin();
  const Instant real_now = live_clock_.tick();
  const Instant target = real_now + Duration{target_offset_ms};
  const auto page = writer_->due_payments(clock, target, kPageMax);
  const bool more = page.size() == kPageMax;
  // Timers that arise on the way count as long as no timer outside this page could come before.
  const Instant bound = more ? page.back().due_at : target;
  DueQueue queue;
  for (const auto& due : page) queue.push({due.due_at, due.request_id});

  const domain::ConfigPtr config = config_.load();
  const domain::Context ctx = context(*config, real_now);
  WorkingSet ws;
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
    fired += std::get<domain::TimerAnswer>(*decision).fired;
    reached = due.at;
    const auto& next = ws.payments.get(due.id).due_at;
    KASSA_CHECK(!next || *next > due.at || ws.payments.get(due.id).assign_at == due.at,
                "a timer that does not move on, " + due.id.text());
    if (next) queue.push({*next, due.id});
  }
  if (page.empty()) {
    writer_->rollback();
    return false;
  }
  // The clock stands at the last timer that fired, so that a crash here repeats nothing.
  const std::int64_t offset = std::min((reached - real_now).count(), target_offset_ms);
  if (ws.clocks.knows(clock)) {
    if (ws.clocks.find(clock) == nullptr) ws.clocks.insert({clock, 0});
    if (offset > ws.clocks.get(clock).offset_ms) ws.clocks.edit(clock).offset_ms = offset;
  }
  check_invariants(ws);
  writer_->apply(ws, options_.lane, real_now);
  writer_->commit();
  after_commit(ws, config);
  const bool cut_short = steps > kStepsMax || (!queue.empty() && queue.top().at <= bound);
  return more || cut_short;
}

}  // namespace kassa::engine

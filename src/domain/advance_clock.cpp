// A test project's clock goes forward (POST /api/v1/test/clock/advance). Only test projects have
// one; a live project has nothing of that name.
#include "domain/transition.hpp"

namespace kassa::domain {

void reads(const AdvanceClock& command, const WorkingSet& ws, const Context&, Keys& keys) {
  const ClockId id{command.project_id.value};
  name_unknown(ws.clocks, keys.clocks, id);
}

Decision decide(const AdvanceClock& command, WorkingSet& ws, const Context& ctx) {
  const Project* project = ctx.config.project(command.project_id);
  if (project == nullptr || !project->test) {
    return std::unexpected(
        Refusal{RefusalCode::not_found, "Only a test project has a clock of its own.", {}, false});
  }
  KASSA_CHECK(command.by.count() > 0, "a test clock goes forward only");
  const ClockId id = project->clock();
  if (now_of(ws, ctx, id) + command.by > kTestClockEnd) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "A test clock goes no further than 2106-01-01.", std::nullopt,
                                   false});
  }
  auto& clock = ws.clocks.edit_or_insert({id, 0});
  clock.offset_ms = checked_add(clock.offset_ms, command.by.count());
  return ClockAnswer{now_of(ws, ctx, id), 0};
}

}  // namespace kassa::domain

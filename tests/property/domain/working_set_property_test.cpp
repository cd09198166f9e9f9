// Whatever a refused command did, a rollback leaves the working set as it was; and what fees may
// never do, tried with random numbers.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

constexpr std::uint64_t kClocks = 12;
constexpr std::uint64_t kLoaded = 8;  // of these the first half is stored

/// All that a rollback must bring back.
struct Snapshot {
  std::map<ClockId, std::tuple<std::int64_t, bool>> rows;  // offset, changed
  std::map<AccountId, std::tuple<std::int64_t, bool>> balances;
  std::size_t events = 0, transfers = 0, attempts = 0, settings = 0;
  ConfigPtr config;

  bool operator==(const Snapshot&) const = default;
};

Snapshot snapshot(const WorkingSet& ws) {
  Snapshot now;
  for (const auto& [id, entry] : ws.clocks.entries()) {
    if (entry.row) now.rows[id] = {entry.row->offset_ms, entry.changed};
  }
  for (const auto& [id, entry] : ws.accounts.entries()) {
    if (entry.row) now.balances[id] = {entry.row->balance, entry.changed};
  }
  now.events = ws.events().size();
  now.transfers = ws.transfers().size();
  now.attempts = ws.attempts().size();
  now.settings = ws.config_change().settings.size();
  now.config = ws.config_change().config;
  return now;
}

AccountId account(std::uint64_t n) {
  return {AccountKind::available, id_of<ProjectId>(n).value, kzt};
}

/// One edit, insert or append, chosen by two numbers.
void change_something(WorkingSet& ws, std::uint64_t what, std::uint64_t which) {
  const auto id = id_of<ClockId>(1 + which % kClocks);
  switch (what % 7) {
    case 0:
    case 1:
      if (!ws.clocks.knows(id)) ws.clocks.put_loaded(id, std::nullopt);
      if (ws.clocks.find(id) == nullptr) {
        ws.clocks.insert({id, static_cast<std::int64_t>(which)});
      } else {
        ws.clocks.edit(id).offset_ms += static_cast<std::int64_t>(what) + 1;
      }
      return;
    case 2:
      ws.accounts.edit(account(which % 3)).balance -= 1;
      return;
    case 3:
      ws.append(PaymentEvent{});
      return;
    case 4:
      ws.append(Transfer{});
      return;
    case 5:
      ws.append(DeliveryAttempt{});
      return;
    default:
      ws.change_config({{{"project", "x", std::to_string(which)}, "v"}},
                       std::make_shared<const Config>());
  }
}

void load(WorkingSet& ws) {
  for (std::uint64_t n = 1; n <= kLoaded; ++n) {
    const auto id = id_of<ClockId>(n);
    ws.clocks.put_loaded(id, n <= kLoaded / 2 ? std::optional(TestClock{id, 100}) : std::nullopt);
  }
  for (std::uint64_t n = 0; n < 3; ++n) ws.accounts.put_loaded(account(n), Account{account(n), 5});
}

RC_GTEST_PROP(WorkingSetProperties, ARollbackLeavesWhatWasThereAtItsMark,
              (const std::vector<std::uint16_t>& kept, const std::vector<std::uint16_t>& undone)) {
  WorkingSet ws;
  load(ws);
  for (const auto n : kept) change_something(ws, n, n / 7);
  const Snapshot before = snapshot(ws);
  const std::size_t mark = ws.mark();
  for (const auto n : undone) change_something(ws, n, n / 7);
  ws.rollback(mark);
  RC_ASSERT(snapshot(ws) == before);
  ws.rollback(0);
  WorkingSet untouched;
  load(untouched);
  RC_ASSERT(snapshot(ws) == snapshot(untouched));
}

RC_GTEST_PROP(WorkingSetProperties, NestedMarksAreTakenBackOneByOne,
              (const std::vector<std::uint16_t>& changes)) {
  WorkingSet ws;
  load(ws);
  std::vector<std::pair<std::size_t, Snapshot>> marks;
  for (const auto n : changes) {
    marks.emplace_back(ws.mark(), snapshot(ws));
    change_something(ws, n, n / 7);
  }
  for (auto at = marks.rbegin(); at != marks.rend(); ++at) {
    ws.rollback(at->first);
    RC_ASSERT(snapshot(ws) == at->second);
  }
}

RC_GTEST_PROP(FeeProperties, AreNeverAboveTheAmountAndNeverMoreThanHalfAUnitOff, ()) {
  const auto amount = *rc::gen::inRange<std::int64_t>(0, kAmountMinorMax + 1);
  const auto points = *rc::gen::inRange<std::int64_t>(0, 10'001);
  const auto fixed = *rc::gen::inRange<std::int64_t>(0, 1'000'000);
  const std::int64_t fee = fee_of({amount, kzt}, {points, fixed}).minor;
  RC_ASSERT(fee >= 0 && fee <= amount);
  if (fee < amount) {
    // |fee − fixed − exact| ≤ ½, in ten-thousandths: no rounding here to agree with by accident.
    __extension__ typedef __int128 Wide;
    const Wide off = (static_cast<Wide>(fee) - fixed) * 10'000 - static_cast<Wide>(amount) * points;
    RC_ASSERT(off >= -5'000 && off <= 5'000);
    if (off == 5'000 || off == -5'000) RC_ASSERT((fee - fixed) % 2 == 0);
  }
}

RC_GTEST_PROP(FeeProperties, OfHalvesAreEven, ()) {
  const auto odd = 2 * *rc::gen::inRange<std::int64_t>(0, 1'000'000) + 1;
  const std::int64_t fee = fee_of({odd * 50, kzt}, {100, 0}).minor;  // odd halves of a unit
  RC_ASSERT(fee % 2 == 0);
}

RC_GTEST_PROP(UuidProperties, TextAndBytesAreOneToOne,
              (const std::array<std::uint8_t, 16>& bytes)) {
  const Uuid uuid{bytes};
  RC_ASSERT(Uuid::parse(uuid.text()) == uuid);
}

RC_GTEST_PROP(UuidProperties, Version7SortsByItsMillisecond,
              (const std::array<std::uint8_t, 10>& a, const std::array<std::uint8_t, 10>& b)) {
  const auto first = *rc::gen::inRange<std::int64_t>(0, 1LL << 47);
  const auto gap = *rc::gen::inRange<std::int64_t>(1, 1'000'000);
  RC_ASSERT(make_uuid_v7(first, a).text() < make_uuid_v7(first + gap, b).text());
}

RC_GTEST_PROP(QueueProperties, AreReadBackAsTheyWereWritten,
              (const std::vector<std::pair<std::uint16_t, bool>>& entries)) {
  std::vector<QueuedCallback> queue;
  for (const auto& [seq, final] : entries) queue.push_back({seq, final});
  RC_ASSERT(parse_queue(text(queue)) == queue);
}

}  // namespace
}  // namespace kassa::domain::test

#include "callbacks/scan.hpp"

namespace kassa::callbacks {
namespace {

constexpr std::size_t kPage = 1'000;

/// A batch is committed that much later than it began, at most, as a rule; and gateways' clocks
/// differ by less.
constexpr domain::Duration kTrail{5'000};

/// Moves `place` behind the last one that was taken.
Scan::Went walk(OutboxReader& reader, store::DueDelivery& place, domain::Instant now,
                const Scan::Take& take) {
  const auto page = reader.due(place, now, kPage);
  for (const store::DueDelivery& due : page) {
    if (!take(due)) return Scan::Went::nowhere;
    place = due;
  }
  return page.size() < kPage ? Scan::Went::to_the_end : Scan::Went::on;
}

}  // namespace

Scan::Went Scan::follow(OutboxReader& reader, domain::Instant now, const Take& take) {
  return walk(reader, front_, now, take);
}

Scan::Went Scan::follow_behind(OutboxReader& reader, domain::Instant now, const Take& take) {
  return walk(reader, trail_, now - kTrail, take);
}

Scan::Went Scan::go_on_with_lap(OutboxReader& reader, domain::Instant now, const Take& take) {
  const Went went = walk(reader, lap_, now, take);
  if (went == Went::to_the_end) lap_ = {};
  return went;
}

std::optional<domain::Instant> Scan::next_due(OutboxReader& reader) const {
  return reader.next_due(front_.next_try_at);
}

}  // namespace kassa::callbacks

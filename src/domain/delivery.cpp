#include "domain/delivery.hpp"

namespace kassa::domain {
namespace {

/// While the first is an intermediate callback that failed often enough and a later one waits, it
/// is not sent any more: it is kept, replayable, and in the events feed.
void supersede(WorkingSet& ws, const Context& ctx, Delivery& delivery) {
  const auto limit = ctx.schedule.supersede_after;
  if (delivery.queue.size() < 2 || delivery.queue.front().final || delivery.failed_tries < limit) {
    return;
  }
  DeliveryAttempt skipped;
  skipped.request_id = delivery.request_id;
  skipped.seq = delivery.queue.front().seq;
  skipped.at = ctx.real_now;
  skipped.result = AttemptResult::superseded;
  ws.append(std::move(skipped));
  delivery.queue.erase(delivery.queue.begin());
  delivery.failed_tries = 0;
  delivery.next_try_at = ctx.real_now;
}

void drop_first(const Context& ctx, Delivery& delivery) {
  delivery.queue.erase(delivery.queue.begin());
  delivery.failed_tries = 0;
  delivery.next_try_at = ctx.real_now;
  delivery.state = delivery.queue.empty() ? DeliveryState::idle : DeliveryState::waiting;
  if (delivery.queue.empty()) delivery.claimed_by = {};
}

}  // namespace

std::optional<Duration> gap_after(const DeliverySchedule& schedule, std::int32_t failed_tries,
                                  RequestId id, std::int32_t seq) {
  KASSA_CHECK(failed_tries >= 1, "a gap after no try");
  const auto place = static_cast<std::size_t>(failed_tries - 1);
  if (place >= schedule.gaps_s.size()) return std::nullopt;
  const std::int64_t gap_ms = schedule.gaps_s[place] * 1000;
  // splitmix64 over what names this try.
  std::uint64_t x = UuidHash{}(id.value) + static_cast<std::uint64_t>(seq) * 1'000'003U +
                    static_cast<std::uint64_t>(failed_tries) * 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  x ^= x >> 31;
  const std::int64_t span = gap_ms * schedule.jitter_percent / 100;  // to either side
  const auto width = static_cast<std::uint64_t>(2 * span + 1);
  return Duration{gap_ms - span + static_cast<std::int64_t>(x % width)};
}

void enqueue_callback(WorkingSet& ws, const Context& ctx, const PaymentEvent& event) {
  if (ws.deliveries.find(event.request_id) == nullptr) {
    Delivery fresh;
    fresh.request_id = event.request_id;
    ws.deliveries.insert(std::move(fresh));
  }
  auto& delivery = ws.deliveries.edit(event.request_id);
  delivery.queue.push_back({event.seq, is_final(event.to)});
  if (delivery.state == DeliveryState::idle) {
    delivery.state = DeliveryState::waiting;
    delivery.failed_tries = 0;
    delivery.next_try_at = ctx.real_now;
    delivery.claimed_by = ctx.gateway;
  }
  supersede(ws, ctx, delivery);
}

void apply_attempt(WorkingSet& ws, const Context& ctx, DeliveryAttempt attempt, GatewayId claim) {
  const RequestId id = attempt.request_id;
  const Delivery* stored = ws.deliveries.find(id);
  const bool of_queue = !attempt.replay && stored != nullptr &&
                        stored->state == DeliveryState::waiting && stored->claimed_by == claim &&
                        stored->queue.front().seq == attempt.seq;
  if (!of_queue) {
    ws.append(std::move(attempt));
    return;
  }
  auto& delivery = ws.deliveries.edit(id);
  if (attempt.result == AttemptResult::delivered || attempt.result == AttemptResult::no_url) {
    ws.append(std::move(attempt));
    drop_first(ctx, delivery);
    return;
  }
  ++delivery.failed_tries;
  const auto gap = gap_after(ctx.schedule, delivery.failed_tries, id, attempt.seq);
  attempt.result = gap ? AttemptResult::failed : AttemptResult::parked;
  ws.append(std::move(attempt));
  if (!gap) {
    drop_first(ctx, delivery);
    return;
  }
  delivery.next_try_at = ctx.real_now + *gap;
  supersede(ws, ctx, delivery);
  // What goes at once stays whose it was: nobody else looks for it.
  if (delivery.next_try_at > ctx.real_now) delivery.claimed_by = {};
}

bool may_claim(const WorkingSet& ws, const Delivery* delivery, GatewayId gateway) {
  if (delivery == nullptr || delivery->state != DeliveryState::waiting) return false;
  const GatewayId holder = delivery->claimed_by;
  return holder.is_nil() || holder == gateway || !ws.gateways_alive.at(holder);
}

}  // namespace kassa::domain

// What became of one try to tell an event (wire §9). A replay by hand is exempt from the order.
#include "domain/delivery.hpp"

namespace kassa::domain {

void reads(const ReportDelivery& command, const WorkingSet& ws, const Context&, Keys& keys) {
  const RequestId id = command.attempt.request_id;
  if (!ws.deliveries.knows(id)) keys.deliveries.push_back(id);
}

Decision decide(const ReportDelivery& command, WorkingSet& ws, const Context& ctx) {
  apply_attempt(ws, ctx, command.attempt, command.claim);
  return Done{};
}

}  // namespace kassa::domain

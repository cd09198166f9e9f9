// A gateway takes upon itself to tell what waits of a payment: what nobody has claimed, or somebody
// who is not alive any more. The row is locked first, and only then is it asked who is alive:
// whoever has claimed the row had a lease before, and one that has ended never comes back.
#include "domain/delivery.hpp"

namespace kassa::domain {

void reads(const ClaimDelivery& command, const WorkingSet& ws, const Context&, Keys& keys) {
  if (!ws.deliveries.knows(command.request_id)) {
    keys.deliveries.push_back(command.request_id);
    return;
  }
  const Delivery* delivery = ws.deliveries.find(command.request_id);
  if (delivery == nullptr) return;
  const GatewayId holder = delivery->claimed_by;
  if (holder.is_nil() || holder == command.gateway) return;
  if (!ws.gateways_alive.contains(holder)) keys.gateways.push_back(holder);
}

Decision decide(const ClaimDelivery& command, WorkingSet& ws, const Context&) {
  const Delivery* delivery = ws.deliveries.find(command.request_id);
  if (!may_claim(ws, delivery, command.gateway)) {
    return std::unexpected(Refusal{
        RefusalCode::conflict, "Nothing waits, or another gateway tells it.", std::nullopt, false});
  }
  if (delivery->claimed_by != command.gateway) {
    ws.deliveries.edit(command.request_id).claimed_by = command.gateway;
  }
  return Done{};
}

}  // namespace kassa::domain

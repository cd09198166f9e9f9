#include "callbacks/store_outbox.hpp"

#include <algorithm>

namespace kassa::callbacks {
namespace {

class StoreOutboxReader final : public OutboxReader {
 public:
  explicit StoreOutboxReader(std::unique_ptr<store::Reader> reader) : reader_(std::move(reader)) {}

  std::vector<store::DueDelivery> due(const store::DueDelivery& after, domain::Instant until,
                                      std::size_t limit) override {
    return reader_->due_deliveries(after, until, limit);
  }

  std::optional<domain::Instant> next_due(domain::Instant after) override {
    return reader_->next_delivery(after);
  }

  std::optional<NextCallback> first_due(domain::RequestId id, domain::Instant now) override {
    const auto delivery = reader_->delivery(id);
    if (!delivery || delivery->state != domain::DeliveryState::waiting || delivery->queue.empty() ||
        delivery->next_try_at > now) {
      return std::nullopt;
    }
    return NextCallback{delivery->queue.front().seq, delivery->next_try_at, delivery->claimed_by};
  }

  std::optional<Told> event(domain::RequestId id, std::int32_t seq) override {
    auto event = reader_->event(id, seq);
    auto view = reader_->payment(id);
    if (!event || !view) return std::nullopt;
    Told told{std::move(view->payment), std::move(*event), std::nullopt};
    if (!domain::shows_requisites(told.event.to)) return told;
    // An operator's retry may have given the payment other requisites since.
    if (view->requisites && view->requisites->id == told.event.requisites_id) {
      told.requisites = std::move(view->requisites);
    } else {
      told.requisites = reader_->requisites(told.event.requisites_id);
    }
    return told;
  }

 private:
  std::unique_ptr<store::Reader> reader_;
};

}  // namespace

std::unique_ptr<OutboxReader> StoreOutbox::open_reader() {
  return std::make_unique<StoreOutboxReader>(store_.open_reader());
}

domain::Instant StoreOutbox::now() const {
  // The live clock ticks with the loop only, and the system's may stand behind it.
  return std::max(engine_.live_now(), clock_.now());
}

void StoreOutbox::claim(domain::RequestId id, OnClaimed claimed) {
  const domain::GatewayId gateway = lease_.id();
  if (gateway.is_nil()) {
    claimed(Claimed::not_now);
    return;
  }
  engine_.submit(domain::ClaimDelivery{id, gateway}, engine::Source::delivery,
                 [claimed = std::move(claimed)](domain::Decision&& decision) mutable {
                   if (decision.has_value()) {
                     claimed(Claimed::ours);
                   } else {
                     const bool decided = decision.error().code == domain::RefusalCode::conflict;
                     claimed(decided ? Claimed::others : Claimed::not_now);
                   }
                 });
}

void StoreOutbox::report(domain::DeliveryAttempt attempt, domain::GatewayId claim,
                         Reported reported) {
  engine_.submit(domain::ReportDelivery{std::move(attempt), claim}, engine::Source::delivery,
                 [reported = std::move(reported)](domain::Decision&& decision) mutable {
                   reported(decision.has_value());
                 });
}

}  // namespace kassa::callbacks

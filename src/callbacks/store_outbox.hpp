// The outbox over the store and the loop: reads pass neither the queue nor the writer, claims and
// reports are commands like any other (domain/claim_delivery.cpp and report_delivery.cpp decide
// what they come to).
#pragma once

#include "callbacks/outbox.hpp"
#include "engine/engine.hpp"
#include "ops/clock.hpp"
#include "store/store.hpp"

namespace kassa::callbacks {

class StoreOutbox final : public Outbox {
 public:
  /// All four must outlive this.
  StoreOutbox(store::Store& store, engine::Engine& engine, const engine::Lease& lease,
              const ops::Clock& clock)
      : store_(store), engine_(engine), lease_(lease), clock_(clock) {}

  std::unique_ptr<OutboxReader> open_reader() override;
  [[nodiscard]] domain::ConfigPtr config() const override { return engine_.config(); }
  [[nodiscard]] domain::Instant now() const override;
  [[nodiscard]] bool is_shared() const override { return lease_.is_shared(); }
  [[nodiscard]] engine::Whose whose(domain::RequestId id,
                                    domain::GatewayId claimed_by) const override {
    return lease_.whose(id, claimed_by);
  }
  [[nodiscard]] bool holds(domain::GatewayId claim) const override { return lease_.holds(claim); }
  void claim(domain::RequestId id, OnClaimed claimed) override;
  void report(domain::DeliveryAttempt attempt, domain::GatewayId claim, Reported reported) override;

 private:
  store::Store& store_;
  engine::Engine& engine_;
  const engine::Lease& lease_;
  const ops::Clock& clock_;
};

}  // namespace kassa::callbacks

// The outbox over the store and the loop: reads pass neither the queue nor the writer, reports are
// commands like any other (domain/report_delivery.cpp decides what they come to).
#pragma once

#include "callbacks/outbox.hpp"
#include "engine/engine.hpp"
#include "ops/clock.hpp"
#include "store/store.hpp"

namespace kassa::callbacks {

class StoreOutbox final : public Outbox {
 public:
  /// All three must outlive this.
  StoreOutbox(store::Store& store, engine::Engine& engine, const ops::Clock& clock)
      : store_(store), engine_(engine), clock_(clock) {}

  std::unique_ptr<OutboxReader> open_reader() override;
  [[nodiscard]] domain::ConfigPtr config() const override { return engine_.config(); }
  [[nodiscard]] domain::Instant now() const override;
  void report(domain::DeliveryAttempt attempt, Reported reported) override;

 private:
  store::Store& store_;
  engine::Engine& engine_;
  const ops::Clock& clock_;
};

}  // namespace kassa::callbacks

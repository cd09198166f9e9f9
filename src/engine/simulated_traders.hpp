// Test mode's traders: they make requisites on demand, so that load never starves. The numbers are
// random and belong to nobody's range of real cards; they are sealed like real ones.
#pragma once

#include "domain/commands.hpp"
#include "ops/key_ring.hpp"

namespace kassa::engine {

/// Used by the loop's thread only.
class SimulatedTraders final : public domain::Minter {
 public:
  explicit SimulatedTraders(const ops::KeyRing& ring) : ring_(ring) {}

  [[nodiscard]] domain::Requisites simulated_requisites(const domain::Payment& payin,
                                                        const domain::Config& config,
                                                        domain::Instant now) override;

 private:
  const ops::KeyRing& ring_;
};

}  // namespace kassa::engine

// Finds in the store what waits and nobody woke the deliverer for: retries whose time has come,
// what waited while the process was down, what was turned away because its endpoint's queue was
// full.
//
//   earliest                                                                    now
//      ├───────────── lap ▶ ──────────────────────── (trail ▶) ──── front ▶ ────┤
//
//   front   follows the time: what falls due is seen once and at once, whatever waits behind it
//   trail   follows some seconds later, where other gateways queue too: what they commit shows when
//           the front may have passed its time
//   lap     goes over all that is due, from the earliest on, and only while there is a reason to
//
// Hazard: the earliest due rows, asked for again and again, are those of a dead endpoint as soon as
// enough of them wait, and hide everybody else's.
#pragma once

#include <functional>

#include "callbacks/outbox.hpp"

namespace kassa::callbacks {

/// Of one thread. A call looks at one page, so that it is short however much waits.
class Scan {
 public:
  /// False: there is no room now. The scan stops before this id and goes on with it.
  using Take = std::function<bool(const store::DueDelivery&)>;
  enum class Went { on, to_the_end, nowhere };  // nowhere: there was no room

  /// What is due already is left to the first lap.
  explicit Scan(domain::Instant now) : front_{now, {}}, trail_{now, {}} {}

  [[nodiscard]] Went follow(OutboxReader& reader, domain::Instant now, const Take& take);
  [[nodiscard]] Went follow_behind(OutboxReader& reader, domain::Instant now, const Take& take);
  /// At the end the next lap begins at the earliest again.
  [[nodiscard]] Went go_on_with_lap(OutboxReader& reader, domain::Instant now, const Take& take);
  /// When the next one falls due that the front has not seen.
  [[nodiscard]] std::optional<domain::Instant> next_due(OutboxReader& reader) const;

 private:
  store::DueDelivery front_;
  store::DueDelivery trail_;
  store::DueDelivery lap_;
};

}  // namespace kassa::callbacks

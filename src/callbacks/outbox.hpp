// What the deliverer needs from the rest of Kassa, and nothing more: which callbacks wait, whose
// they are, what they tell, and somebody to report to. `StoreOutbox` (store_outbox.hpp) is the real
// one; tests bring their own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "domain/config.hpp"
#include "domain/payment.hpp"
#include "domain/requisites.hpp"
#include "engine/lease.hpp"
#include "store/store.hpp"

namespace kassa::callbacks {

/// One event and the rows that its callback is made of.
struct Told {
  domain::Payment payment;
  domain::PaymentEvent event;
  std::optional<domain::Requisites> requisites;  // the event's
};

/// The callback of a payment that goes next.
struct NextCallback {
  std::int32_t seq = 0;
  domain::Instant due_at;
  domain::GatewayId claimed_by;
};

enum class Claimed : std::uint8_t {
  ours,
  others,   // somebody else was first, or nothing waits any more
  not_now,  // it could not be taken now
};

/// For one thread.
class OutboxReader {
 public:
  virtual ~OutboxReader() = default;

  /// Payments behind `after` whose next try is due at or before `until`, earliest first.
  virtual std::vector<store::DueDelivery> due(const store::DueDelivery& after,
                                              domain::Instant until, std::size_t limit) = 0;
  /// When the next try of those is due that are due later than `after`.
  virtual std::optional<domain::Instant> next_due(domain::Instant after) = 0;
  /// The callback that goes next, if one waits and its time has come.
  virtual std::optional<NextCallback> first_due(domain::RequestId id, domain::Instant now) = 0;
  virtual std::optional<Told> event(domain::RequestId id, std::int32_t seq) = 0;
};

/// Thread-safe.
class Outbox {
 public:
  /// True: the report is stored. False: it could not be taken now, repeat it.
  using Reported = std::move_only_function<void(bool stored)>;
  using OnClaimed = std::move_only_function<void(Claimed)>;

  virtual ~Outbox() = default;

  virtual std::unique_ptr<OutboxReader> open_reader() = 0;
  [[nodiscard]] virtual domain::ConfigPtr config() const = 0;
  /// The time that `next_try_at` is compared with.
  [[nodiscard]] virtual domain::Instant now() const = 0;
  /// Whether others have the store open too, and queue callbacks that this one has to look for.
  [[nodiscard]] virtual bool is_shared() const = 0;
  [[nodiscard]] virtual engine::Whose whose(domain::RequestId id,
                                            domain::GatewayId claimed_by) const = 0;
  /// Whether what is ours under this claim may be told now.
  [[nodiscard]] virtual bool holds(domain::GatewayId claim) const = 0;
  // Both are answered once, on any thread, perhaps before they return.
  virtual void claim(domain::RequestId id, OnClaimed claimed) = 0;
  virtual void report(domain::DeliveryAttempt attempt, domain::GatewayId claim,
                      Reported reported) = 0;
};

}  // namespace kassa::callbacks

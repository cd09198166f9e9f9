// The rows of a payment: itself, its key, its events, the delivery of its callbacks.
//
// They are plain data. Only `transition()` (domain/transition.hpp) changes a Payment's state.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/lifecycle.hpp"
#include "domain/money.hpp"
#include "domain/states.hpp"
#include "domain/time.hpp"
#include "domain/uuid.hpp"

namespace kassa::domain {

/// Personal data of one row, sealed with the key ring before it came here (never plain text).
using Sealed = std::string;

/// What a simulated counterparty of test mode will say next (domain/simulation.hpp).
enum class Word : std::uint8_t {
  none = 0,
  money_exact = 1,  // the asked amount arrives
  money_half = 2,   // half of it arrives
  settle_half = 3,  // the operator settles with what arrived
  fault = 4,        // something of ours breaks
  paid_out = 5,     // the trader has paid the receiver
  wrong_requisites = 6,
  pay_failed = 7,
  hand_back = 8,
};

/// Which callback URLs a payment brought itself; for the others the project's defaults hold.
struct OwnUrls {
  bool intermediate = false;
  bool success = false;
  bool decline = false;

  bool operator==(const OwnUrls&) const = default;
};

struct Payment {
  RequestId request_id;
  ProjectId project_id;
  ClockId clock;  // nil: real time; else the test project's own clock
  PaymentKind kind = PaymentKind::payin;
  std::string payment_id;

  State state = state::new_;
  std::string status_description;  // empty: null on the wire
  std::int64_t amount = 0;         // what counts now (wire §8.4), minor units
  std::int64_t old_amount = 0;
  std::int64_t initial_amount = 0;
  Currency currency;
  std::string method;          // of a widget: preselected, then chosen; empty until then
  std::string payment_system;  // empty: null
  std::string widget_method;
  std::string bank_symbol;  // the bank to be paid to, empty: any
  bool chosen = false;      // of a widget: the payer has chosen method and bank
  std::string pool;         // which requisites may serve it
  FeeRule fee;              // the project's rule when it was created

  std::int32_t lifetime_s = 0;
  Instant created_at;
  Instant updated_at;
  Instant expires_at;                // whole second: created + lifetime; a payout's: its creation
  std::optional<Instant> window_at;  // when the window of the current state ends
  std::optional<Instant> assign_at;  // the next try to find requisites
  std::optional<Instant> word_at;    // when the simulated counterparty speaks
  Word word = Word::none;
  std::optional<Instant> due_at;  // the earliest of them that counts now: the timer index

  TraderId trader_id;               // nil until assigned
  RequisitesId requisites_id;       // nil until assigned
  std::int32_t assigned_day = 0;    // calendar day in the requisites' zone, days since 1970-01-01
  std::int64_t exposed = 0;         // what it holds of the trader's credit now
  std::int64_t day_counted = 0;     // what it holds of the requisites' day sum now
  std::int64_t settled_amount = 0;  // what the ledger has posted for it
  std::int64_t settled_fee = 0;
  std::int32_t corrections = 0;  // how many corrections were posted
  std::int32_t assign_tries = 0;
  std::int64_t held = 0;        // of a payout: locked for it now, amount and fee
  std::int32_t orders = 0;      // of a payout: the number of the latest order
  std::int32_t hand_backs = 0;  // of a payout
  std::int32_t unread = 0;      // notices attached to it that nobody has looked at
  bool was_confirmed = false;   // was in `paid` once
  bool was_appealed = false;
  bool frozen = false;  // answers 503 until `kassa resume REQUEST_ID`
  OwnUrls own_urls;
  std::int32_t last_event = 0;  // seq of its newest event
  Sealed details;               // sender, customer, URLs, description (domain/details.hpp)

  // Of a payout: what the receiver's bank gave back, and by how many settlements.
  std::int64_t returned_amount = 0;
  std::int32_t returns = 0;

  std::int32_t receipts = 0;  // how many the payer has shown

  [[nodiscard]] const RequestId& key() const { return request_id; }
};

/// A widget's payer has still to say how they pay (wire §7): until then nobody is looked for.
[[nodiscard]] constexpr bool awaits_choice(const Payment& payment) {
  return payment.kind == PaymentKind::widget && !payment.chosen;
}

/// The merchant's name of a payment, unique for ever inside its project.
struct PaymentKeyId {
  ProjectId project_id;
  std::string payment_id;  // compared byte for byte

  bool operator==(const PaymentKeyId&) const = default;
};

/// A keyed hash of what a create said, so that the same call again is told from another one.
struct ContentHash {
  std::uint32_t key_id = 0;
  std::array<std::uint8_t, 32> hash{};

  bool operator==(const ContentHash&) const = default;
};

struct PaymentKey {
  PaymentKeyId id;
  RequestId request_id;
  PaymentKind kind = PaymentKind::payin;
  ContentHash content;

  [[nodiscard]] const PaymentKeyId& key() const { return id; }
};

/// Who did something.
enum class ActorKind : std::uint8_t {
  merchant = 1,
  payer = 2,
  trader = 3,
  operator_ = 4,
  timer = 5,
  simulator = 6,
  kassa = 7,
};
[[nodiscard]] constexpr std::string_view name(ActorKind kind) {
  switch (kind) {
    case ActorKind::merchant:
      return "merchant";
    case ActorKind::payer:
      return "payer";
    case ActorKind::trader:
      return "trader";
    case ActorKind::operator_:
      return "operator";
    case ActorKind::timer:
      return "timer";
    case ActorKind::simulator:
      return "simulator";
    case ActorKind::kassa:
      return "kassa";
  }
  return "unknown";
}

struct Actor {
  ActorKind kind = ActorKind::kassa;
  std::string name;  // an operator's or trader's name; empty otherwise
  Sealed note{};     // what they wrote beside it: kept with the events of what they did
};

/// One change of one payment: append-only, the outbox of callbacks and the merchants' feed. It
/// holds what was true at the change, so a callback that goes out late still says that (wire §9).
struct PaymentEvent {
  RequestId request_id;
  std::int32_t seq = 0;  // 1, 2, 3 … within the payment
  Instant at;
  Cause cause = Cause::created;
  Actor actor;
  State from;
  State to;
  std::string status_description;
  std::int64_t amount = 0;
  std::int64_t old_amount = 0;
  std::string method;
  std::string widget_method;
  RequisitesId requisites_id;
  std::string reason;     // why, for operators: the rule, the counts of a routing miss, a note
  bool callback = false;  // told to the merchant
};

enum class DeliveryState : std::uint8_t {
  idle = 0,     // nothing waits
  waiting = 1,  // the first of `queue` is to be sent at `next_try_at`
};

struct QueuedCallback {
  std::int32_t seq = 0;  // the event's
  bool final = false;    // never superseded

  bool operator==(const QueuedCallback&) const = default;
};

/// The one row that says which callback of a payment goes next: order by construction.
struct Delivery {
  RequestId request_id;
  DeliveryState state = DeliveryState::idle;
  std::vector<QueuedCallback> queue;  // oldest first; a handful at most
  std::int32_t failed_tries = 0;      // of the first
  Instant next_try_at;                // real time, in every mode
  GatewayId claimed_by;  // who tells it (delivery.hpp); nil: nobody yet, or the only one

  [[nodiscard]] const RequestId& key() const { return request_id; }
};

/// "4 5 7!": the sequence numbers, a final one marked. How the queue is stored.
[[nodiscard]] std::string text(const std::vector<QueuedCallback>& queue);
[[nodiscard]] std::vector<QueuedCallback> parse_queue(std::string_view text);

enum class AttemptResult : std::uint8_t {
  delivered = 1,
  failed = 2,
  superseded = 3,  // a later callback waited and this one had failed three times: not sent any more
  parked = 4,      // the last try of the schedule failed
  no_url = 5,      // nobody to tell: events feed only
};
[[nodiscard]] constexpr std::string_view name(AttemptResult result) {
  switch (result) {
    case AttemptResult::delivered:
      return "delivered";
    case AttemptResult::failed:
      return "failed";
    case AttemptResult::superseded:
      return "superseded";
    case AttemptResult::parked:
      return "parked";
    case AttemptResult::no_url:
      return "no_url";
  }
  return "unknown";
}

/// One try to tell one event, kept for the operator.
struct DeliveryAttempt {
  RequestId request_id;
  std::int32_t seq = 0;
  std::int32_t attempt =
      0;  // 1, 2, 3 … over all tries of the event, replays included: by the store
  Instant at;
  AttemptResult result = AttemptResult::failed;
  std::int32_t http_status = 0;  // 0: no answer
  std::int32_t duration_ms = 0;
  bool replay = false;
  std::string excerpt;  // of the answer or error, ≤ 256 bytes, long digit runs masked
};

}  // namespace kassa::domain

template <>
struct std::hash<kassa::domain::PaymentKeyId> {
  std::size_t operator()(const kassa::domain::PaymentKeyId& id) const noexcept {
    return std::hash<std::string>{}(id.payment_id) ^
           std::hash<kassa::domain::ProjectId>{}(id.project_id);
  }
};

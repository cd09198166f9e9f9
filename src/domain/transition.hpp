// The one funnel through which a payment changes: edge, amounts, windows, holds, postings, event
// and callback, in one place and always together.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "domain/commands.hpp"

namespace kassa::domain {

/// One change of one payment: why, by whom, when, and the amount that counts from now on.
struct Change {
  Cause cause = Cause::created;
  Actor actor;
  Instant at;                              // of the payment's clock
  std::string reason;                      // for operators
  std::optional<std::int64_t> new_amount;  // sets `amount`, and `old_amount` by wire §8.4
};

/// Follows the edge (state, cause), or refuses with 409 and changes nothing.
[[nodiscard]] std::expected<void, Refusal> transition(WorkingSet& ws, const Context& ctx,
                                                      RequestId id, const Change& change);

/// Money for a payin: picks the edge by state and amount (wire §8.1, §8.4), then `transition`.
[[nodiscard]] std::expected<void, Refusal> see_money(WorkingSet& ws, const Context& ctx,
                                                     RequestId id, std::int64_t amount,
                                                     const Actor& actor, Instant at,
                                                     const std::string& reason);

/// Begins the search for requisites of a payin that is in `requisites`, and its window (wire §8.3).
void begin_search(WorkingSet& ws, const Context& ctx, RequestId id, Instant at);

/// An event that changes no state: a refused command, a routing miss, a freeze.
void add_note(WorkingSet& ws, RequestId id, Cause cause, const Actor& actor, Instant at,
              std::string reason);

/// Recomputes `due_at` from the windows: call after every edit of one of them, or of `unread`.
void schedule(Payment& payment);

/// When the payment's window ends, as far as it counts: a dispute that ends by itself does not
/// while a notice lies there unread (wire §8.3).
[[nodiscard]] std::optional<Instant> counting_window(const Payment& payment);

/// The payment waits for a person, who is reminded at the end of each window (wire §8.3).
[[nodiscard]] bool waits_for_person(State s);

/// Fires what fell due at or before `now`, each at its own time: windows and simulated words, not
/// the search for requisites. Answers how many fired. Every command on a payment calls it first,
/// so a due timer counts before any command that arrives at or after its time (wire §8.1).
std::int64_t fire_due(WorkingSet& ws, const Context& ctx, RequestId id, Instant now);

/// What was decided about a payment covers all that is attached to it: its notices become `state`.
/// They must be loaded (reads_attached).
void settle_attached(WorkingSet& ws, RequestId id, NoticeState state, const std::string& reason);
/// Names the notices attached to the payment.
void reads_attached(RequestId id, const WorkingSet& ws, Keys& keys);

/// What time it is for a payment's clock.
[[nodiscard]] Instant now_of(const WorkingSet& ws, const Context& ctx, ClockId clock);

/// A 409 about this payment that leaves a note in its life, and keeps timers that fired.
[[nodiscard]] Refusal refuse_transition(WorkingSet& ws, const Context& ctx, RequestId id,
                                        const Actor& actor, std::string_view command);

/// The payment a command is about; refused when it is missing (404) or frozen (503).
[[nodiscard]] std::expected<const Payment*, Refusal> live_payment(const WorkingSet& ws,
                                                                  RequestId id);

/// Every row that a change of this payment can touch; names its own row first.
void reads_payment(RequestId id, const WorkingSet& ws, Keys& keys);

[[nodiscard]] Refusal payment_not_found();
[[nodiscard]] Refusal amount_out_of_range();

}  // namespace kassa::domain

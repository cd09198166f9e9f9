// The lifecycle of a payin: one table (wire §8.1).
//
//   create ─▶ requisites ─▶ awaiting_confirm ─▶ paid ─▶ success
//                 │               │  │            │        ▲
//                 ▼               ▼  └──▶ dispute ◀┘───────┤   no_payment, different_amount,
//               error ─▶ decline ◀────────────┴────────────┘   confirm_timeout
//
// Whatever is not in the table is refused with 409 and changes nothing. Beside each edge stand what
// it posts to the ledger and how it describes itself; the code, the documents and the test that
// tries every absent edge all read this table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "domain/states.hpp"

namespace kassa::domain {

/// What happened. Stored with every event, so that "why?" always has an answer.
enum class Cause : std::uint8_t {
  created = 1,          // accepted, being checked
  checked = 2,          // checks passed: requisites are being looked for
  anti_fraud = 3,       // refused by a limit or a list
  assigned = 4,         // requisites were given
  none_available = 5,   // assignment window over
  expired = 6,          // lifetime over before requisites were found
  fault = 7,            // something of ours broke after acceptance
  confirmed = 8,        // payer says it is sent
  cancelled = 9,        // payer refuses
  exact_money = 10,     // the asked amount was seen
  other_money = 11,     // another amount was seen
  more_money = 12,      // a further part was seen, still not the asked amount
  money_complete = 13,  // the parts now equal the asked amount
  nothing_came = 14,    // trader: no money for a payin that was confirmed
  not_paid = 15,        // lifetime over, nobody confirmed
  unconfirmed = 16,     // confirmation window over
  receipt = 17,         // payer's receipt for a payin that was not paid in time
  window_over = 18,     // a dispute's or error's window ended
  settled = 19,         // operator: resolved with what really came
  declined = 20,        // operator: resolved against the payment
  retried = 21,         // operator: back to looking for requisites
  appealed = 22,        // operator: a decline that was paid after all
  corrected = 23,       // operator: a success whose amount was wrong

  // Below: kept as events of a payment, they change no state.
  refused_command = 100,  // a command that was refused with 409
  routing_miss = 101,     // no requisites fitted at this try; the event says which rules missed
  frozen = 102,           // an invariant would have broken; waits for `kassa resume`
  resumed = 103,
};

/// What an edge does to the ledger (domain/ledger.hpp).
enum class Posting : std::uint8_t {
  none,
  settle,   // trader → project available (amount − fee), trader → fees (fee)
  correct,  // the difference to what was settled before
};

struct PayinEdge {
  State from;
  Cause cause;
  State to;
  Posting posting;
  std::string_view description;  // status_description; empty: null on the wire
};

namespace sentence {
inline constexpr std::string_view not_paid = "The payment was not made within its lifetime.";
inline constexpr std::string_view nothing_came = "The recipient reports that no money arrived.";
inline constexpr std::string_view different_amount =
    "An amount other than the requested one arrived.";
inline constexpr std::string_view unconfirmed =
    "Nobody confirmed the arrival of the money in time.";
inline constexpr std::string_view receipt =
    "The payer says the money was sent and provided a receipt.";
inline constexpr std::string_view fault = "An internal fault interrupted the payment.";
}  // namespace sentence

/// wire §8.1, edge by edge. `new` is left in the transaction that enters it.
inline constexpr PayinEdge kPayinEdges[] = {
    {state::new_, Cause::checked, state::requisites, Posting::none, ""},
    {state::new_, Cause::anti_fraud, state::decline, Posting::none, "Declined by anti-fraud"},

    {state::requisites, Cause::assigned, state::awaiting_confirm, Posting::none, ""},
    {state::requisites, Cause::cancelled, state::decline, Posting::none, "Canceled by client"},
    {state::requisites, Cause::none_available, state::decline, Posting::none,
     "No requisites available"},
    {state::requisites, Cause::expired, state::decline, Posting::none, "Expired"},
    {state::requisites, Cause::declined, state::decline, Posting::none, "Declined by operator"},
    {state::requisites, Cause::fault, state::error, Posting::none, sentence::fault},

    {state::awaiting_confirm, Cause::confirmed, state::paid, Posting::none, ""},
    {state::awaiting_confirm, Cause::exact_money, state::success, Posting::settle, ""},
    {state::awaiting_confirm, Cause::other_money, state::different_amount, Posting::none,
     sentence::different_amount},
    {state::awaiting_confirm, Cause::cancelled, state::decline, Posting::none,
     "Canceled by client"},
    {state::awaiting_confirm, Cause::not_paid, state::no_payment, Posting::none,
     sentence::not_paid},

    {state::paid, Cause::exact_money, state::success, Posting::settle, ""},
    {state::paid, Cause::other_money, state::different_amount, Posting::none,
     sentence::different_amount},
    {state::paid, Cause::nothing_came, state::no_payment, Posting::none, sentence::nothing_came},
    {state::paid, Cause::unconfirmed, state::confirm_timeout, Posting::none, sentence::unconfirmed},

    {state::no_payment, Cause::exact_money, state::success, Posting::settle, ""},
    {state::no_payment, Cause::other_money, state::different_amount, Posting::none,
     sentence::different_amount},
    {state::no_payment, Cause::receipt, state::confirm_timeout, Posting::none, sentence::receipt},
    {state::no_payment, Cause::window_over, state::decline, Posting::none, "Not paid in time"},
    {state::no_payment, Cause::declined, state::decline, Posting::none, "Declined by operator"},

    {state::confirm_timeout, Cause::exact_money, state::success, Posting::settle, ""},
    {state::confirm_timeout, Cause::other_money, state::different_amount, Posting::none,
     sentence::different_amount},
    {state::confirm_timeout, Cause::declined, state::decline, Posting::none,
     "Declined by operator"},

    {state::different_amount, Cause::more_money, state::different_amount, Posting::none,
     sentence::different_amount},
    {state::different_amount, Cause::money_complete, state::success, Posting::settle, ""},
    {state::different_amount, Cause::settled, state::success, Posting::settle, ""},
    {state::different_amount, Cause::declined, state::decline, Posting::none,
     "Declined by operator"},

    {state::decline, Cause::appealed, state::success, Posting::settle, ""},
    {state::success, Cause::corrected, state::success, Posting::correct, ""},

    {state::error, Cause::retried, state::requisites, Posting::none, ""},
    {state::error, Cause::window_over, state::decline, Posting::none, "Processing error"},
    {state::error, Cause::declined, state::decline, Posting::none, "Declined by operator"},
};

/// The edge for `cause` out of `from`, or null: then the command is refused.
[[nodiscard]] constexpr const PayinEdge* find_payin_edge(State from, Cause cause) {
  for (const PayinEdge& edge : kPayinEdges) {
    if (edge.from == from && edge.cause == cause) return &edge;
  }
  return nullptr;
}

/// Whether any edge leads from one state to the other: what the invariant checks of stored events.
[[nodiscard]] constexpr bool payin_edge_exists(State from, State to) {
  for (const PayinEdge& edge : kPayinEdges) {
    if (edge.from == from && edge.to == to) return true;
  }
  return false;
}

/// Short stable names, for storage-independent output (`kassa payment show`, logs).
[[nodiscard]] std::string_view name(Cause cause);

}  // namespace kassa::domain

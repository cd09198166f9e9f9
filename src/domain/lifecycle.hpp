// What may happen to a payment, and the form in which each kind of payment says so: one table of
// edges a kind (payin_lifecycle.hpp, payout_lifecycle.hpp).
//
// Whatever is not in a payment's table is refused with 409 and changes nothing. Beside each edge
// stand what it posts to the ledger and how it describes itself; the code, the documents and the
// tests that try every absent edge all read these tables.
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

  insufficient_funds = 24,     // the project's balance does not cover the payout
  taken = 25,                  // a trader has the payout now
  no_trader = 26,              // the payout's assignment window is over
  paid_out = 27,               // trader: the receiver has the money
  handed_back = 28,            // trader: not paid, somebody else may
  handed_back_too_often = 29,  // the third time
  wrong_requisites = 30,       // trader: the receiver's requisites are wrong
  pay_failed = 31,             // trader: the requisites are right, and it failed all the same
  not_paid_out = 32,           // the payout's lifetime is over; the trader may have paid

  // Below: kept as events of a payment, they change no state.
  refused_command = 100,  // a command that was refused with 409
  routing_miss = 101,     // no requisites fitted at this try; the event says which rules missed
  frozen = 102,           // an invariant would have broken; waits for `kassa resume`
  resumed = 103,
  noticed = 104,            // something arrived that a person must look at (domain/notice.hpp)
  notice_read = 105,        // a person looked at it, and it changed nothing
  reminded = 106,           // the payment still waits for a person
  paid_when_revoked = 107,  // trader: "paid" for an order that is no longer theirs; an alarm
  shown = 108,              // a person was shown what is kept sealed: the reason says what
  chosen = 109,             // the payer chose method and bank on the page
};

/// The last of the causes that are edges; 1 … this.
inline constexpr Cause kLastEdgeCause = Cause::not_paid_out;

/// What an edge does to the ledger (domain/ledger.hpp).
enum class Posting : std::uint8_t {
  none,
  settle,   // trader → project available (amount − fee), trader → fees (fee)
  correct,  // the difference to what was settled before
  pay_out,  // a payout: locked → trader, locked → fees, what is left → available
  release,  // a payout that is not made: locked → available
};

struct Edge {
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
inline constexpr std::string_view wrong_requisites =
    "The trader reports that the receiver's requisites are wrong.";
inline constexpr std::string_view pay_failed = "The trader could not make the transfer.";
inline constexpr std::string_view not_paid_out = "The trader did not confirm the transfer in time.";
}  // namespace sentence

/// The table of a kind of payment; a widget's payment lives as a payin does.
[[nodiscard]] std::span<const Edge> edges_of(PaymentKind kind);

/// The edge for `cause` out of `from`, or null: then the command is refused.
[[nodiscard]] const Edge* find_edge(PaymentKind kind, State from, Cause cause);

/// Short stable names, for storage-independent output (`kassa payment show`, logs).
[[nodiscard]] std::string_view name(Cause cause);

}  // namespace kassa::domain

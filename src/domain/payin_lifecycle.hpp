// The lifecycle of a payin, and of a widget's payment: one table (wire §8.1).
//
//   create ─▶ requisites ─▶ awaiting_confirm ─▶ paid ─▶ success
//                 │               │  │            │        ▲
//                 ▼               ▼  └──▶ dispute ◀┘───────┤   no_payment, different_amount,
//               error ─▶ decline ◀────────────┴────────────┘   confirm_timeout
#pragma once

#include "domain/lifecycle.hpp"

namespace kassa::domain {

/// wire §8.1, edge by edge. `new` is left in the transaction that enters it.
inline constexpr Edge kPayinEdges[] = {
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

}  // namespace kassa::domain

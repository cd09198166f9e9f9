// The lifecycle of a payout: one table (wire §8.2).
//
//   create ─▶ new ─▶ requisites ─▶ payout_process ─▶ success
//              │        │    ▲       │  hand-over │      ▲
//              │        │    └───────┼────────────┘      │   incorrect_requisites, payout_failed,
//              ▼        ▼            └──▶ dispute ───────┤   payout_timeout
//            decline ◀──┴────────────────────┴── error   ┘
#pragma once

#include "domain/lifecycle.hpp"

namespace kassa::domain {

/// wire §8.2, edge by edge. The create locks amount and fee, unless it is declined at once; every
/// `decline` after that gives them back.
inline constexpr Edge kPayoutEdges[] = {
    {state::new_, Cause::checked, state::requisites, Posting::none, ""},
    {state::new_, Cause::anti_fraud, state::decline, Posting::none, "Declined by anti-fraud"},
    {state::new_, Cause::insufficient_funds, state::decline, Posting::none, "Insufficient funds"},
    {state::new_, Cause::declined, state::decline, Posting::release, "Declined by operator"},
    {state::new_, Cause::fault, state::error, Posting::none, sentence::fault},

    {state::requisites, Cause::taken, state::payout_process, Posting::none, ""},
    {state::requisites, Cause::no_trader, state::decline, Posting::release, "No trader available"},
    {state::requisites, Cause::declined, state::decline, Posting::release, "Declined by operator"},
    {state::requisites, Cause::fault, state::error, Posting::none, sentence::fault},

    {state::payout_process, Cause::paid_out, state::success, Posting::pay_out, ""},
    {state::payout_process, Cause::handed_back, state::requisites, Posting::none, ""},
    {state::payout_process, Cause::handed_back_too_often, state::payout_failed, Posting::none,
     sentence::pay_failed},
    {state::payout_process, Cause::wrong_requisites, state::incorrect_requisites, Posting::none,
     sentence::wrong_requisites},
    {state::payout_process, Cause::pay_failed, state::payout_failed, Posting::none,
     sentence::pay_failed},
    {state::payout_process, Cause::not_paid_out, state::payout_timeout, Posting::none,
     sentence::not_paid_out},

    {state::incorrect_requisites, Cause::paid_out, state::success, Posting::pay_out, ""},
    {state::incorrect_requisites, Cause::settled, state::success, Posting::pay_out, ""},
    {state::incorrect_requisites, Cause::retried, state::requisites, Posting::none, ""},
    {state::incorrect_requisites, Cause::window_over, state::decline, Posting::release,
     "Incorrect requisites"},
    {state::incorrect_requisites, Cause::declined, state::decline, Posting::release,
     "Declined by operator"},

    {state::payout_failed, Cause::paid_out, state::success, Posting::pay_out, ""},
    {state::payout_failed, Cause::settled, state::success, Posting::pay_out, ""},
    {state::payout_failed, Cause::retried, state::requisites, Posting::none, ""},
    {state::payout_failed, Cause::window_over, state::decline, Posting::release, "Payout failed"},
    {state::payout_failed, Cause::declined, state::decline, Posting::release,
     "Declined by operator"},

    // The trader may have paid: a person decides, and nobody else.
    {state::payout_timeout, Cause::settled, state::success, Posting::pay_out, ""},
    {state::payout_timeout, Cause::retried, state::requisites, Posting::none, ""},
    {state::payout_timeout, Cause::declined, state::decline, Posting::release,
     "Declined by operator"},

    {state::error, Cause::retried, state::requisites, Posting::none, ""},
    {state::error, Cause::window_over, state::decline, Posting::release, "Processing error"},
    {state::error, Cause::declined, state::decline, Posting::release, "Declined by operator"},
};

}  // namespace kassa::domain

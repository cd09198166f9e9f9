// What docs/lifecycle.md says and no table of the code does: when a cause happens, and how a window
// is spoken of. A cause or window without its line here fails the test of the documents.
#pragma once

#include <string_view>

#include "domain/config.hpp"
#include "domain/payin_lifecycle.hpp"
#include "domain/payout_lifecycle.hpp"

namespace kassa::domain::docs {

struct CauseWords {
  Cause cause;
  std::string_view when;
};
inline constexpr CauseWords kCauseWords[] = {
    {Cause::checked, "the create was accepted"},
    {Cause::anti_fraud, "refused by a limit or a list"},
    {Cause::assigned, "requisites were found"},
    {Cause::none_available, "the assignment window ended"},
    {Cause::expired, "the lifetime ended first"},
    {Cause::fault, "something of Kassa's broke"},
    {Cause::confirmed, "the merchant or payer says it is sent"},
    {Cause::cancelled, "the merchant or payer cancels"},
    {Cause::exact_money, "the asked amount was seen"},
    {Cause::other_money, "another amount was seen"},
    {Cause::more_money, "a further part came, the sum is not the asked amount"},
    {Cause::money_complete, "the parts now make the asked amount"},
    {Cause::nothing_came, "the trader says that nothing came"},
    {Cause::not_paid, "the lifetime ended"},
    {Cause::unconfirmed, "the confirmation window ended"},
    {Cause::receipt, "the payer showed a receipt"},
    {Cause::window_over, "the window of the state ended"},
    {Cause::settled, "an operator settles with what really moved"},
    {Cause::declined, "an operator declines"},
    {Cause::retried, "an operator sends it back"},
    {Cause::appealed, "an operator: it was paid after all; once"},
    {Cause::corrected, "an operator: the amount was wrong"},

    {Cause::insufficient_funds, "the available balance does not cover amount and fee"},
    {Cause::taken, "a trader has it now"},
    {Cause::no_trader, "the assignment window ended"},
    {Cause::paid_out, "the trader says that the receiver has the money"},
    {Cause::handed_back, "the trader hands it back"},
    {Cause::handed_back_too_often, "it is handed back for the third time"},
    {Cause::wrong_requisites, "the trader says that the receiver's requisites are wrong"},
    {Cause::pay_failed, "the trader says that it failed, though the requisites are right"},
    {Cause::not_paid_out, "the trader's time ended; they may have paid"},
};

/// An edge that time takes by itself.
struct WindowWords {
  State from;
  Cause cause;
  std::string_view ends_after;
  std::string_view setting;  // empty: of the request, not the project
  std::int64_t Windows::* length = nullptr;
};
inline constexpr WindowWords kPayinWindows[] = {
    {state::requisites, Cause::none_available, "its window", "window.assignment_s",
     &Windows::assignment_s},
    {state::requisites, Cause::expired, "the lifetime, if that ends sooner", ""},
    {state::awaiting_confirm, Cause::not_paid, "the lifetime (`expiration_date`)", ""},
    {state::paid, Cause::unconfirmed, "its window; the lifetime counts no more",
     "window.confirmation_s", &Windows::confirmation_s},
    {state::no_payment, Cause::window_over, "its window", "window.no_payment_s",
     &Windows::no_payment_s},
    {state::error, Cause::window_over, "its window", "window.error_s", &Windows::error_s},
};
inline constexpr WindowWords kPayoutWindows[] = {
    {state::requisites, Cause::no_trader, "its window", "window.payout_assignment_s",
     &Windows::payout_assignment_s},
    {state::payout_process, Cause::not_paid_out, "the trader's time", "window.payout_lifetime_s",
     &Windows::payout_lifetime_s},
    {state::incorrect_requisites, Cause::window_over, "its window", "window.incorrect_requisites_s",
     &Windows::incorrect_requisites_s},
    {state::payout_failed, Cause::window_over, "its window", "window.payout_failed_s",
     &Windows::payout_failed_s},
    {state::error, Cause::window_over, "its window", "window.error_s", &Windows::error_s},
};
inline constexpr std::string_view kLifetimeWords =
    "the request's `lifetime`, 300 … 600, default 600";

}  // namespace kassa::domain::docs

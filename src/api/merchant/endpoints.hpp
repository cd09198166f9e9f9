// The merchants' API (wire §2): thin. Each endpoint parses, hands a command or a query over,
// answers.
#pragma once

#include <span>
#include <string_view>

#include "api/gateway.hpp"
#include "api/merchant/admit.hpp"

namespace kassa::api {

/// Adds every merchant endpoint.
void add_merchant_routes(Gateway& gateway, http::Router& router);

/// The paths of the merchants' API that are served, for its description.
[[nodiscard]] std::span<const std::string_view> merchant_paths();

// An endpoint gets a request that was let in already.
void create_payin(Gateway& gateway, Admitted admitted, http::Responder responder);
void payin_info(Gateway& gateway, Admitted admitted, http::Responder responder);
void confirm_payin(Gateway& gateway, Admitted admitted, http::Responder responder);
void cancel_payin(Gateway& gateway, Admitted admitted, http::Responder responder);
void create_widget(Gateway& gateway, Admitted admitted, http::Responder responder);
void widget_info(Gateway& gateway, Admitted admitted, http::Responder responder);
void create_payout(Gateway& gateway, Admitted admitted, http::Responder responder);
void payout_info(Gateway& gateway, Admitted admitted, http::Responder responder);
void all_banks(Gateway& gateway, Admitted admitted, http::Responder responder);
void payer_banks(Gateway& gateway, Admitted admitted, http::Responder responder);
void available_banks(Gateway& gateway, Admitted admitted, http::Responder responder);
void balance_info(Gateway& gateway, Admitted admitted, http::Responder responder);
void advance_test_clock(Gateway& gateway, Admitted admitted, http::Responder responder);

/// The payment that the body names, if this project has it and it is of this kind: another kind is
/// 404, since its info would unmask what a widget's merchant may not see (wire §7).
[[nodiscard]] std::expected<domain::RequestId, http::Response> find_payment(
    Gateway& gateway, const Admitted& admitted, domain::PaymentKind kind);

/// Answers all about the payment that the body names.
void answer_info(Gateway& gateway, const Admitted& admitted, domain::PaymentKind kind,
                 http::Responder responder);

/// 422 with every wrong field.
[[nodiscard]] http::Response validation_failed(const Admitted& admitted,
                                               const std::vector<protocol::FieldError>& errors);
/// 404 for a payment that this project does not have, of this kind.
[[nodiscard]] http::Response payment_not_found(const Admitted& admitted);

}  // namespace kassa::api

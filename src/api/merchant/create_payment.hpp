// What the creates of every kind of payment share: who may create, what is sealed, the content
// hash, the answer.
#pragma once

#include "api/merchant/endpoints.hpp"
#include "domain/details.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {

/// 403 for a suspended project; nothing where it may create.
[[nodiscard]] std::optional<http::Response> may_not_create(const Admitted& admitted);

/// The details that every create brings: customer, URLs, description.
[[nodiscard]] domain::PaymentDetails common_details(const protocol::CreateRequest& request);

/// Fills in what every create says, with its details sealed. `content` is the request's
/// fingerprint.
void fill_create(Gateway& gateway, const domain::Project& project,
                 const protocol::CreateRequest& request, const std::string& content,
                 const domain::PaymentDetails& details, domain::NewPayment& create);

/// Hands the create over and answers the payment.
void submit_create(Gateway& gateway, const Admitted& admitted,
                   const protocol::CreateRequest& request, domain::Command command,
                   http::Responder responder);

}  // namespace kassa::api

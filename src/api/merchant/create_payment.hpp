// What the creates of every kind of payment share: who may create, what is sealed, the content
// hash, the answer.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "api/merchant/endpoints.hpp"
#include "domain/details.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {

/// A create's body as it was read.
template <class Request>
struct ReadCreate {
  Request request;
  /// Its fingerprint, and those of other readings that other configurations had.
  std::vector<std::string> contents;
  /// What a new one is answered where none is taken; the same create again is answered as ever.
  std::optional<http::Response> refused;
};

/// Reads a create: 403 for a suspended project, 422 for wrong fields (wire §10.1). What only the
/// configuration refuses comes back all the same, for it may have been accepted before: the loop
/// knows. A merchant who never saw the answer repeats the call, and would take a final 4xx for the
/// word that nothing was stored, and pay out again under another payment_id.
template <class Request>
[[nodiscard]] std::expected<ReadCreate<Request>, http::Response> read_create(
    const Admitted& admitted);

/// The details that every create brings: customer, URLs, description.
[[nodiscard]] domain::PaymentDetails common_details(const protocol::CreateRequest& request);

/// Fills in what every create says, with its details sealed. `contents` are its fingerprints.
void fill_create(Gateway& gateway, const domain::Project& project,
                 const protocol::CreateRequest& request, const std::vector<std::string>& contents,
                 const domain::PaymentDetails& details, domain::NewPayment& create);
template <class Request>
void fill_create(Gateway& gateway, const domain::Project& project, const ReadCreate<Request>& read,
                 const domain::PaymentDetails& details, domain::NewPayment& create) {
  create.only_again = read.refused.has_value();
  fill_create(gateway, project, read.request, read.contents, details, create);
}

/// Hands the create over and answers the payment; `refused` where there is none and none is taken.
void submit_create(Gateway& gateway, const Admitted& admitted,
                   const protocol::CreateRequest& request, domain::Command command,
                   std::optional<http::Response> refused, http::Responder responder);

}  // namespace kassa::api

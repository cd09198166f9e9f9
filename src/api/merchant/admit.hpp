// Who is calling: bad signatures before, headers, JSON, key, clock, signature, project, in the
// order of wire §10.1.
#pragma once

#include <expected>

#include "api/gateway.hpp"

namespace kassa::api {

/// A request that was let in: its body parsed, its project known.
struct Admitted {
  Pool<Workspace>::Loan workspace;
  domain::ConfigPtr config;
  const domain::Project* project;  // lives in `config`

  [[nodiscard]] protocol::JsonValue body() const { return workspace->document.root(); }
  /// `general.payment_id`, where the body has one that is a string: for errors.
  [[nodiscard]] std::optional<std::string_view> payment_id() const;
};

/// 429 for an address that has just sent too many bad signatures. Asked by the server as soon as
/// the head is there, before it looks for a route.
[[nodiscard]] std::optional<http::Response> turn_away_guesser(Gateway& gateway,
                                                              const http::Request& request);

/// Lets the request in, or says what to answer instead.
[[nodiscard]] std::expected<Admitted, http::Response> admit(Gateway& gateway,
                                                            const http::Request& request);

}  // namespace kassa::api

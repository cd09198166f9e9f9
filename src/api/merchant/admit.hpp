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
  RateState rate = {};             // of the project's bucket, for the answer's headers
  bool is_poll = false;            // and so took nothing from it

  [[nodiscard]] protocol::JsonValue body() const { return workspace->document.root(); }
  /// `general.payment_id`, where the body has one that is a string: for errors.
  [[nodiscard]] std::optional<std::string_view> payment_id() const;
};

/// 429 for an address that has just sent too many bad signatures. Asked by the server as soon as
/// the head is there, before it looks for a route.
[[nodiscard]] std::optional<http::Response> turn_away_guesser(Gateway& gateway,
                                                              const http::Request& request);

/// 429 for an address that has used up what it may ask without a good signature.
[[nodiscard]] std::optional<http::Response> turn_away_address(Gateway& gateway,
                                                              const http::Request& request);
/// The same for a request that nobody signs: it is counted here.
[[nodiscard]] std::optional<http::Response> count_unsigned(Gateway& gateway,
                                                           const http::Request& request);

/// For what was never signed well, and is answered already.
void charge_address(Gateway& gateway, const http::Request& request);

/// A poll of what isn't there is none: it counts after all.
void count_as_no_poll(Gateway& gateway, const Admitted& admitted);

/// Lets the request in, or says what to answer instead.
[[nodiscard]] std::expected<Admitted, http::Response> admit(Gateway& gateway,
                                                            const http::Request& request);

}  // namespace kassa::api

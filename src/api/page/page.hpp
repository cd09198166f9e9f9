// The payer's page behind `form_url`: plain HTML from the server, with the state, whom to pay, and
// two buttons. It works without script; an unfinished payment's page refreshes itself.
//
// The link is the right to see it (40 hex digits that nobody can guess): a wrong one, malformed or
// forged, answers one and the same 404.
#pragma once

#include <string>

#include "api/gateway.hpp"
#include "protocol/answers.hpp"

namespace kassa::api {

/// Adds the page's routes below the path of `public_page_base`.
void add_page_routes(Gateway& gateway, http::Router& router);

}  // namespace kassa::api

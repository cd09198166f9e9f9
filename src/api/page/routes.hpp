// The addresses of the payer's page, below the path of `public_page_base` (docs/page.md):
//
//   /TOKEN            the page of a payin of the merchant's own form
//   /widget/TOKEN     the page of a widget's payin
//     …/state         what it shows, as JSON          …/events      the same, told at each change
//     …/confirm  …/cancel  …/choose                   the payer's buttons
//     …/receipt                                       a form for a file, and where it goes
//   /assets/…         what the page is made of
//
// The link is the right to see and do all this (40 hex digits that nobody can guess). A wrong one,
// malformed or forged or of the other kind, answers one and the same 404, in the same time; only
// wrong ones are counted, and whoever tries many of them gets 429.
#pragma once

#include "api/gateway.hpp"
#include "api/page/streams.hpp"

namespace kassa::api {

/// `streams` must outlive the router's use.
void add_page_routes(Gateway& gateway, PageStreams& streams, http::Router& router);

}  // namespace kassa::api

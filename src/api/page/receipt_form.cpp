#include "api/page/receipt_form.hpp"

#include "api/page/frame.hpp"
#include "api/page/link.hpp"
#include "api/page/page.hpp"
#include "api/page/page_state.hpp"
#include "api/page/view.hpp"
#include "http/form_file.hpp"
#include "ops/log.hpp"

namespace kassa::api {
namespace {

/// A page that takes receipts, and the language that its payer chose.
struct Place {
  std::string page;
  std::string language;
  std::string token;
  bool form = false;  // sent by a browser's form: answered by a page, anything else by JSON
};

Place place_of(const Pages& pages, const http::Request& request) {
  const std::string_view rest = request.path.substr(pages.base.size() + 1);
  const std::string_view token = rest.substr(0, rest.find('/'));
  return {.page = pages.base + "/" + std::string(token),
          .language = asked_of(request.query).language,
          .token = std::string(token),
          .form = http::is_form_with_files(request.content_type)};
}

http::Response back_to(const Place& place) {
  return see_other(with_language(place.page, place.language));
}

http::Response show_form(Gateway& gateway, const Pages& pages, const http::Request& request) {
  const Place place = place_of(pages, request);
  const auto state = read_linked_state(gateway, place.token, pages.kind);
  if (!state) return wrong_link(gateway, request);
  if (!state->can_show_receipt) return back_to(place);
  return receipt_response(*state, place.page, place.language, 200);
}

/// Back to the page, or the form again with why not.
http::Response answer_to(Gateway& gateway, const Pages& pages, const Place& place,
                         http::Response&& answer) {
  if (answer.status == 404) return no_page(page_base(gateway));
  if (!place.form) return std::move(answer);
  if (answer.status == 200) return back_to(place);
  try {
    const auto state = read_linked_state(gateway, place.token, pages.kind);
    if (!state) return no_page(page_base(gateway));
    return receipt_response(*state, place.page, place.language, answer.status);
  } catch (const store::StoreError& error) {
    // The form can't be made without the store; what there is to say is said without it.
    ops::log::error("receipt.form_not_shown", {{"why", error.what()}});
    return std::move(answer);
  }
}

}  // namespace

void add_receipt_routes(Gateway& gateway, const std::shared_ptr<Receipts>& receipts,
                        const Pages& pages, http::Router& router) {
  http::Route form;
  form.path = pages.base + "/*/receipt";
  form.method = "GET";
  form.json_only = false;
  form.error_page = [&gateway, pages](int status, const http::Request& request) {
    const Place place = place_of(pages, request);
    const std::string& chosen = place.language;
    return trouble_page(status, page_base(gateway),
                        chosen.empty() ? language_for(request) : std::string_view(chosen),
                        with_language(place.page, chosen));
  };
  form.handler =
      reading_store([&gateway, pages](const http::Request& request, http::Responder responder) {
        responder.send(show_form(gateway, pages, request));
      });
  router.add(std::move(form));
  http::Route route;
  route.path = pages.base + "/*/receipt";
  route.body_bytes_max = kReceiptBodyBytesMax;
  route.body_bytes_per_s_min = kReceiptBytesPerSecondMin;
  route.json_only = false;
  route.body_slots = receipts->slots();
  // Nobody without a link may send ten megabytes, or keep those waiting who have one.
  route.before_body = [&gateway,
                       pages](const http::Request& request) -> std::optional<http::Response> {
    try {
      if (open_link(gateway, place_of(pages, request).token, pages.kind)) return std::nullopt;
      return wrong_link(gateway, request);
    } catch (const store::StoreError& error) {
      ops::log::error("receipt.link_not_read", {{"why", error.what()}});
      return server_error(503, request.path);
    }
  };
  route.handler = [&gateway, receipts, pages](const http::Request& request,
                                              http::Responder responder) {
    Place place = place_of(pages, request);
    const auto id = gateway.ring.open_page_token(place.token);  // of a payment, as was seen before
    if (!id) return responder.send(no_page(page_base(gateway)));
    receipts->take({*id, request.content_type, request.body},
                   [&gateway, pages, place = std::move(place),
                    responder = std::move(responder)](http::Response&& answer) mutable {
                     responder.send(answer_to(gateway, pages, place, std::move(answer)));
                   });
  };
  route.error_page = [&gateway, pages](int status, const http::Request& request) {
    return answer_to(gateway, pages, place_of(pages, request), server_error(status, request.path));
  };
  router.add(std::move(route));
}

}  // namespace kassa::api

#include "api/page/receipt_form.hpp"

#include "api/page/frame.hpp"
#include "api/page/page.hpp"
#include "api/page/page_state.hpp"
#include "api/page/view.hpp"
#include "api/page/wrong_link.hpp"
#include "http/form_file.hpp"
#include "ops/log.hpp"

namespace kassa::api {
namespace {

/// A page that takes receipts, and the language that its payer chose.
struct Place {
  std::string page;
  std::string language;
  std::optional<domain::RequestId> id;
  bool form = false;  // sent by a browser's form: answered by a page, anything else by JSON
};

Place place_of(const Gateway& gateway, const std::string& base, const http::Request& request) {
  const std::string_view rest = request.path.substr(base.size() + 1);
  const std::string_view token = rest.substr(0, rest.find('/'));
  return {.page = base + "/" + std::string(token),
          .language = asked_of(request.query).language,
          .id = gateway.ring.open_page_token(token),
          .form = http::is_form_with_files(request.content_type)};
}

http::Response back_to(const Place& place) {
  return see_other(with_language(place.page, place.language));
}

http::Response show_form(Gateway& gateway, const std::string& base, const http::Request& request) {
  const Place place = place_of(gateway, base, request);
  const auto state = place.id ? read_page_state(gateway, *place.id) : std::nullopt;
  if (!state) return wrong_link(gateway, request);
  if (!state->can_show_receipt) return back_to(place);
  return receipt_response(*state, place.page, place.language, 200);
}

/// Back to the page, or the form again with why not.
http::Response answer_to(Gateway& gateway, const Place& place, http::Response&& answer) {
  if (answer.status == 404) return no_page(page_base(gateway));
  if (!place.form) return std::move(answer);
  if (answer.status == 200) return back_to(place);
  try {
    const auto state = place.id ? read_page_state(gateway, *place.id) : std::nullopt;
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
                        const std::string& base, http::Router& router) {
  http::Route form;
  form.path = base + "/*/receipt";
  form.method = "GET";
  form.body_bytes_max = 0;
  form.json_only = false;
  form.handler =
      reading_store([&gateway, base](const http::Request& request, http::Responder responder) {
        responder.send(show_form(gateway, base, request));
      });
  router.add(std::move(form));
  http::Route route;
  route.path = base + "/*/receipt";
  route.body_bytes_max = kReceiptBodyBytesMax;
  route.body_bytes_per_s_min = kReceiptBytesPerSecondMin;
  route.json_only = false;
  route.body_slots = receipts->slots();
  // Nobody without a link may send ten megabytes, or keep those waiting who have one.
  route.before_body = [&gateway,
                       base](const http::Request& request) -> std::optional<http::Response> {
    if (place_of(gateway, base, request).id) return std::nullopt;
    return wrong_link(gateway, request);
  };
  route.handler = [&gateway, receipts, base](const http::Request& request,
                                             http::Responder responder) {
    Place place = place_of(gateway, base, request);
    if (!place.id) return responder.send(no_page(page_base(gateway)));
    const domain::RequestId id = *place.id;
    receipts->take({id, request.content_type, request.body},
                   [&gateway, place = std::move(place),
                    responder = std::move(responder)](http::Response&& answer) mutable {
                     responder.send(answer_to(gateway, place, std::move(answer)));
                   });
  };
  route.error_page = [&gateway, base](int status, const http::Request& request) {
    return answer_to(gateway, place_of(gateway, base, request), server_error(status, request.path));
  };
  router.add(std::move(route));
}

}  // namespace kassa::api

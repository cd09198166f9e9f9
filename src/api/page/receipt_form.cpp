#include "api/page/receipt_form.hpp"

#include "api/page/frame.hpp"
#include "api/page/wrong_link.hpp"
#include "http/form_file.hpp"

namespace kassa::api {
namespace {

/// A page of its own: the payment's refreshes itself, and would lose the file that was chosen.
void show_receipt_form(Gateway& gateway, const http::Request& request, const std::string& base,
                       std::string_view token, http::Responder responder) {
  const auto id = gateway.ring.open_page_token(token);
  const auto view = id ? gateway.readers.borrow()->payment(*id) : std::nullopt;
  if (!view) {
    responder.send(wrong_link(gateway, request));
    return;
  }
  const std::string page = base + "/" + std::string(token);
  if (!domain::takes_receipts(view->payment) || view->payment.receipts >= domain::kReceiptsMax) {
    responder.send(see_other(page));
    return;
  }
  Html form;
  form.raw("<form method=\"post\" enctype=\"multipart/form-data\" action=\"")
      .text(page + "/receipt")
      .raw("\"><p><input type=\"file\" name=\"receipt\" aria-label=\"Receipt\" required ")
      .raw("accept=\"application/pdf,image/jpeg,image/png\"></p>")
      .raw("<button class=\"go\">Send the receipt</button></form>")
      .raw(link(page, "Back to the payment"));
  responder.send(plain_page(200, "Show a receipt",
                            "Choose the bank's receipt of your transfer: a PDF, JPEG or PNG of at "
                            "most 10 MiB.",
                            form.take()));
}

std::string_view why_not(int status) {
  switch (status) {
    case 408:
      return "The file came too slowly. Please send it again.";
    case 409:
      return "This file can't be taken for this payment.";
    case 413:
      return "The file is larger than 10 MiB.";
    case 415:
      return "Only a PDF, JPEG or PNG can be taken.";
    case 503:
      return "The file can't be taken at this moment. Please send it again.";
    default:
      return "The file could not be kept. Please choose it again.";
  }
}

/// A form is answered in HTML: back to the page, or why not. Anything else gets JSON.
http::Response answer_to(bool form, const std::string& page, http::Response&& answer) {
  if (answer.status == 404) return no_page();
  if (!form) return std::move(answer);
  if (answer.status == 200) return see_other(page);
  return plain_page(
      answer.status, "The receipt was not taken", why_not(answer.status),
      link(page + "/receipt", "Choose another file") + link(page, "Back to the payment"));
}

void take_receipt(Gateway& gateway, Receipts& receipts, const std::string& base,
                  const http::Request& request, std::string_view token, http::Responder responder) {
  const auto id = gateway.ring.open_page_token(token);
  if (!id) {
    responder.send(no_page());
    return;
  }
  const bool form = http::is_form_with_files(request.content_type);
  receipts.take({*id, request.content_type, request.body},
                [form, page = base + "/" + std::string(token),
                 responder = std::move(responder)](http::Response&& answer) mutable {
                  responder.send(answer_to(form, page, std::move(answer)));
                });
}

}  // namespace

void add_receipt_routes(Gateway& gateway, const std::shared_ptr<Receipts>& receipts,
                        const std::string& base, http::Router& router) {
  const auto token_of = [base](const http::Request& request) {
    const std::string_view rest = request.path.substr(base.size() + 1);
    return rest.substr(0, rest.find('/'));
  };
  http::Route form;
  form.path = base + "/*/receipt";
  form.method = "GET";
  form.body_bytes_max = 0;
  form.json_only = false;
  form.handler = [&gateway, base, token_of](const http::Request& request,
                                            http::Responder responder) {
    show_receipt_form(gateway, request, base, token_of(request), std::move(responder));
  };
  router.add(std::move(form));
  http::Route route;
  route.path = base + "/*/receipt";
  route.body_bytes_max = kReceiptBodyBytesMax;
  route.body_bytes_per_s_min = kReceiptBytesPerSecondMin;
  route.json_only = false;
  route.body_slots = receipts->slots();
  // Nobody without a link may send ten megabytes, or keep those waiting who have one.
  route.before_body = [&gateway,
                       token_of](const http::Request& request) -> std::optional<http::Response> {
    if (gateway.ring.open_page_token(token_of(request))) return std::nullopt;
    return wrong_link(gateway, request);
  };
  route.handler = [&gateway, receipts, base, token_of](const http::Request& request,
                                                       http::Responder responder) {
    take_receipt(gateway, *receipts, base, request, token_of(request), std::move(responder));
  };
  route.error_page = [base, token_of](int status, const http::Request& request) {
    return answer_to(http::is_form_with_files(request.content_type),
                     base + "/" + std::string(token_of(request)),
                     server_error(status, request.path));
  };
  router.add(std::move(route));
}

}  // namespace kassa::api

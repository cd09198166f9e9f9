// The payer's receipt: a form within the page of a transfer that is being looked for, and a page of
// its own for who comes back from a file that was not taken.
#include "api/page/view.hpp"

namespace kassa::api {
namespace {

Key problem_of(int status) {
  switch (status) {
    case 413:
      return "receipt.too_large";
    case 415:
      return "receipt.wrong_kind";
    default:
      return "receipt.failed";
  }
}

void append_form(Html& html, const View& view) {
  html.raw("<form method=\"post\" enctype=\"multipart/form-data\" id=\"receipt\" action=\"")
      .text(view.action("receipt"))
      .raw("\" data-sending=\"")
      .text(view.t["receipt.sending"])
      .raw("\" data-sent=\"")
      .text(view.t["receipt.sent"])
      .raw("\" data-large=\"")
      .text(view.t["receipt.too_large"])
      .raw("\" data-kind=\"")
      .text(view.t["receipt.wrong_kind"])
      .raw("\" data-failed=\"")
      .text(view.t["receipt.failed"])
      .raw("\"><label for=\"file\">")
      .text(view.t["receipt.choose"])
      .raw("</label><input type=\"file\" id=\"file\" name=\"file\" required ")
      .raw("accept=\".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png\">")
      .raw("<progress max=\"100\" value=\"0\" hidden aria-label=\"")
      .text(view.t["receipt.sending"])
      .raw("\"></progress><p class=\"hint\" role=\"status\">");
  if (view.asked.receipt_problem != 0) {
    html.text(view.t[problem_of(view.asked.receipt_problem)]);
  } else if (view.state.receipts > 0) {
    html.text(view.t["receipt.sent"]);
  }
  html.raw("</p><button class=\"button second\">")
      .text(view.t["receipt.send"])
      .raw("</button></form>");
}

void append_page(Html& html, const View& view) {
  html.raw("<p>").text(view.t["receipt.text"]).raw("</p><div class=\"receipt\">");
  append_form(html, view);
  html.raw("<a class=\"button second\" href=\"")
      .text(view.link())
      .raw("\">")
      .text(view.t["back.payment"])
      .raw("</a></div>");
}

}  // namespace

void append_receipt(Html& html, const View& view) {
  if (!view.state.can_show_receipt) {
    if (view.state.receipts > 0) {
      html.raw("<p class=\"hint\">").text(view.t["receipt.sent"]).raw("</p>");
    }
    return;
  }
  html.raw("<section class=\"receipt\"><h2>")
      .text(view.t["receipt.title"])
      .raw("</h2><p>")
      .text(view.t["receipt.text"])
      .raw("</p>");
  append_form(html, view);
  html.raw("</section>");
}

Section receipt_section(const View& view) {
  return {std::string(view.t["receipt.title"]), Section::Tone::calm, append_page};
}

}  // namespace kassa::api

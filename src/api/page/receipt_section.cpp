// The payer's receipt: a form within the page of a transfer that is being looked for, and a page of
// its own for who comes back from a file that was not taken.
#include "api/page/view.hpp"
#include "domain/receipt.hpp"

namespace kassa::api {
namespace {

Key problem_of(int status) {
  switch (status) {
    case 413:
      return "receipt.too_large";
    case 415:
      return "receipt.wrong_kind";
    case 409:
      return "receipt.other";
    default:
      return "receipt.failed";
  }
}

/// "✓ The receipt has been received. 1 of 5"
void append_sent(Html& html, const View& view) {
  if (view.state.receipts == 0) return;
  html.raw("<p class=\"sent\" tabindex=\"-1\">")
      .text(view.t["receipt.sent"])
      .raw(" <span>")
      .text(filled(view.t["receipt.count"], {{"n", std::to_string(view.state.receipts)},
                                             {"max", std::to_string(domain::kReceiptsMax)}}))
      .raw("</span></p>");
}

enum class Shown : std::uint8_t { always, by_script };

void append_form(Html& html, const View& view, Shown shown) {
  const bool refused = view.asked.receipt_problem != 0;
  html.raw("<form method=\"post\" enctype=\"multipart/form-data\" id=\"receipt\"")
      .raw(shown == Shown::by_script ? Markup(" hidden action=\"") : Markup(" action=\""))
      .text(view.action("receipt"))
      .raw("\" data-sending=\"")
      .text(view.t["receipt.sending"])
      .raw("\" data-other=\"")
      .text(view.t["receipt.other"])
      .raw("\" data-large=\"")
      .text(view.t["receipt.too_large"])
      .raw("\" data-kind=\"")
      .text(view.t["receipt.wrong_kind"])
      .raw("\" data-failed=\"")
      .text(view.t["receipt.failed"])
      .raw("\"><label for=\"file\">")
      .text(view.t["receipt.choose"])
      .raw("</label><div class=\"pick\"><span aria-hidden=\"true\">")
      .text(view.t["receipt.pick"])
      .raw("</span><input type=\"file\" id=\"file\" name=\"file\" required ")
      .raw(refused ? Markup("aria-invalid=\"true\" ") : Markup(""))
      .raw("aria-describedby=\"file-note\" ")
      .raw("accept=\".pdf,.jpg,.jpeg,.png,application/pdf,image/jpeg,image/png\"></div>")
      .raw("<progress max=\"100\" value=\"0\" hidden aria-label=\"")
      .text(view.t["receipt.sending"])
      .raw("\"></progress><p id=\"file-note\" role=\"status\" class=\"hint")
      .raw(refused ? Markup(" wrong\">") : Markup("\">"));
  if (refused) html.text(view.t[problem_of(view.asked.receipt_problem)]);
  html.raw("</p><button class=\"button")
      .raw(shown == Shown::always ? Markup("\">") : Markup(" second\">"))
      .text(view.t["receipt.send"])
      .raw("</button></form>");
}

void append_page(Html& html, const View& view) {
  html.raw("<p>").text(view.t["receipt.text"]).raw("</p><div class=\"receipt alone\">");
  append_sent(html, view);
  append_form(html, view, Shown::always);
  html.raw("</div><p class=\"quiet\"><a data-go href=\"")
      .text(view.link())
      .raw("\">")
      .text(view.t["back.payment"])
      .raw("</a></p>");
}

/// Without script this page asks again by itself, and would lose a file that was chosen: the form
/// is a page of its own then.
void append_way_to_form(Html& html, const View& view) {
  html.raw("<noscript><a class=\"button second\" href=\"")
      .text(view.action("receipt"))
      .raw("\">")
      .text(view.t["receipt.pick"])
      .raw("</a></noscript>");
}

}  // namespace

void append_receipt(Html& html, const View& view) {
  if (!view.state.can_show_receipt) return append_sent(html, view);
  html.raw("<section class=\"receipt\"><h2>")
      .text(view.t["receipt.title"])
      .raw("</h2><p>")
      .text(view.t["receipt.text"])
      .raw("</p>");
  append_sent(html, view);
  append_form(html, view, Shown::by_script);
  append_way_to_form(html, view);
  html.raw("</section>");
}

void append_receipt_link(Html& html, const View& view) {
  append_sent(html, view);
  if (!view.state.can_show_receipt) return;
  html.raw("<p class=\"quiet\"><a data-go href=\"")
      .text(view.action("receipt"))
      .raw("\">")
      .text(view.t["receipt.title"])
      .raw("</a></p>");
}

Section receipt_section(const View& view) {
  return {std::string(view.t["receipt.title"]), Section::Tone::calm, append_page};
}

}  // namespace kassa::api

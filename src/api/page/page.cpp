#include "api/page/page.hpp"

#include "api/page/assets.hpp"
#include "api/page/brand.hpp"
#include "api/page/frame.hpp"
#include "api/page/view.hpp"

namespace kassa::api {
namespace {

namespace state = domain::state;
using Tone = Section::Tone;

/// "{base}" of "{base}/{token}" and of "{base}/widget/{token}".
std::string base_of(const std::string& page_path) {
  std::string base = page_path.substr(0, page_path.rfind('/'));
  if (base.ends_with("/widget")) base.erase(base.size() - std::string_view("/widget").size());
  return base;
}

void append_script(Html& html, const std::string& base) {
  if (const auto js = asset_path("assets/page.js"); !js.empty()) {
    html.raw("<script type=\"module\" src=\"").text(base).raw("/").text(js).raw("\"></script>");
  }
}

constexpr std::string_view kRefreshSoonS = "3";    // something is about to happen by itself
constexpr std::string_view kRefreshLaterS = "15";  // the payer is busy, here or elsewhere

/// The payer is about to answer, and no refresh may take that away. What the link asks for counts
/// only while the state still has it.
bool is_answering(const View& view) {
  const bool choosing =
      view.state.choice && (!view.state.choice->made || !view.asked.method.empty());
  return choosing || view.asked.receipt || (view.asked.cancel && view.state.can_cancel);
}

/// Without script the page asks again by itself, and goes back to the shop by itself.
void append_refresh(Html& html, const View& view) {
  const domain::State at = view.state.state;
  if (is_answering(view)) return;
  if (at == state::success && !view.state.redirect_url.empty() && !view.asked.stay) {
    html.raw("<noscript><meta http-equiv=\"refresh\" content=\"")
        .number(kBackAfterS)
        .raw(";url=")
        .text(view.state.redirect_url)
        .raw("\"></noscript>");
  }
  if (domain::is_final(at)) return;
  const bool soon = at == state::new_ || at == state::requisites;
  html.raw("<noscript><meta http-equiv=\"refresh\" content=\"")
      .text(soon ? kRefreshSoonS : kRefreshLaterS)
      .raw("\"></noscript>");
}

/// What the link asks for besides its language, which another language leaves as it is.
std::string asked_besides(const Asked& asked) {
  std::string query;
  if (!asked.method.empty()) query += "&method=" + asked.method;
  if (asked.cancel) query += "&ask=cancel";
  if (asked.stay) query += "&stay=1";
  return query;
}

void append_languages(Html& html, const View& view) {
  html.raw("<details class=\"languages\"><summary aria-label=\"")
      .text(std::string(view.t["language.choose"]) + ": " + std::string(view.t["language.name"]))
      .raw("\">")
      .text(view.t["language.name"])
      .raw("</summary><ul>");
  for (const Texts& other : Texts::all()) {
    html.raw("<li><a href=\"?lang=")
        .text(other.language() + asked_besides(view.asked))
        .raw("\" lang=\"")
        .text(other.language())
        .raw("\"");
    if (&other == &view.t) html.raw(" aria-current=\"true\"");
    html.raw(">").text(other["language.name"]).raw("</a></li>");
  }
  html.raw("</ul></details>");
}

void append_header(Html& html, const View& view, const std::string& base) {
  html.raw("<header>");
  append_brand(html, base, view.state.brand);
  append_languages(html, view);
  html.raw("</header><p class=\"offline\" role=\"status\" data-text=\"")
      .text(view.t["page.offline"])
      .raw("\" data-unsent=\"")
      .text(view.t["page.unsent"])
      .raw("\"></p>");
  if (view.state.test) {
    html.raw("<aside class=\"test\">").text(view.t["page.test"]).raw("</aside>");
  }
}

/// The script speaks with the pages of these origins alone.
void append_body_tag(Html& html, const View& view) {
  html.raw("<body");
  if (view.asked.framed) html.raw(" class=\"framed\"");
  if (const auto& origins = view.state.brand.origins; !origins.empty()) {
    html.raw(" data-origins=\"");
    for (const std::string& origin : origins)
      html.text(&origin == &origins.front() ? "" : " ").text(origin);
    html.raw("\"");
  }
  html.raw(">");
}

/// Where help is, and what to quote there: the shop knows the payment by its own number.
void append_help(Html& html, const View& view) {
  html.raw("<footer>");
  if (const auto& support = view.state.brand.support) {
    html.raw("<p>")
        .text(view.t["page.help"])
        .raw(" <a rel=\"noreferrer\" href=\"")
        .text(support->href)
        .raw("\">")
        .text(support->text)
        .raw("</a></p>");
  }
  html.raw("<p class=\"hint\">")
      .text(filled(view.t["page.number"], {{"id", view.state.payment_id}}))
      .raw("</p></footer>");
}

Markup name(Tone tone) {
  switch (tone) {
    case Tone::calm:
      return "calm";
    case Tone::wait:
      return "wait";
    case Tone::good:
      return "good";
    case Tone::care:
      return "care";
    case Tone::bad:
      return "bad";
    case Tone::ended:
      return "ended";
    case Tone::later:
      return "later";
  }
  return "calm";
}

/// What isn't a form has a drawing above its title.
void append_sign_of(Html& html, Tone tone) {
  if (tone == Tone::wait) append_sign(html, Sign::wait);
  if (tone == Tone::good) append_sign(html, Sign::good);
  if (tone == Tone::care) append_sign(html, Sign::care);
  if (tone == Tone::bad) append_sign(html, Sign::bad);
  if (tone == Tone::ended) append_sign(html, Sign::ended);
  if (tone == Tone::later) append_sign(html, Sign::later);
}

/// What a script compares and exchanges.
void append_main(Html& html, const View& view, const Section& section) {
  html.raw("<main id=\"page\" class=\"").raw(name(section.tone)).raw("\" data-version=\"");
  html.number(view.state.version)
      .raw("\" data-status=\"")
      .text(domain::wire_name(view.state.state.status));
  html.raw("\" data-path=\"").text(view.path).raw("\"");
  if (domain::is_final(view.state.state)) html.raw(" data-final");
  html.raw(">");
  append_sign_of(html, section.tone);
  html.raw("<h1 tabindex=\"-1\">").text(section.title).raw("</h1>");
  section.body(html, view);
  const bool answering = view.asked.receipt || (view.asked.cancel && view.state.can_cancel);
  if (view.state.can_cancel && !answering) {
    html.raw("<p class=\"quiet\"><a data-ask href=\"")
        .text(view.link("ask=cancel"))
        .raw("\">")
        .text(view.t["pay.cancel"])
        .raw("</a></p>");
    append_ask_dialog(html, view);
  }
  html.raw("</main>");
}

http::Response render(const View& view, int status) {
  const Section section = section_of(view);
  const std::string base = base_of(view.path);
  Html html;
  append_head(html, base, view.t.language(), section.title + " · " + view.money(view.state.amount));
  append_brand_head(html, base, view.state.brand);
  append_refresh(html, view);
  append_script(html, base);
  html.raw("</head>");
  append_body_tag(html, view);
  append_header(html, view, base);
  append_main(html, view, section);
  append_help(html, view);
  html.raw("<p class=\"hear\" role=\"status\" id=\"news\"></p></body></html>");
  return html_response(status, html.take(), view.state.brand.origins);
}

}  // namespace

Section section_of(const View& view) {
  if (view.asked.receipt) return receipt_section(view);
  if (view.asked.cancel && view.state.can_cancel) return ask_section(view);
  const bool wants_to_choose = !view.asked.method.empty();
  if (view.state.choice && (!view.state.choice->made || wants_to_choose)) {
    return choose_section(view);
  }
  const domain::State at = view.state.state;
  if (at == state::new_ || at == state::requisites) return looking_section(view);
  if (at == state::awaiting_confirm) return pay_section(view);
  return outcome_section(view);
}

Asked asked_of(std::string_view query) {
  Asked asked;
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(equals + 1);
    if (name == "lang" && Texts::has(value)) asked.language = value;
    if (name == "method" && value.size() <= 32) asked.method = value;
    if (name == "ask" && value == "cancel") asked.cancel = true;
    if (name == "stay" && value == "1") asked.stay = true;
  }
  return asked;
}

void append_counted(Html& html, const View& view, Key text, FormOf form) {
  html.raw(" data-one=\"").text((view.t.*form)(Plural::one));
  html.raw("\" data-few=\"").text((view.t.*form)(Plural::few));
  html.raw("\" data-other=\"").text((view.t.*form)(Plural::other));
  html.raw("\" data-text=\"").text(view.t[text]).raw("\"");
}

std::string with_language(std::string path, const std::string& chosen) {
  if (!chosen.empty()) path += "?lang=" + chosen;
  return path;
}

std::string View::link(std::string_view query) const {
  std::string out = with_language(path, asked.language);
  if (!query.empty()) out += (asked.language.empty() ? "?" : "&") + std::string(query);
  return out;
}

std::string View::action(std::string_view name) const {
  return with_language(path + "/" + std::string(name), asked.language);
}

http::Response page_response(const PageState& state, const std::string& page_path,
                             const http::Request& request) {
  Asked asked = asked_of(request.query);
  asked.framed = request.header("sec-fetch-dest") == "iframe";
  return render({state, page_path, std::move(asked)}, 200);
}

http::Response receipt_response(const PageState& state, const std::string& page_path,
                                const std::string& language, int status) {
  Asked asked;
  asked.language = language;
  asked.receipt = state.can_show_receipt;
  if (status != 200) asked.receipt_problem = status;
  return render({state, page_path, asked}, status);
}

}  // namespace kassa::api

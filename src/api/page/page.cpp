#include "api/page/page.hpp"

#include "api/page/assets.hpp"
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

/// Without script the page asks again by itself, and goes back to the shop by itself.
void append_refresh(Html& html, const View& view) {
  const domain::State at = view.state.state;
  const bool choosing = view.state.choice && !view.state.choice->made;
  if (view.asked.cancel || view.asked.receipt || choosing || !view.asked.method.empty()) return;
  if (at == state::success && !view.state.redirect_url.empty()) {
    html.raw("<noscript><meta http-equiv=\"refresh\" content=\"")
        .number(kBackAfterS)
        .raw(";url=")
        .text(view.state.redirect_url)
        .raw("\"></noscript>");
  }
  const bool takes_file = view.state.can_show_receipt;
  // A dispute waits for a person: a refresh would only lose the file that the payer has chosen.
  if (domain::is_final(at) || (takes_file && at.status == domain::Status::dispute)) return;
  const bool later = takes_file || at == state::awaiting_confirm;
  html.raw("<noscript><meta http-equiv=\"refresh\" content=\"")
      .text(later ? kRefreshLaterS : kRefreshSoonS)
      .raw("\"></noscript>");
}

void append_languages(Html& html, const View& view) {
  html.raw("<details class=\"languages\"><summary aria-label=\"")
      .text(std::string(view.t["language.choose"]) + ": " + std::string(view.t["language.name"]))
      .raw("\">")
      .text(view.t["language.name"])
      .raw("</summary><ul>");
  for (const Texts& other : Texts::all()) {
    html.raw("<li><a href=\"?lang=")
        .text(other.language())
        .raw("\" lang=\"")
        .text(other.language())
        .raw("\"");
    if (&other == &view.t) html.raw(" aria-current=\"true\"");
    html.raw(">").text(other["language.name"]).raw("</a></li>");
  }
  html.raw("</ul></details>");
}

void append_header(Html& html, const View& view) {
  html.raw("<header><div class=\"brand\">").text(view.state.brand_name).raw("</div>");
  append_languages(html, view);
  if (view.state.test) {
    html.raw("<p class=\"test\">").text(view.t["page.test"]).raw("</p>");
  }
  html.raw("</header><p class=\"offline\" role=\"status\" data-text=\"")
      .text(view.t["page.offline"])
      .raw("\"></p>");
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
  }
  return "calm";
}

/// What isn't a form has a drawing above its title.
void append_sign_of(Html& html, Tone tone) {
  if (tone == Tone::wait) append_sign(html, Sign::wait);
  if (tone == Tone::good) append_sign(html, Sign::good);
  if (tone == Tone::care) append_sign(html, Sign::care);
  if (tone == Tone::bad) append_sign(html, Sign::bad);
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
  if (view.state.can_cancel && !view.asked.cancel && !view.asked.receipt) {
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
  append_refresh(html, view);
  append_script(html, base);
  html.raw("</head><body>");
  append_header(html, view);
  append_main(html, view, section);
  html.raw("<p class=\"hear\" role=\"status\" id=\"news\"></p></body></html>");
  return html_response(status, html.take());
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
  }
  return asked;
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
  return render({state, page_path, asked_of(request.query)}, 200);
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

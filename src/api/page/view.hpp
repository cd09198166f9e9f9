// One rendering of the payer's page: what is shown, in whose words, under which links.
#pragma once

#include <string>
#include <string_view>

#include "api/page/html.hpp"
#include "api/page/page_state.hpp"
#include "api/page/texts.hpp"

namespace kassa::api {

/// What the payer asked for in the link; everything else is the payment's state.
struct Asked {
  std::string language;     // ?lang=kk; empty: the payment's own
  std::string method;       // ?method=payin-p2p-card: its banks; "any": the list of methods
  bool framed = false;      // it stands in a merchant's frame, whose × is at the top
  bool cancel = false;      // ?ask=cancel: the question, for who has no script
  bool stay = false;        // ?stay=1: no way to the shop but by hand
  bool receipt = false;     // the form for a receipt, as a page of its own
  int receipt_problem = 0;  // what the last file was answered, if it was not taken
};

[[nodiscard]] Asked asked_of(std::string_view query);

/// The path with the language that the payer chose, if they did: it stays in every link and form.
[[nodiscard]] std::string with_language(std::string path, const std::string& chosen);

/// How long a success stays before the shop is opened by itself.
inline constexpr std::int64_t kBackAfterS = 8;

class View {
 public:
  View(const PageState& the_state, std::string page_path, Asked the_asked)
      : state(the_state),
        asked(std::move(the_asked)),
        t(Texts::of(asked.language.empty() ? the_state.language : asked.language)),
        path(std::move(page_path)) {}

  const PageState& state;
  const Asked asked;
  const Texts& t;
  const std::string path;  // "{base}/{token}"

  /// A link to this page.
  [[nodiscard]] std::string link(std::string_view query = {}) const;
  /// Where a form goes: "{path}/confirm".
  [[nodiscard]] std::string action(std::string_view name) const;
  [[nodiscard]] std::string money(std::int64_t minor) const {
    return t.money(minor, state.digits, state.currency);
  }
};

/// What the page shows of the state: title and tone, and what fills `main`.
struct Section {
  enum class Tone : std::uint8_t { calm, wait, good, care, bad, ended, later };
  std::string title;
  Tone tone = Tone::calm;
  void (*body)(Html& html, const View& view);
};
[[nodiscard]] Section section_of(const View& view);

/// Of one subject each: choose.cpp, pay.cpp, outcome.cpp.
[[nodiscard]] Section choose_section(const View& view);
[[nodiscard]] Section looking_section(const View& view);
[[nodiscard]] Section pay_section(const View& view);
[[nodiscard]] Section ask_section(const View& view);
[[nodiscard]] Section outcome_section(const View& view);

[[nodiscard]] Section receipt_section(const View& view);

/// The form for a receipt, where the payment takes one.
void append_receipt(Html& html, const View& view);
/// That receipts have come, and a link to the form: for states that are about something else.
void append_receipt_link(Html& html, const View& view);

/// `text` has a {time}: what a script needs to count it, as attributes of the element that is open.
using FormOf = std::string_view (Texts::*)(Plural) const;
void append_counted(Html& html, const View& view, Key text, FormOf form);

/// The question before a cancel, as the dialog that a script opens.
void append_ask_dialog(Html& html, const View& view);

}  // namespace kassa::api

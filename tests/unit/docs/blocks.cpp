#include "unit/docs/blocks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <stdexcept>

#include "domain/postings.hpp"
#include "domain/transition.hpp"
#include "unit/docs/lifecycle_words.hpp"

namespace kassa::domain::docs {
namespace {

using Edges = std::span<const Edge>;

/// "| a | b |".
std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const auto& cell : cells) line += " " + cell + " |";
  return line + "\n";
}

std::string heading(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) line += "---|";
  return row(cells) + line + "\n";
}

std::string code(std::string_view text) {
  return fmt::format("`{}`", text);
}
std::string code(State s) {
  return code(text(s));
}
std::string or_dash(std::string_view text) {
  return text.empty() ? "–" : std::string(text);
}

// ---- the books -------------------------------------------------------------------------------

std::string owner_of(const AccountRule& rule) {
  switch (rule.owner) {
    case AccountOwner::project:
      return "project";
    case AccountOwner::trader:
      return "trader";
    case AccountOwner::either:
      return "project or trader";
  }
  return "nobody";
}

std::string chart_of_accounts() {
  std::string table =
      heading({"Account", "Of a", "In the books", "Its balance is", "Below zero", "Kept"});
  for (const AccountRule& rule : kAccountRules) {
    table += row({std::string(rule.name), owner_of(rule), code(rule.book_name),
                  std::string(rule.meaning), rule.has_floor ? "never" : "may be",
                  rule.has_row ? "in a row" : "folded from the transfers"});
  }
  return table;
}

std::string accounts_of(const TransferRule& rule) {
  return fmt::format("{} {} {}", name(rule.debit), rule.either_way ? "↔" : "→", name(rule.credit));
}

std::string kinds_of_transfers() {
  std::string table = heading({"Kind", "From → to", "What"});
  for (const TransferRule& rule : kTransferRules) {
    table += row({code(rule.name), accounts_of(rule), std::string(rule.meaning)});
  }
  return table;
}

/// "payin, trader → available; payin_fee, trader → fees".
std::string transfers_of(Posting posting) {
  std::string list;
  for (const PostingLine& line : kPostingLines) {
    if (line.posting != posting) continue;
    const TransferRule* rule = rule_of(line.kind);
    list += fmt::format("{}{} {}", list.empty() ? "" : "; ", code(rule->name), accounts_of(*rule));
  }
  if (list.empty()) throw std::runtime_error("a posting has no line in kPostingLines");
  return list;
}

std::string postings_of(Edges edges) {
  std::string table = heading({"From", "Cause", "To", "Transfers"});
  for (const auto& edge : edges) {
    if (edge.posting == Posting::none) continue;
    table +=
        row({code(edge.from), code(name(edge.cause)), code(edge.to), transfers_of(edge.posting)});
  }
  return table;
}

// ---- lives -----------------------------------------------------------------------------------

std::string when(Cause cause) {
  const auto* words = std::ranges::find(kCauseWords, cause, &CauseWords::cause);
  if (words == std::end(kCauseWords)) {
    throw std::runtime_error(fmt::format(
        "tests/unit/docs/lifecycle_words.hpp doesn't say when `{}` happens", name(cause)));
  }
  return std::string(words->when);
}

/// The kinds of the transfers, or a dash.
std::string posted(Posting posting) {
  std::string list;
  for (const PostingLine& line : kPostingLines) {
    if (line.posting == posting) list += (list.empty() ? "" : ", ") + code(name(line.kind));
  }
  return or_dash(list);
}

std::string table_of(Edges edges) {
  std::string table = heading({"From", "Cause", "When", "To", "Transfers", "Description"});
  for (const auto& edge : edges) {
    table += row({code(edge.from), code(name(edge.cause)), when(edge.cause), code(edge.to),
                  posted(edge.posting), or_dash(edge.description)});
  }
  return table;
}

/// A state's name in the diagram.
std::string node(State s) {
  return std::string(s.sub == SubStatus::none ? wire_name(s.status) : wire_name(s.sub));
}

/// `begins`: what stands for the state `new`, which only a payout shows.
std::string diagram_of(Edges edges, const std::string& begins) {
  std::vector<std::pair<std::string, std::string>>
      arrows;  // and their causes, in the table's order
  for (const auto& edge : edges) {
    const std::string from = edge.from == state::new_ ? begins : node(edge.from);
    const std::string arrow = fmt::format("{} --> {}", from, node(edge.to));
    const auto found =
        std::ranges::find(arrows, arrow, &std::pair<std::string, std::string>::first);
    if (found == arrows.end()) {
      arrows.emplace_back(arrow, name(edge.cause));
    } else {
      found->second.append(", ").append(name(edge.cause));
    }
  }
  std::string diagram = "```mermaid\nstateDiagram-v2\n";
  if (begins != "[*]") diagram += fmt::format("    [*] --> {}: {}\n", begins, name(Cause::created));
  for (const auto& [arrow, causes] : arrows) diagram += fmt::format("    {}: {}\n", arrow, causes);
  return diagram + "```\n";
}

/// What a project has where nothing is set.
Windows default_windows(bool test) {
  const std::string merchant = MerchantId{}.text();
  const std::string project = ProjectId{}.text();
  std::map<SettingId, std::string> settings{
      {{"merchant", merchant, "name"}, "M"},
      {{"project", project, "merchant"}, merchant},
      {{"project", project, "mode"}, test ? "test" : "live"},
  };
  const auto config = build_config(std::move(settings), 1);
  if (!config) throw std::runtime_error("the smallest project is refused");
  return config->project(ProjectId{})->windows;
}

std::string setting_of(const WindowWords& window) {
  if (window.length == nullptr) return std::string(kLifetimeWords);
  const std::int64_t live = default_windows(false).*window.length;
  const std::int64_t test = default_windows(true).*window.length;
  return fmt::format("{} {}{}", code(window.setting), live,
                     test == live ? "" : fmt::format(", in test mode {}", test));
}

std::string windows_of(Edges edges, std::span<const WindowWords> windows) {
  std::string table =
      heading({"State", "Ends after", "Setting in seconds, with its default", "Becomes"});
  std::vector<State> ending;
  for (const auto& edge : edges) {
    const auto window = std::ranges::find_if(windows, [&](const WindowWords& words) {
      return words.from == edge.from && words.cause == edge.cause;
    });
    if (window == windows.end()) {
      const bool by_time =
          std::ranges::find(windows, edge.cause, &WindowWords::cause) != windows.end();
      if (by_time) {
        throw std::runtime_error(fmt::format(
            "tests/unit/docs/lifecycle_words.hpp doesn't say what window of {} ends by `{}`",
            text(edge.from), name(edge.cause)));
      }
      continue;
    }
    ending.push_back(edge.from);
    table += row(
        {code(edge.from), std::string(window->ends_after), setting_of(*window),
         code(edge.to) + (edge.description.empty() ? "" : fmt::format(", {}", edge.description))});
  }
  if (ending.size() != windows.size()) throw std::runtime_error("a window of no edge is spoken of");
  std::string waiting;
  std::vector<State> told;
  for (const auto& edge : edges) {
    const State s = edge.from;
    if (s == state::new_ || is_final(s) || std::ranges::find(ending, s) != ending.end() ||
        std::ranges::find(told, s) != told.end()) {
      continue;
    }
    if (!waits_for_person(s)) throw std::runtime_error(text(s) + " never ends");
    told.push_back(s);
    waiting += (waiting.empty() ? "" : ", ") + code(s);
  }
  return table + (waiting.empty()
                      ? ""
                      : row({waiting, "never: a person decides, and is reminded",
                             fmt::format("{} {} between reminders", code("window.reminder_s"),
                                         default_windows(false).reminder_s),
                             "–"}));
}

}  // namespace

std::vector<Block> blocks() {
  const std::string ledger = "docs/ledger.md";
  const std::string lifecycle = "docs/lifecycle.md";
  return {
      {ledger, "chart of accounts", chart_of_accounts()},
      {ledger, "kinds of transfers", kinds_of_transfers()},
      {ledger, "postings of payins", postings_of(kPayinEdges)},
      {ledger, "postings of payouts", postings_of(kPayoutEdges)},
      {lifecycle, "diagram of payins", diagram_of(kPayinEdges, "[*]")},
      {lifecycle, "edges of payins", table_of(kPayinEdges)},
      {lifecycle, "windows of payins", windows_of(kPayinEdges, kPayinWindows)},
      {lifecycle, "diagram of payouts", diagram_of(kPayoutEdges, "new")},
      {lifecycle, "edges of payouts", table_of(kPayoutEdges)},
      {lifecycle, "windows of payouts", windows_of(kPayoutEdges, kPayoutWindows)},
      {"docs/metrics.md", "metrics", table_of_metrics()},
  };
}

}  // namespace kassa::domain::docs

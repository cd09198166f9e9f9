#include "unit/domain/story_player.hpp"

#include <algorithm>
#include <map>

namespace kassa::domain::test {
namespace {

int http_status(RefusalCode code) {
  switch (code) {
    case RefusalCode::not_found:
    case RefusalCode::payment_not_found:
      return 404;
    case RefusalCode::payment_id_conflict:
    case RefusalCode::transition_not_allowed:
    case RefusalCode::insufficient_balance:
    case RefusalCode::conflict:
      return 409;
    case RefusalCode::project_not_active:
      return 403;
    case RefusalCode::validation_failed:
      return 422;
    case RefusalCode::unavailable:
      return 503;
    case RefusalCode::internal_error:
      break;
  }
  return 500;
}

/// It had been done before, and was not done again.
bool is_as_before(const Command& command, const Answer& answer) {
  const bool creates =
      std::holds_alternative<CreatePayin>(command) || std::holds_alternative<CreatePayout>(command);
  if (const auto* payment = std::get_if<PaymentAnswer>(&answer)) {
    return creates && !payment->created;
  }
  if (const auto* settlement = std::get_if<SettlementAnswer>(&answer)) return !settlement->changed;
  return false;
}

std::string answer_text(const Command& command, const Decision& decision) {
  if (decision) return is_as_before(command, *decision) ? "ok, as before" : "ok";
  const RefusalCode code = decision.error().code;
  return std::to_string(http_status(code)) + " " + std::string(wire_code(code));
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string amounts_text(const Payment& p) {
  return std::to_string(p.amount) + " / " + std::to_string(p.old_amount) + " / " +
         std::to_string(p.initial_amount);
}

/// What can be seen of the world at one moment, by the names of the story.
struct Picture {
  using Texts = std::vector<std::pair<std::string, std::string>>;  // name and what it is

  explicit Picture(const StoryStage& stage)
      : events(stage.world().rows.events.size()), transfers(stage.world().rows.transfers.size()) {
    const Rows& rows = stage.world().rows;
    for (const auto& [name, id] : stage.payments()) {
      const auto row = rows.payments.find(id);
      if (row == rows.payments.end()) continue;
      states.emplace_back(name, text(row->second.state));
      amounts.emplace_back(name, amounts_text(row->second));
      says.emplace_back(name, row->second.status_description);
      untold.emplace_back(name, untold_text(rows, id));
    }
    for (const auto& [name, id] : stage.settlements()) {
      const auto row = rows.settlements.find(id);
      if (row == rows.settlements.end()) continue;
      states.emplace_back(name, kassa::domain::name(row->second.status));
    }
    for (const auto& [name, id] : stage.notices()) {
      const auto row = rows.notices.find(id);
      if (row == rows.notices.end()) continue;
      notices.emplace_back(name, notice_text(stage, row->second));
    }
  }

  static std::string untold_text(const Rows& rows, RequestId id) {
    std::string out;
    const auto row = rows.deliveries.find(id);
    if (row == rows.deliveries.end()) return out;
    for (const QueuedCallback& waits : row->second.queue) {
      const auto event = std::ranges::find_if(rows.events, [&](const PaymentEvent& e) {
        return e.request_id == id && e.seq == waits.seq;
      });
      KASSA_CHECK(event != rows.events.end(), "a callback of no event, " + id.text());
      out += (out.empty() ? "" : " then ") + text(event->to);
    }
    return out;
  }

  static std::string notice_text(const StoryStage& stage, const Notice& notice) {
    std::string out(name(notice.kind));
    out.append(" ").append(name(notice.state));
    for (const auto& [name, id] : stage.payments()) {
      if (id == notice.request_id) out += " " + name;
    }
    return out;
  }

  Texts states;
  Texts amounts;
  Texts says;
  Texts untold;
  Texts notices;
  std::size_t events;
  std::size_t transfers;
};

/// What the rows of one batch are about, by name. About one thing only: it needs no name.
struct About {
  std::vector<std::string> names;

  [[nodiscard]] bool has(const std::string& name) const {
    return std::ranges::find(names, name) != names.end();
  }
  [[nodiscard]] bool is_only(const std::string& name) const {
    return names.size() == 1 && names.front() == name;
  }
};

/// What the rows are about first, then whatever else is other than before.
std::string changed(const Picture::Texts& before, const Picture::Texts& after, const About& about) {
  std::vector<std::string> own;
  std::vector<std::string> others;
  for (const auto& entry : after) {
    const auto& [name, is] = entry;
    const bool same = std::ranges::find(before, entry) != before.end();
    if (is.empty() || (same && !about.has(name))) continue;
    if (about.is_only(name)) {
      own.push_back(is);
    } else {
      others.push_back(name + " " + is);
    }
  }
  own.insert(own.end(), others.begin(), others.end());
  return joined(own);
}

/// What became of the story's world since a picture of it was taken.
class Difference {
 public:
  Difference(const StoryStage& stage, const Picture& before, About about)
      : stage_(stage), before_(before), after_(stage), about_(std::move(about)) {}

  [[nodiscard]] Cells cells() const {
    return {{"STATE", changed(before_.states, after_.states, about_)},
            {"AMOUNTS", changed(before_.amounts, after_.amounts, about_)},
            {"SAYS", changed(before_.says, after_.says, about_)},
            {"UNTOLD", changed(before_.untold, after_.untold, about_)},
            {"NOTICES", changed(before_.notices, after_.notices, {})},
            {"POSTINGS", postings()},
            {"TOLD", told()},
            {"NOTES", notes()},
            {"BALANCE", balance()}};
  }

 private:
  [[nodiscard]] std::string account(const AccountId& id) const {
    if (id.kind == AccountKind::trader) return stage_.name_of(TraderId{id.owner});
    return std::string(name(id.kind));
  }

  [[nodiscard]] std::string postings() const {
    std::vector<std::string> all;
    const auto& transfers = stage_.world().rows.transfers;
    for (std::size_t i = before_.transfers; i < transfers.size(); ++i) {
      const Transfer& t = transfers[i];
      all.push_back(account(t.debit) + "→" + account(t.credit) + " " +
                    std::to_string(t.amount_minor));
      if (t.debit.currency != kzt) all.back() += " " + t.debit.currency.text();
    }
    return joined(all);
  }

  /// "A " where the rows are not about that payment alone.
  [[nodiscard]] std::string prefix(RequestId payment) const {
    for (const auto& [name, id] : stage_.payments()) {
      if (id == payment) return about_.is_only(name) ? "" : name + " ";
    }
    return "";
  }

  template <class Takes, class Says>
  [[nodiscard]] std::string of_events(Takes takes, Says says) const {
    std::vector<std::string> all;
    const auto& events = stage_.world().rows.events;
    for (std::size_t i = before_.events; i < events.size(); ++i) {
      if (takes(events[i])) all.push_back(prefix(events[i].request_id) + says(events[i]));
    }
    return joined(all);
  }

  [[nodiscard]] std::string told() const {
    return of_events([](const PaymentEvent& e) { return e.callback; },
                     [](const PaymentEvent& e) { return text(e.to); });
  }

  /// That nothing fitted yet is told at each try, and is no news to a reader.
  [[nodiscard]] std::string notes() const {
    return of_events(
        [](const PaymentEvent& e) {
          return e.cause >= Cause::refused_command && e.cause != Cause::routing_miss;
        },
        [](const PaymentEvent& e) { return std::string(name(e.cause)); });
  }

  [[nodiscard]] std::string balance() const {
    const World& world = stage_.world();
    const Uuid shop = stage_.project().value;
    return "available " + std::to_string(world.balance(AccountKind::available, shop)) +
           ", locked " + std::to_string(world.balance(AccountKind::locked, shop));
  }

  const StoryStage& stage_;
  const Picture& before_;
  Picture after_;
  About about_;
};

void add_name(const StoryStage& stage, const Subject& subject, About& about) {
  const auto add = [&](const auto& named, const auto& wanted) {
    for (const auto& [name, id] : named) {
      if (id == wanted && !about.has(name)) about.names.push_back(name);
    }
  };
  if (const auto* id = std::get_if<RequestId>(&subject)) add(stage.payments(), *id);
  if (const auto* id = std::get_if<SettlementId>(&subject)) add(stage.settlements(), *id);
}

}  // namespace

void StoryPlayer::play() {
  const std::string path = std::string(KASSA_SOURCE_DIR) + "/" + story_.file;
  for (const Finding& finding : findings()) {
    ADD_FAILURE_AT(path.c_str(), finding.line) << finding.text;
  }
}

std::vector<StoryPlayer::Finding> StoryPlayer::findings() {
  std::vector<Finding> findings;
  const std::span<const StoryRow> rows(story_.rows);
  for (std::size_t first = 0; first < rows.size();) {
    std::size_t end = first + 1;
    while (end < rows.size() && rows[end].joins_batch()) ++end;
    try {
      play_batch(rows.subspan(first, end - first), findings);
    } catch (const std::exception& e) {
      // What comes after would be about another world than the one that was meant.
      findings.push_back({rows[first].line, e.what()});
      return findings;
    }
    first = end;
  }
  const int last_line = rows.empty() ? story_.line : rows.back().line;
  for (const std::string& problem : stage_.world().audit()) {
    findings.push_back({last_line, "at the end the books are not in order: " + problem});
  }
  return findings;
}

void StoryPlayer::play_batch(std::span<const StoryRow> rows, std::vector<Finding>& findings) {
  const Picture before(stage_);
  stage_.pass_time(rows.front().cell("WHEN"));
  About about;
  std::vector<Command> commands;
  std::vector<bool> has_command;
  for (const StoryRow& row : rows) {
    StoryCommand made = stage_.understand(row.cell("WHO"), row.cell("DOES"));
    add_name(stage_, made.subject, about);
    has_command.push_back(made.command.has_value());
    if (made.command) commands.push_back(std::move(*made.command));
  }
  const auto decisions = stage_.run(commands);
  stage_.name_new_notices();
  // What a batch changed stands in its last row.
  const Cells changes = Difference(stage_, before, about).cells();
  std::size_t next = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Cells happened = i + 1 == rows.size() ? changes : Cells{};
    if (has_command[i]) {
      happened["ANSWER"] = answer_text(commands[next], decisions[next]);
      ++next;
    }
    compare(rows[i], happened, findings);
  }
}

void StoryPlayer::compare(const StoryRow& row, const Cells& happened,
                          std::vector<Finding>& findings) const {
  std::vector<std::string> wrong;
  Cells found = row.cells;
  for (const std::string& column : story_.columns) {
    if (column == "WHEN" || column == "WHO" || column == "DOES") continue;
    const auto is = happened.find(column);
    found[column] = is == happened.end() ? std::string() : is->second;
    if (found[column] != row.cell(column)) wrong.push_back(column);
  }
  if (wrong.empty()) return;
  findings.push_back({row.line, "not so: " + joined(wrong) +
                                    "\n  says:  " + story_.text_of(row.cells) +
                                    "\n  found: " + story_.text_of(found)});
}

}  // namespace kassa::domain::test

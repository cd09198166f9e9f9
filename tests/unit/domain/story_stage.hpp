// Where a story plays: a world, the names that its rows give to things, and the language of their
// commands (tests/scenarios/README.md). A row that is not understood throws NotUnderstood.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {

class NotUnderstood : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The words of a cell, taken one after the other.
class Words {
 public:
  explicit Words(const std::string& text);

  [[nodiscard]] bool done() const { return next_ == words_.size(); }
  /// Takes the next word if it is this one.
  bool take(const std::string& word);
  /// Takes the next word whatever it is; `what` says what is missing if there is none.
  std::string word(const std::string& what);
  /// A whole number, zero or more.
  std::int64_t number(const std::string& what);
  /// KEY=VALUE, if the next word is one.
  std::optional<std::pair<std::string, std::string>> setting();
  void end() const;

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

/// "600s", "10m", "1d", "1h30m".
[[nodiscard]] Duration duration_of(const std::string& text);

/// What a row is about.
using Subject = std::variant<std::monostate, RequestId, SettlementId>;

/// A row's command, and what it is about. Rows of set-up have none: they are done at once.
struct StoryCommand {
  std::optional<Command> command;
  Subject subject;
};

class StoryStage {
 public:
  /// Time goes on, as a cell of WHEN says.
  void pass_time(const std::string& when);
  /// Does what sets the world up, and makes a command of everything else.
  StoryCommand understand(const std::string& who, const std::string& does);
  /// Runs them as one batch; then what was created looks for requisites or a trader, as the engine
  /// lets it right after the commit.
  std::vector<Decision> run(const std::vector<Command>& commands);

  /// Gives each notice that no row named one: n1, n2 …
  void name_new_notices();

  template <class AnyId>
  using Named = std::vector<std::pair<std::string, AnyId>>;  // in the order of their naming

  [[nodiscard]] const Named<RequestId>& payments() const { return payments_; }
  [[nodiscard]] const Named<SettlementId>& settlements() const { return settlements_; }
  [[nodiscard]] const Named<NoticeId>& notices() const { return notices_; }
  [[nodiscard]] const World& world() const { return world_; }
  [[nodiscard]] ProjectId project() const { return shop_.id(); }
  /// "trader" for the one whom each world has; the others have names.
  [[nodiscard]] std::string name_of(TraderId trader) const;

 private:
  [[nodiscard]] Actor actor_of(const std::string& who) const;
  [[nodiscard]] RequestId payment(Words& words) const;
  [[nodiscard]] TraderId trader(const std::string& name) const;

  /// A name whose create was refused is free again.
  void forget_what_was_not_made();

  bool set_up(Words& words);
  void add_card(Words& words);
  void add_trader(Words& words);
  void set_settings(Words& words);

  StoryCommand create(Words& words);
  StoryCommand choose(Words& words, const Actor& actor) const;
  StoryCommand create_settlement(Words& words, const std::string& who);
  StoryCommand decide_settlement(Words& words, const std::string& who,
                                 DecideSettlement::Verdict verdict) const;
  StoryCommand see(Words& words, const Actor& actor, NoticeKind kind);
  StoryCommand resolve(Words& words, const Actor& actor) const;
  StoryCommand report(Words& words, const Actor& actor, Say word) const;
  StoryCommand about_notice(Words& words, const Actor& actor, bool assigns) const;
  StoryCommand report_callback(Words& words) const;

  World world_;
  Shop shop_ = world_.live();
  Named<RequestId> payments_;
  Named<SettlementId> settlements_;
  Named<NoticeId> notices_;
  Named<RequisitesId> cards_;
  Named<TraderId> traders_{{"trader", world_.trader_id}};
  int unnamed_notices_ = 0;
};

}  // namespace kassa::domain::test

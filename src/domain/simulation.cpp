#include "domain/simulation.hpp"

namespace kassa::domain {
namespace {

constexpr Duration kAnswerDelay = std::chrono::seconds{1};
constexpr Duration kSettleDelay = std::chrono::seconds{2};

void say(Payment& payment, Word word, Instant at) {
  payment.word = word;
  payment.word_at = at;
}

}  // namespace

Scenario scenario_of(const Payment& payment) {
  switch (payment.initial_amount % 1000) {
    case 901:
      return Scenario::anti_fraud;
    case 902:
      return Scenario::no_requisites;
    case 903:
      return Scenario::never_pays;
    case 904:
      return Scenario::half_arrives;
    case 905:
      return Scenario::nobody_answers;
    case 906:
      return Scenario::money_before_confirm;
    case 907:
      return Scenario::fault;
    default:
      return Scenario::pays;
  }
}

void plan_word(Payment& payment, State before, Instant at) {
  const Scenario scenario = scenario_of(payment);
  // 906 confirmed within its second: the money is under way already and comes when it would have.
  const bool keeps_word = scenario == Scenario::money_before_confirm &&
                          before == state::awaiting_confirm && payment.state == state::paid;
  if (keeps_word) return;
  payment.word = Word::none;
  payment.word_at.reset();

  if (payment.state == state::requisites) {
    if (scenario == Scenario::fault) say(payment, Word::fault, at + kAnswerDelay);
    return;
  }
  if (payment.state == state::awaiting_confirm) {
    if (scenario == Scenario::money_before_confirm) {
      say(payment, Word::money_exact, at + kAnswerDelay);
    }
    return;
  }
  if (payment.state == state::paid) {
    if (scenario == Scenario::half_arrives) {
      say(payment, Word::money_half, at + kAnswerDelay);
    } else if (scenario != Scenario::nobody_answers && scenario != Scenario::never_pays) {
      say(payment, Word::money_exact, at + kAnswerDelay);
    }
    return;
  }
  if (payment.state == state::different_amount && scenario == Scenario::half_arrives) {
    say(payment, Word::settle_half, at + kSettleDelay);
  }
}

}  // namespace kassa::domain

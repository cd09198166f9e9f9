#include "domain/simulation.hpp"

namespace kassa::domain {
namespace {

constexpr Duration kAnswerDelay = std::chrono::seconds{1};
constexpr Duration kSettleDelay = std::chrono::seconds{2};

void say(Payment& payment, Word word, Instant at) {
  payment.word = word;
  payment.word_at = at;
}

Scenario payout_scenario_of(std::int64_t rest) {
  switch (rest) {
    case 911:
      return Scenario::wrong_requisites;
    case 912:
      return Scenario::pay_failed;
    case 913:
      return Scenario::not_paid_out;
    case 914:
      return Scenario::no_trader;
    case 915:
      return Scenario::handed_back;
    case 916:
      return Scenario::payout_anti_fraud;
    default:
      return Scenario::pays;
  }
}

Word payout_word(const Payment& payout) {
  switch (scenario_of(payout)) {
    case Scenario::wrong_requisites:
      return Word::wrong_requisites;
    case Scenario::pay_failed:
      return Word::pay_failed;
    case Scenario::not_paid_out:
      return Word::none;
    case Scenario::handed_back:
      return payout.hand_backs == 0 ? Word::hand_back : Word::paid_out;
    default:
      return Word::paid_out;
  }
}

/// Only who has the payout speaks, once.
void plan_payout_word(Payment& payout, Instant at) {
  payout.word = Word::none;
  payout.word_at.reset();
  if (payout.state != state::payout_process) return;
  const Word word = payout_word(payout);
  if (word != Word::none) say(payout, word, at + kAnswerDelay);
}

}  // namespace

bool is_never_assigned(const Payment& payment) {
  const Scenario scenario = scenario_of(payment);
  return scenario == Scenario::no_requisites || scenario == Scenario::fault ||
         scenario == Scenario::no_trader;
}

Scenario scenario_of(const Payment& payment) {
  const std::int64_t rest = payment.initial_amount % 1000;
  if (payment.kind == PaymentKind::payout) return payout_scenario_of(rest);
  switch (rest) {
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
  if (payment.kind == PaymentKind::payout) return plan_payout_word(payment, at);
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

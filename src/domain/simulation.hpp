// Test mode's counterparties: what they do is told by `initial_amount % 1000`, so that an
// integrator can meet every state at will (docs/test-mode.md has the table). Each word is a timer
// of the test project's clock, one second after what it answers.
#pragma once

#include <cstdint>

#include "domain/payment.hpp"

namespace kassa::domain {

enum class Scenario : std::int16_t {
  anti_fraud = 901,
  no_requisites = 902,
  never_pays = 903,
  half_arrives = 904,
  nobody_answers = 905,
  money_before_confirm = 906,
  fault = 907,
  wrong_requisites = 911,
  pay_failed = 912,
  not_paid_out = 913,
  no_trader = 914,
  handed_back = 915,
  payout_anti_fraud = 916,
  pays = 0,  // anything else
};

/// What this payment's counterparties do, by its kind; meaningless for a live one.
[[nodiscard]] Scenario scenario_of(const Payment& payment);

/// Nobody ever serves this payment: no requisites, or no trader, are looked for.
[[nodiscard]] bool is_never_assigned(const Payment& payment);

/// The simulated trader of a test project: it has the project's own UUID.
[[nodiscard]] constexpr TraderId simulated_trader(ProjectId project) {
  return {project.value};
}
/// The other one, who executes payouts that the first hands back: it has the first's UUID with one
/// bit turned.
[[nodiscard]] constexpr TraderId second_simulated_trader(ProjectId project) {
  Uuid id = project.value;
  id.bytes[15] ^= 0x80;
  return {id};
}
/// The pool that only its requisites are in.
[[nodiscard]] inline std::string simulated_pool(ProjectId project) {
  return "sim:" + project.text();
}

/// Called by the funnel after a test payment entered `payment.state` at `at`: sets or clears the
/// next word. `before` is the state it left.
void plan_word(Payment& payment, State before, Instant at);

}  // namespace kassa::domain

// A widget's payer says on the page how they pay: method and bank (wire §7).
//
// The search for requisites begins with it, and its window. The same choice again answers the
// payment as it is now. Another one is taken until requisites were given: whoever waits for a bank
// that has none may try the next. What was preselected by the create is only a suggestion.
#include "domain/methods.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

/// One payer's mind may change so often; each change is an event of the payment for ever.
constexpr std::int32_t kEventsMax = 100;

Refusal not_offered(std::string what) {
  return {RefusalCode::validation_failed, std::move(what), std::nullopt, false};
}

bool offers(const Config& config, const Payment& payment, const std::string& widget_method) {
  const Project* project = config.project(payment.project_id);
  if (project == nullptr) return false;
  const auto rules = project->currencies.find(payment.currency);
  return rules != project->currencies.end() && method_of_widget_method(widget_method) &&
         has_word(rules->second.widget_methods, widget_method);
}

/// Whether the project offers this method, and the bank moves the payment's currency by it.
std::expected<void, Refusal> check(const ChooseMethod& command, const Payment& payment,
                                   const Config& config) {
  if (!offers(config, payment, command.widget_method)) {
    return std::unexpected(not_offered("This payment method is not offered here."));
  }
  if (command.bank_symbol.empty()) return {};
  const auto bank = config.banks.find(command.bank_symbol);
  const bool serves =
      bank != config.banks.end() && has_word(bank->second.currencies, payment.currency.text()) &&
      has_word(bank->second.methods, *method_of_widget_method(command.widget_method));
  if (!serves) return std::unexpected(not_offered("This bank can't be paid to by this method."));
  return {};
}

bool is_the_same(const ChooseMethod& command, const Payment& payment) {
  return payment.chosen && payment.widget_method == command.widget_method &&
         payment.bank_symbol == command.bank_symbol;
}

std::string words_of(const ChooseMethod& command) {
  return command.widget_method + ", " +
         (command.bank_symbol.empty() ? "any bank" : command.bank_symbol);
}

}  // namespace

void reads(const ChooseMethod& command, const WorkingSet& ws, const Context&, Keys& keys) {
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const ChooseMethod& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);

  const Payment& before = ws.payments.get(command.request_id);
  if (is_the_same(command, before)) return PaymentAnswer{before, false};
  const bool may_choose = before.kind == PaymentKind::widget && before.state == state::requisites &&
                          before.last_event < kEventsMax;
  if (!may_choose) {
    return std::unexpected(refuse_transition(ws, ctx, command.request_id, command.actor, "choose"));
  }
  if (auto offered = check(command, before, ctx.config); !offered) {
    offered.error().keep_changes = true;  // timers that fell due stay
    return std::unexpected(offered.error());
  }
  auto& payment = ws.payments.edit(command.request_id);
  payment.widget_method = command.widget_method;
  payment.method = *method_of_widget_method(command.widget_method);
  payment.bank_symbol = command.bank_symbol;
  payment.chosen = true;
  payment.updated_at = now;
  add_note(ws, command.request_id, Cause::chosen, command.actor, now, words_of(command));
  begin_search(ws, ctx, command.request_id, now);
  // Candidates that this batch has loaded are those of an earlier choice.
  ws.candidates.erase(command.request_id);
  return PaymentAnswer{ws.payments.get(command.request_id), false};
}

}  // namespace kassa::domain

#include "domain/settlement.hpp"

#include "domain/check.hpp"

namespace kassa::domain {

Transfer transfer_of(const Settlement& settlement) {
  const TransferRule* rule = rule_of(transfer_kind(settlement.kind));
  KASSA_CHECK(rule != nullptr, "a settlement of no kind, " + settlement.id.text());
  const auto account = [&settlement](AccountKind kind) -> AccountId {
    const bool of_trader = kind == AccountKind::trader ||
                           (kind == AccountKind::clearing && is_for_trader(settlement.kind));
    const Uuid owner = of_trader ? settlement.trader_id.value : settlement.project_id.value;
    return {kind, owner, settlement.currency};
  };
  Transfer transfer;
  // In the place of a payment's id: the index that posts a payment's transfers once guards these.
  transfer.request_id = RequestId{settlement.id.value};
  transfer.kind = rule->kind;
  transfer.debit = account(rule->debit);
  transfer.credit = account(rule->credit);
  transfer.amount_minor = settlement.amount;
  return transfer;
}

bool is_transfer_of(const Transfer& transfer, const Settlement& settlement) {
  const Transfer due = transfer_of(settlement);
  return transfer.request_id == due.request_id && transfer.kind == due.kind &&
         transfer.correction == due.correction && transfer.debit == due.debit &&
         transfer.credit == due.credit && transfer.amount_minor == due.amount_minor;
}

}  // namespace kassa::domain

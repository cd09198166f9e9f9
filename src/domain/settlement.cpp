#include "domain/settlement.hpp"

namespace kassa::domain {

Transfer transfer_of(const Settlement& settlement) {
  const Currency currency = settlement.currency;
  const Uuid owner =
      is_for_trader(settlement.kind) ? settlement.trader_id.value : settlement.project_id.value;
  const AccountId available{AccountKind::available, settlement.project_id.value, currency};
  const AccountId trader{AccountKind::trader, settlement.trader_id.value, currency};
  const AccountId clearing{AccountKind::clearing, owner, currency};
  Transfer transfer;
  // In the place of a payment's id: the index that posts a payment's transfers once guards these.
  transfer.request_id = RequestId{settlement.id.value};
  transfer.kind = transfer_kind(settlement.kind);
  transfer.amount_minor = settlement.amount;
  switch (settlement.kind) {
    case SettlementKind::settlement:
      transfer.debit = available;
      transfer.credit = clearing;
      break;
    case SettlementKind::deposit:
      transfer.debit = clearing;
      transfer.credit = available;
      break;
    case SettlementKind::top_up:
      transfer.debit = clearing;
      transfer.credit = trader;
      break;
    case SettlementKind::withdrawal:
      transfer.debit = trader;
      transfer.credit = clearing;
      break;
    case SettlementKind::returned:
      transfer.debit = trader;
      transfer.credit = available;
      break;
  }
  return transfer;
}

bool is_transfer_of(const Transfer& transfer, const Settlement& settlement) {
  const Transfer due = transfer_of(settlement);
  return transfer.request_id == due.request_id && transfer.kind == due.kind &&
         transfer.correction == due.correction && transfer.debit == due.debit &&
         transfer.credit == due.credit && transfer.amount_minor == due.amount_minor;
}

}  // namespace kassa::domain

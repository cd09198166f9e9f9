#include "domain/invariants.hpp"

#include <unordered_map>

#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

/// Transfers move something between two accounts of one currency: so they sum to zero.
class TransfersBalance final : public Invariant {
 public:
  std::string_view name() const override { return "transfers_balance"; }
  void check(const WorkingSet& ws) const override {
    for (const Transfer& t : ws.transfers()) {
      KASSA_CHECK(
          t.amount_minor > 0 && t.debit != t.credit && t.debit.currency == t.credit.currency,
          "a transfer that does not balance, payment " + t.request_id.text());
    }
  }
};

/// No available and no locked balance is ever below zero.
class BalancesNotNegative final : public Invariant {
 public:
  std::string_view name() const override { return "balances_not_negative"; }
  void check(const WorkingSet& ws) const override {
    for (const auto& [id, entry] : ws.accounts.entries()) {
      if (!entry.changed || id.kind == AccountKind::trader) continue;
      KASSA_CHECK(entry.row->balance >= 0, "a balance below zero, owner " + id.owner.text());
    }
  }
};

/// Every event that changes a state follows an edge of the table.
class LegalEdges final : public Invariant {
 public:
  std::string_view name() const override { return "legal_edges"; }
  void check(const WorkingSet& ws) const override {
    for (const PaymentEvent& event : ws.events()) {
      const bool note = event.from == event.to &&
                        (event.cause == Cause::created || event.cause >= Cause::refused_command);
      const PaymentKind kind = ws.payments.get(event.request_id).kind;
      const Edge* edge = find_edge(kind, event.from, event.cause);
      KASSA_CHECK(note || (edge != nullptr && edge->to == event.to),
                  "an edge that does not exist, payment " + event.request_id.text());
    }
  }
};

/// A final payment has settled exactly what it says: its amount on success, nothing on decline.
class OneSettlement final : public Invariant {
 public:
  std::string_view name() const override { return "one_settlement"; }
  void check(const WorkingSet& ws) const override {
    for (const auto& [id, entry] : ws.payments.entries()) {
      if (!entry.changed) continue;
      const Payment& payment = *entry.row;
      const std::int64_t expected = payment.state == state::success ? payment.amount : 0;
      KASSA_CHECK(payment.settled_amount == expected,
                  "settled other than its state says, payment " + id.text());
      KASSA_CHECK(payment.settled_fee >= 0 && payment.settled_fee <= payment.settled_amount,
                  "a fee above its amount, payment " + id.text());
    }
  }
};

/// No settlement without its transfers, no transfers without their settlement: what the batch moved
/// between traders and the payments that it settled is what those say they settled.
class TransfersMatchPayments final : public Invariant {
 public:
  std::string_view name() const override { return "transfers_match_payments"; }
  void check(const WorkingSet& ws) const override {
    std::unordered_map<RequestId, Taken> taken;
    for (const Transfer& t : ws.transfers()) {
      if (t.request_id.is_nil() || is_of_settlement(t.kind)) continue;
      Taken& of = taken[t.request_id];
      of.settles = of.settles || t.correction == 0;
      // From the trader for a payin, to the trader for a payout.
      if (t.debit.kind == AccountKind::trader) of.sum = checked_add(of.sum, t.amount_minor);
      if (t.credit.kind == AccountKind::trader) of.sum = checked_add(of.sum, -t.amount_minor);
    }
    for (const PaymentEvent& event : ws.events()) {
      const PaymentKind kind = ws.payments.get(event.request_id).kind;
      const Edge* edge = find_edge(kind, event.from, event.cause);
      const bool settles = edge != nullptr &&
                           (edge->posting == Posting::settle || edge->posting == Posting::pay_out);
      KASSA_CHECK(!settles || taken[event.request_id].settles,
                  "a settlement that moved no money, payment " + event.request_id.text());
    }
    for (const auto& [id, of] : taken) {
      if (!of.settles) continue;
      const Payment& payment = ws.payments.get(id);
      const bool payout = payment.kind == PaymentKind::payout;
      KASSA_CHECK(payment.settled_amount == (payout ? -of.sum : of.sum),
                  "transfers other than the settlement, payment " + id.text());
    }
  }

 private:
  struct Taken {
    bool settles = false;  // its first settlement is in this batch, so `sum` is all there is
    std::int64_t sum = 0;
  };
};

/// A payout that is under way holds its amount and fee, and one that has ended holds nothing.
class PayoutsHoldTheirMoney final : public Invariant {
 public:
  std::string_view name() const override { return "payouts_hold_their_money"; }
  void check(const WorkingSet& ws) const override {
    for (const auto& [id, entry] : ws.payments.entries()) {
      if (!entry.changed) continue;
      const Payment& p = *entry.row;
      const bool holds = p.kind == PaymentKind::payout && !is_final(p.state);
      const std::int64_t expected =
          holds ? checked_add(p.initial_amount, fee_of({p.initial_amount, p.currency}, p.fee).minor)
                : 0;
      KASSA_CHECK(p.held == expected, "a hold other than its state says, payment " + id.text());
    }
  }
};

/// A settlement moves money when it is approved, by somebody else than its maker, and exactly what
/// it says; a pending or rejected one moves nothing, and nothing moves without its settlement. What
/// came back of a payout is never more than it settled.
class SettlementsMatchTransfers final : public Invariant {
 public:
  std::string_view name() const override { return "settlements_match_transfers"; }
  void check(const WorkingSet& ws) const override {
    std::unordered_map<SettlementId, int> moved;
    for (const Transfer& t : ws.transfers()) {
      const bool first_balance = t.kind == TransferKind::deposit && t.request_id.is_nil();
      if (!is_of_settlement(t.kind) || first_balance) continue;
      const SettlementId id{t.request_id.value};
      ++moved[id];
      KASSA_CHECK(ws.settlements.knows(id) && is_transfer_of(t, ws.settlements.get(id)),
                  "a transfer other than its settlement, settlement " + id.text());
    }
    for (const auto& [id, entry] : ws.settlements.entries()) {
      // An approved one is never changed again: it is here because it was approved here.
      const bool approved = entry.row && entry.row->status == SettlementStatus::approved;
      const bool moves = entry.changed && approved;
      const auto transfers = moved.find(id);
      const int count = transfers == moved.end() ? 0 : transfers->second;
      KASSA_CHECK(count == (moves ? 1 : 0),
                  "a settlement that did not move its money once, settlement " + id.text());
      if (entry.changed) check_people(*entry.row);
    }
    for (const auto& [id, entry] : ws.payments.entries()) {
      if (!entry.changed) continue;
      const Payment& payment = *entry.row;
      KASSA_CHECK(payment.returned_amount >= 0 && payment.returned_amount <= payment.settled_amount,
                  "more came back than was settled, payment " + id.text());
    }
  }

 private:
  static void check_people(const Settlement& settlement) {
    const bool pending = settlement.status == SettlementStatus::pending;
    KASSA_CHECK(!settlement.made_by.empty() && pending == settlement.decided_by.empty() &&
                    pending != settlement.decided_at.has_value(),
                "a settlement that nobody made or decided, settlement " + settlement.id.text());
    KASSA_CHECK(settlement.status != SettlementStatus::approved ||
                    settlement.made_by != settlement.decided_by,
                "a settlement approved by its maker, settlement " + settlement.id.text());
  }
};

/// The timer index says when the payment's next window, word or search is due.
class DueIsEarliest final : public Invariant {
 public:
  std::string_view name() const override { return "due_is_earliest"; }
  void check(const WorkingSet& ws) const override {
    for (const auto& [id, entry] : ws.payments.entries()) {
      if (!entry.changed) continue;
      const Payment& p = *entry.row;
      KASSA_CHECK(!(p.frozen && p.due_at), "a frozen payment has a timer, payment " + id.text());
      if (p.frozen) continue;
      std::optional<Instant> earliest;
      for (const auto& at : {counting_window(p), p.assign_at, p.word_at}) {
        if (at && (!earliest || *at < *earliest)) earliest = at;
      }
      // Later: nobody would fire it. Earlier, or for nothing: it would be fired for ever.
      KASSA_CHECK(p.due_at == earliest,
                  "a timer at another time than it says, payment " + id.text());
    }
  }
};

}  // namespace

std::vector<std::unique_ptr<Invariant>> all_invariants() {
  std::vector<std::unique_ptr<Invariant>> all;
  all.push_back(std::make_unique<TransfersBalance>());
  all.push_back(std::make_unique<BalancesNotNegative>());
  all.push_back(std::make_unique<LegalEdges>());
  all.push_back(std::make_unique<OneSettlement>());
  all.push_back(std::make_unique<TransfersMatchPayments>());
  all.push_back(std::make_unique<PayoutsHoldTheirMoney>());
  all.push_back(std::make_unique<SettlementsMatchTransfers>());
  all.push_back(std::make_unique<DueIsEarliest>());
  return all;
}

}  // namespace kassa::domain

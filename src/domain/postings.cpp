#include "domain/postings.hpp"

namespace kassa::domain {
namespace {

AccountId fees_account(const Payment& payment) {
  return {AccountKind::fees, payment.project_id.value, payment.currency};
}

/// `amount` may be negative: then the money goes the other way.
std::expected<void, Refusal> post_signed(WorkingSet& ws, const Context& ctx, const Payment& payment,
                                         TransferKind kind, const AccountId& from,
                                         const AccountId& to, std::int64_t amount, Instant at) {
  if (amount == 0) return {};
  Transfer transfer;
  transfer.lane = ctx.lane;
  transfer.request_id = payment.request_id;
  transfer.kind = kind;
  transfer.correction = payment.corrections;
  transfer.debit = amount > 0 ? from : to;
  transfer.credit = amount > 0 ? to : from;
  transfer.amount_minor = amount > 0 ? amount : -amount;
  transfer.at = at;
  return post(ws, ctx, transfer);
}

void move_balance(WorkingSet& ws, const AccountId& id, std::int64_t change) {
  if (!has_balance_row(id.kind)) return;
  auto& account = ws.accounts.edit_or_insert({id, 0});
  account.balance = checked_add(account.balance, change);
}

}  // namespace

AccountId available_account(const Payment& payment) {
  return {AccountKind::available, payment.project_id.value, payment.currency};
}

AccountId locked_account(const Payment& payment) {
  return {AccountKind::locked, payment.project_id.value, payment.currency};
}

AccountId trader_account(const Payment& payment) {
  return {AccountKind::trader, payment.trader_id.value, payment.currency};
}

std::expected<void, Refusal> post(WorkingSet& ws, const Context&, Transfer transfer) {
  const auto holds = [&ws](const AccountId& id, std::int64_t change) {
    const Account* account = has_balance_row(id.kind) ? ws.accounts.find(id) : nullptr;
    return account == nullptr || add(account->balance, change).has_value();
  };
  KASSA_CHECK(transfer.amount_minor > 0, "a transfer must move something");
  KASSA_CHECK(transfer.debit.currency == transfer.credit.currency, "a transfer of two currencies");
  KASSA_CHECK(transfer.debit != transfer.credit, "a transfer to its own account");
  KASSA_CHECK(follows_its_rule(transfer), "a transfer between accounts that its kind doesn't join");
  if (has_floor(transfer.debit.kind)) {
    const Account* account = ws.accounts.find(transfer.debit);
    if ((account ? account->balance : 0) < transfer.amount_minor) {
      return std::unexpected(Refusal{RefusalCode::insufficient_balance,
                                     "The project's balance does not cover this; it has to be "
                                     "funded first.",
                                     std::nullopt, false});
    }
  }
  if (!holds(transfer.debit, -transfer.amount_minor) ||
      !holds(transfer.credit, transfer.amount_minor)) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "An account can't hold so much; settle its balance first.",
                                   std::nullopt, false});
  }
  move_balance(ws, transfer.debit, -transfer.amount_minor);
  move_balance(ws, transfer.credit, transfer.amount_minor);
  ws.append(transfer);
  return {};
}

std::expected<void, Refusal> post_payin(WorkingSet& ws, const Context& ctx, RequestId id,
                                        Posting posting, std::int64_t amount, Instant at) {
  if (posting == Posting::none) return {};
  auto& payment = ws.payments.edit(id);
  KASSA_CHECK(!payment.trader_id.is_nil(), "a settlement without a trader, payment " + id.text());
  KASSA_CHECK((posting == Posting::settle) == (payment.settled_amount == 0),
              "a settlement twice, or a correction of none, payment " + id.text());
  const bool correction = posting == Posting::correct;
  if (correction) ++payment.corrections;

  const std::int64_t fee = fee_of({amount, payment.currency}, payment.fee).minor;
  const std::int64_t fee_change = fee - payment.settled_fee;
  const std::int64_t net_change = (amount - fee) - (payment.settled_amount - payment.settled_fee);
  const auto net_kind = correction ? TransferKind::correction : TransferKind::payin;
  const auto fee_kind = correction ? TransferKind::correction_fee : TransferKind::payin_fee;
  const AccountId trader = trader_account(payment);
  if (auto done = post_signed(ws, ctx, payment, net_kind, trader, available_account(payment),
                              net_change, at);
      !done) {
    return done;
  }
  if (auto done =
          post_signed(ws, ctx, payment, fee_kind, trader, fees_account(payment), fee_change, at);
      !done) {
    return done;
  }
  payment.settled_amount = amount;
  payment.settled_fee = fee;
  return {};
}

std::expected<void, Refusal> hold_payout(WorkingSet& ws, const Context& ctx, RequestId id,
                                         Instant at) {
  auto& payment = ws.payments.edit(id);
  const std::int64_t fee = fee_of({payment.amount, payment.currency}, payment.fee).minor;
  const std::int64_t hold = checked_add(payment.amount, fee);
  auto done = post_signed(ws, ctx, payment, TransferKind::payout_hold, available_account(payment),
                          locked_account(payment), hold, at);
  if (done) payment.held = hold;
  return done;
}

std::expected<void, Refusal> post_payout(WorkingSet& ws, const Context& ctx, RequestId id,
                                         Posting posting, std::int64_t amount, Instant at) {
  if (posting == Posting::none) return {};
  auto& payment = ws.payments.edit(id);
  KASSA_CHECK(payment.settled_amount == 0, "a payout settled twice, payment " + id.text());
  const bool paid = posting == Posting::pay_out;
  const std::int64_t out = paid ? amount : 0;
  const std::int64_t fee = paid ? fee_of({amount, payment.currency}, payment.fee).minor : 0;
  if (out > payment.held - fee) {
    return std::unexpected(Refusal{RefusalCode::validation_failed,
                                   "The amount is more than what is locked for this payout.",
                                   std::nullopt, false});
  }
  const AccountId locked = locked_account(payment);
  const auto move = [&](TransferKind kind, const AccountId& to, std::int64_t part) {
    const auto done = post_signed(ws, ctx, payment, kind, locked, to, part, at);
    KASSA_CHECK(done.has_value(), "a hold that is not in the locked balance, " + id.text());
  };
  if (paid) move(TransferKind::payout, trader_account(payment), out);
  move(TransferKind::payout_fee, fees_account(payment), fee);
  move(TransferKind::payout_release, available_account(payment), payment.held - out - fee);
  payment.held = 0;
  payment.settled_amount = out;
  payment.settled_fee = fee;
  return {};
}

}  // namespace kassa::domain

#include "domain/notices.hpp"

#include "domain/transition.hpp"

namespace kassa::domain {

void attach(WorkingSet& ws, NoticeId notice, RequestId id, const Actor& actor, Instant now,
            const std::string& reason) {
  auto& row = ws.notices.edit(notice);
  row.request_id = id;
  row.state = NoticeState::attached;
  row.reason = reason;
  auto& payment = ws.payments.edit(id);
  ++payment.unread;
  schedule(payment);
  std::string what(name(row.kind));
  if (row.amount > 0) what += " of " + std::to_string(row.amount);
  if (!reason.empty()) what += ": " + reason;
  add_note(ws, id, Cause::noticed, actor, now, what);
}

void give_to_payment(WorkingSet& ws, const Context& ctx, NoticeId notice, RequestId id,
                     const Actor& actor, Instant now) {
  const std::int64_t amount = ws.notices.get(notice).amount;
  const State before = ws.payments.get(id).state;
  const auto seen = see_money(ws, ctx, id, amount, actor, now, "notice " + notice.text());
  if (!seen) {
    const bool too_much = seen.error().code == RefusalCode::validation_failed;
    attach(ws, notice, id, actor, now,
           too_much ? "with it the payment would have more than any may have"
                    : "the payment was in " + text(before));
    return;
  }
  auto& row = ws.notices.edit(notice);
  row.request_id = id;
  row.state = NoticeState::applied;
  row.reason = "the payment went from " + text(before) + " to " + text(ws.payments.get(id).state);
}

NoticeId late_paid_id(const PayoutOrderId& order, LatePaid how) {
  // A payment's id is unique, and so is this one for it; no other kind of notice has such an id.
  NoticeId id{order.request_id.value};
  id.value.bytes[6] = static_cast<std::uint8_t>(0x80 | (id.value.bytes[6] & 0x0F));
  id.value.bytes[7] ^= static_cast<std::uint8_t>(how);
  for (std::size_t i = 0; i < 4; ++i) {
    id.value.bytes[15 - i] ^= static_cast<std::uint8_t>(order.number >> (8 * i));
  }
  return id;
}

void note_late_paid(WorkingSet& ws, const Context& ctx, const ReportPayout& word,
                    const PayoutOrder& order, LatePaid how, Instant now) {
  const NoticeId id = late_paid_id(order.id, how);
  if (ws.notices.find(id) != nullptr) return;  // said before
  const Payment& payout = ws.payments.get(word.request_id);
  Notice notice;
  notice.id = id;
  notice.kind = NoticeKind::late_paid;
  notice.currency = payout.currency;
  notice.amount = word.amount != 0 ? word.amount : payout.initial_amount;
  notice.seen_at = now;
  notice.recorded_at = ctx.real_now;
  notice.by = word.actor;
  ws.notices.insert(std::move(notice));
  attach(ws, id, word.request_id, word.actor, now,
         "order " + std::to_string(order.id.number) + " was " + std::string(name(order.state)));
  if (how != LatePaid::revoked) return;
  add_note(ws, word.request_id, Cause::paid_when_revoked, word.actor, now,
           "order " + std::to_string(order.id.number) + " of trader " + order.trader_id.text());
}

}  // namespace kassa::domain

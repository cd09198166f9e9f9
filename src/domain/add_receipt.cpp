// The payer shows a receipt (wire §8.1, §8.3): it lies there unread, so that no window ends the
// dispute over it, and a payin that was not paid in time goes to a person at once.
//
// The same file again for the same payment changes nothing; for another payment it is refused.
#include "domain/notices.hpp"
#include "domain/transition.hpp"

namespace kassa::domain {
namespace {

const Receipt* shown_before(const AddReceipt& command, const WorkingSet& ws) {
  for (const NoticeId id : ids_of(command)) {
    if (const Receipt* receipt = ws.receipts.find(id)) return receipt;
  }
  return nullptr;
}

void insert_receipt(const AddReceipt& command, WorkingSet& ws, const Context& ctx, Instant now) {
  auto& payment = ws.payments.edit(command.request_id);
  ++payment.receipts;
  Notice notice;
  notice.id = command.id;
  notice.kind = NoticeKind::receipt;
  notice.currency = payment.currency;
  notice.seen_at = now;
  notice.recorded_at = ctx.real_now;
  notice.by = command.actor;
  notice.details = command.details;
  ws.notices.insert(std::move(notice));
  Receipt receipt;
  receipt.notice_id = command.id;
  receipt.request_id = command.request_id;
  receipt.number = payment.receipts;
  receipt.kind = command.kind;
  receipt.size = command.size;
  receipt.content = command.content;
  receipt.file = command.file;
  receipt.created_at = ctx.real_now;
  ws.receipts.insert(std::move(receipt));
}

ReceiptAnswer answer_of(const WorkingSet& ws, const Receipt& receipt, bool created) {
  return {receipt, ws.payments.get(receipt.request_id), created};
}

}  // namespace

void reads(const AddReceipt& command, const WorkingSet& ws, const Context&, Keys& keys) {
  for (const NoticeId id : ids_of(command)) {
    if (!ws.receipts.knows(id)) keys.receipts.push_back(id);
  }
  if (!ws.notices.knows(command.id)) keys.notices.push_back(command.id);
  reads_payment(command.request_id, ws, keys);
}

Decision decide(const AddReceipt& command, WorkingSet& ws, const Context& ctx) {
  const auto found = live_payment(ws, command.request_id);
  if (!found) return std::unexpected(found.error());
  if (const Receipt* before = shown_before(command, ws)) {
    if (before->request_id == command.request_id) return answer_of(ws, *before, false);
    return std::unexpected(Refusal{RefusalCode::conflict,
                                   "This file was shown for another payment already.",
                                   (*found)->state, false});
  }
  const Instant now = now_of(ws, ctx, (*found)->clock);
  fire_due(ws, ctx, command.request_id, now);
  const Payment& payment = ws.payments.get(command.request_id);
  if (!takes_receipts(payment)) {
    return std::unexpected(
        refuse_transition(ws, ctx, command.request_id, command.actor, "showing a receipt"));
  }
  if (payment.receipts >= kReceiptsMax) {
    return std::unexpected(Refusal{RefusalCode::conflict,
                                   "This payment has five receipts, and takes no more.",
                                   payment.state, true});
  }
  if (command.file.is_nil()) {
    return std::unexpected(Refusal{RefusalCode::unavailable,
                                   "The payment has just begun to take receipts; send it again.",
                                   payment.state, true});
  }
  insert_receipt(command, ws, ctx, now);
  attach(ws, command.id, command.request_id, command.actor, now,
         "number " + std::to_string(payment.receipts) + ", " + std::string(name(command.kind)) +
             " of " + std::to_string(command.size) + " bytes");
  if (payment.state == state::no_payment) {
    const auto shown = transition(ws, ctx, command.request_id,
                                  {Cause::receipt, command.actor, now, "a receipt was shown", {}});
    KASSA_CHECK(shown.has_value(), "no edge for a receipt, payment " + command.request_id.text());
  }
  return answer_of(ws, ws.receipts.get(command.id), true);
}

}  // namespace kassa::domain

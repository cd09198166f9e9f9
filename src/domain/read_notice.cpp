// A person looked at a notice, and it changes nothing (wire §8.3): when the last one of a payment
// has been read, the window that waited for it ends, at the earliest now.
#include <algorithm>

#include "domain/transition.hpp"

namespace kassa::domain {

void reads(const ReadNotice& command, const WorkingSet& ws, const Context&, Keys& keys) {
  if (!ws.notices.knows(command.id)) {
    keys.notices.push_back(command.id);
    return;
  }
  const Notice* notice = ws.notices.find(command.id);
  if (notice != nullptr && !notice->request_id.is_nil())
    reads_payment(notice->request_id, ws, keys);
}

Decision decide(const ReadNotice& command, WorkingSet& ws, const Context& ctx) {
  const Notice* found = ws.notices.find(command.id);
  if (found == nullptr) {
    return std::unexpected(
        Refusal{RefusalCode::not_found, "There is no notice of this id.", {}, false});
  }
  const bool attached = found->state == NoticeState::attached;
  const RequestId whose = found->request_id;
  if (attached || found->state == NoticeState::waiting) {
    auto& notice = ws.notices.edit(command.id);
    notice.state = NoticeState::read;
    notice.reason = "read by " + command.actor.name;
    notice.note = command.note;
  }
  if (attached) {
    auto& payment = ws.payments.edit(whose);
    --payment.unread;
    KASSA_CHECK(payment.unread >= 0, "fewer than no unread notices, payment " + whose.text());
    const Instant now = now_of(ws, ctx, payment.clock);
    if (payment.unread == 0 && payment.window_at) {
      payment.window_at = std::max(*payment.window_at, now);
    }
    schedule(payment);
    add_note(ws, whose, Cause::notice_read, command.actor, now, "notice " + command.id.text());
  }
  NoticeAnswer answer{ws.notices.get(command.id), std::nullopt};
  if (!whose.is_nil()) answer.payment = ws.payments.get(whose);
  return answer;
}

}  // namespace kassa::domain

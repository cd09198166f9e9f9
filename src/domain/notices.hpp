// What a notice does to the payment that it belongs to (domain/notice.hpp has the row).
#pragma once

#include "domain/commands.hpp"

namespace kassa::domain {

/// Every id that what was seen may be known by: its hash differs by the ring's key (AddNotice,
/// AddReceipt).
template <class Add>
[[nodiscard]] std::vector<NoticeId> ids_of(const Add& command) {
  std::vector<NoticeId> ids{command.id};
  ids.insert(ids.end(), command.others.begin(), command.others.end());
  return ids;
}

/// Gives a money notice to its payin: where the lifecycle has an edge for money it follows it, else
/// the notice lies there unread. The payin's rows must be loaded, its due timers fired.
void give_to_payment(WorkingSet& ws, const Context& ctx, NoticeId notice, RequestId id,
                     const Actor& actor, Instant now);

/// Attaches a notice to a payment, unread.
void attach(WorkingSet& ws, NoticeId notice, RequestId id, const Actor& actor, Instant now,
            const std::string& reason);

/// A "paid" that came too late to be the trader's to say: past the payout's lifetime (a person has
/// to look), or for an order that was taken away (an alarm besides: money may have left twice).
enum class LatePaid : std::uint8_t { overdue, revoked, differs };

/// Its notice: one an order, and another if the order is taken away after that.
[[nodiscard]] NoticeId late_paid_id(const PayoutOrderId& order, LatePaid how);
void note_late_paid(WorkingSet& ws, const Context& ctx, const ReportPayout& word,
                    const PayoutOrder& order, LatePaid how, Instant now);

}  // namespace kassa::domain

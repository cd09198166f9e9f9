// What every create does, whichever the kind: the name is new or it is the same call again, the
// project takes payments, the row begins.
#pragma once

#include <expected>

#include "domain/commands.hpp"

namespace kassa::domain {

/// The rows that tell whether the payment_id is new, and those of the payment that has it.
void reads_create(const NewPayment& create, const WorkingSet& ws, Keys& keys);

/// The decision where the payment_id is known already: the payment as it stands, or a conflict
/// (wire §10.2); a refusal where it is not, and only the same create again may be answered.
[[nodiscard]] std::optional<Decision> answer_again(const NewPayment& create, PaymentKind kind,
                                                   WorkingSet& ws, const Context& ctx);

/// The project, if it takes payments in that currency now.
[[nodiscard]] std::expected<const Project*, Refusal> project_for(const NewPayment& create,
                                                                 const Context& ctx);

/// Why no new payments of this kind are taken now: a switch, or Kassa drains. What was accepted
/// before is answered all the same, so ask this after `answer_again`.
[[nodiscard]] std::optional<Refusal> takes_none(const NewPayment& create, PaymentKind kind,
                                                const Context& ctx);

/// The row as every kind begins it, in `processing:new`.
[[nodiscard]] Payment begin_payment(const NewPayment& create, PaymentKind kind,
                                    const Project& project, Instant now);

/// Adds the row with its key and its first event.
void insert_payment(WorkingSet& ws, const Context& ctx, const ContentHash& content,
                    Payment payment);

}  // namespace kassa::domain

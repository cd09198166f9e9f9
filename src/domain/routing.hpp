// Which requisites serve a payin, and why not the others.
//
// The store hands over candidates that fit by what is stored, the one whose turn it is first. Here
// the same rules (domain/candidates.hpp) are asked again in the state that the batch has reached,
// and the choice is made: whose turn it is (domain/turns.hpp).
#pragma once

#include <optional>
#include <string>

#include "domain/commands.hpp"

namespace kassa::domain {

struct Choice {
  std::optional<RequisitesId> chosen;
  std::string reason;           // of the choice, or of the miss, for operators
  Instant last_in_line{};       // the latest turn of all that fitted (domain/turns.hpp)
  bool taken_in_batch = false;  // missed only because this batch took them: try again at once
  bool complete = true;         // false: missed so far, the search goes on from where it stopped
};

[[nodiscard]] Choice choose_requisites(const WorkingSet& ws, const Context& ctx,
                                       const Payment& payment, Instant now);

/// Whether that trader, whose account and exposure were named, may be given the payin at all.
[[nodiscard]] bool has_credit(const WorkingSet& ws, const Context& ctx, const Payment& payment,
                              TraderId id, Instant now);

/// Gives the chosen requisites to the payin: turn, slot, day, exposure, then the edge `assigned`.
void assign_requisites(WorkingSet& ws, const Context& ctx, RequestId id, const Choice& choice,
                       Instant now);

/// The rows that the choice among the loaded candidates reads.
void reads_candidates(const Payment& payment, const WorkingSet& ws, const Context& ctx, Instant now,
                      Keys& keys);

/// The calendar day there, in days since 1970-01-01. `zone` is an IANA name that was checked when
/// the requisites were imported.
[[nodiscard]] std::int32_t day_in_zone(Instant at, const std::string& zone);
[[nodiscard]] bool is_time_zone(const std::string& zone);

}  // namespace kassa::domain

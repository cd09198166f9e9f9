// What the desk's calls about notices share.
#pragma once

#include <optional>
#include <string>

#include "api/admin/fields.hpp"
#include "api/gateway.hpp"

namespace kassa::api {

/// When money was seen at the latest: the year 2100.
inline constexpr std::int64_t kSeenMsMax = 4'102'444'800'000;

/// What tells one arrival of money from another at the same place: the bank's reference, or else
/// the amount with the moment, if that was said.
struct Arrival {
  std::optional<std::string> reference;
  std::int64_t amount = 0;
  std::optional<domain::Instant> at;
};

/// The field `reference`, one line.
[[nodiscard]] std::optional<std::string> read_reference(Fields& fields);

/// The id of a notice: made of the arrival and of where it was, so that the same words said twice
/// are one notice. Keyed, since a reference may be guessed.
[[nodiscard]] domain::NoticeId notice_id_of(Gateway& gateway, const domain::Uuid& place,
                                            const Arrival& arrival);

[[nodiscard]] domain::Sealed seal_notice(Gateway& gateway, domain::NoticeId id,
                                         const std::optional<std::string>& reference,
                                         const std::string& note);

/// A notice, and the state of its payment, as the answer of a command about it.
[[nodiscard]] std::string notice_summary(const domain::Answer& answer);

}  // namespace kassa::api

// What the desk's calls about notices share.
#pragma once

#include "api/gateway.hpp"

namespace kassa::api {

/// The id of a notice with a reference: made of it and of where the money came, so that the same
/// transfer reported twice is one notice. Keyed, since a reference may be guessed.
[[nodiscard]] domain::NoticeId notice_id_of(Gateway& gateway, const domain::Uuid& place,
                                            std::string_view reference);

[[nodiscard]] domain::Sealed seal_notice(Gateway& gateway, domain::NoticeId id,
                                         const std::optional<std::string>& reference,
                                         const std::string& note);

/// A notice, and the state of its payment, as the answer of a command about it.
[[nodiscard]] std::string notice_summary(const domain::Answer& answer);

}  // namespace kassa::api

// What the desk's calls about notices share.
#pragma once

#include <optional>
#include <string>

#include "api/admin/fields.hpp"
#include "api/gateway.hpp"

namespace kassa::api {

/// What the desk is told of money besides its amount and moment.
struct MoneySaid {
  std::optional<std::string> reference;  // the bank's, one line
  std::string note;
};

/// The fields `amount` and `seen_ms`, for the notice, and `reference` and `note`.
[[nodiscard]] MoneySaid read_money(Fields& fields, domain::AddNotice& notice);

/// Gives the notice its id, and seals what was said. The id is made of where the money came and of
/// what tells it from other money there: the bank's reference, or else the amount with the moment,
/// if that was said. So the same words said twice are one notice. Keyed, since a reference may be
/// guessed.
void identify(Gateway& gateway, const domain::Uuid& place, const MoneySaid& said,
              domain::AddNotice& notice);

/// A notice, and the state of its payment, as the answer of a command about it.
[[nodiscard]] std::string notice_summary(const domain::Answer& answer);

}  // namespace kassa::api

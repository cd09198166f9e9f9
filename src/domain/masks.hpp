// What may be shown of a card, a phone or a holder (wire §5.3): always exactly four asterisks.
// Lengths count code points.
#pragma once

#include <string>
#include <string_view>

namespace kassa::domain {

[[nodiscard]] std::string mask_card(std::string_view pan);             // 48507****1726
[[nodiscard]] std::string mask_card_for_widget(std::string_view pan);  // 2202****6980
[[nodiscard]] std::string mask_phone(std::string_view phone);          // +7700****67
[[nodiscard]] std::string mask_holder(std::string_view name);          // Erik****rman

}  // namespace kassa::domain

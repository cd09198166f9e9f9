// What is kept of a merchant's answer: enough to see what went wrong, too little to hold a card.
#pragma once

#include <string>
#include <string_view>

namespace kassa::callbacks {

inline constexpr std::size_t kExcerptBytesMax = 256;

/// At most 256 bytes of printable UTF-8. Runs of six digits or more, also with a space,
/// hyphen, dot or bracket or two between them, become `****`; control characters become spaces,
/// broken UTF-8 `?`.
[[nodiscard]] std::string excerpt_of(std::string_view answer);

}  // namespace kassa::callbacks

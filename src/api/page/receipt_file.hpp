// What a file is by its bytes: whatever it is called and said to be.
#pragma once

#include <optional>
#include <string_view>

#include "domain/receipt.hpp"

namespace kassa::api {

/// Nothing when it is none of the three, or has lost its end. It looks at the frame of the file
/// (signatures, the chain of segments or chunks), not at the picture.
[[nodiscard]] std::optional<domain::ReceiptKind> receipt_kind_of(std::string_view bytes);

}  // namespace kassa::api

// Whether the receipts' files are where their rows say: what `ledger check` and the hourly check
// ask beside the books.
#pragma once

#include "store/store.hpp"

namespace kassa::store {

/// A sentence for each receipt whose file is missing, at most 100. It takes the time it needs; a
/// stop that is requested ends it as `busy`.
[[nodiscard]] std::vector<std::string> missing_receipts(Reader& reader, ReceiptFiles& files,
                                                        std::stop_token stop = {});

}  // namespace kassa::store

// Proves the books: everything that can be computed twice is, from one snapshot.
//
// One pass over payments, events and transfers side by side, in the order of their keys, and a few
// queries for the rest; memory grows with the number of accounts and traders, not of payments.
#pragma once

#include "store/database.hpp"

namespace kassa::store {

/// Called inside a read transaction.
[[nodiscard]] LedgerReport check_ledger(Database& db);

}  // namespace kassa::store

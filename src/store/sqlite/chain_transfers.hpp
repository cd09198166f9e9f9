// What migration 4 does that SQL can't: the chain of the transfers that were there before it.
#pragma once

#include "store/sqlite/database.hpp"

namespace kassa::store::sqlite {

/// Gives every transfer its chain and every lane its head. Called inside the migration's
/// transaction. It names the columns that transfers had then: those of later migrations hold their
/// defaults, which are not part of a chain.
void chain_stored_transfers(Database& db);

}  // namespace kassa::store::sqlite

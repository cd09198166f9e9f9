// Banks that routing has requisites of now (wire §5.4): the lines of the pools, walked by the rules
// of routing (domain/candidates.hpp), but for the amount, which nobody has named yet.
#pragma once

#include "store/pool_line.hpp"
#include "store/store.hpp"

namespace kassa::store {

/// Called inside a read transaction.
[[nodiscard]] std::set<std::string, std::less<>> available_banks(LineSource& source,
                                                                 const BankQuery& query);

}  // namespace kassa::store

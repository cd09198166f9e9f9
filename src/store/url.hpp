// The URL of a store, looked at without opening it.
#pragma once

#include <string>

namespace kassa::store {

/// Throws StoreError for a URL that can't be one of a store, with a sentence that repeats nothing
/// of it: a URL may hold a password.
void check_url(const std::string& url);

}  // namespace kassa::store

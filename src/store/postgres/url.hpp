// The URL of a store in PostgreSQL, which may hold a password.
#pragma once

#include <string>

namespace kassa::store::postgres {

/// Throws StoreError for a URL that libpq can't read, or reads otherwise than it was meant: an `@`
/// of the password makes the rest of it a host's name. libpq's own sentences quote what they mean,
/// so they are never told of a URL.
void check_url(const std::string& url);

}  // namespace kassa::store::postgres

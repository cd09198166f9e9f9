// Randomness of the operating system (getrandom), and the ids that are made of it.
//
// Each thread draws 4 KiB at a time, so an id costs a copy instead of a system call; bytes are
// wiped as they are handed out. Not safe across fork(): a child would repeat its parent's buffer,
// and Kassa never forks after its first id. Thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "domain/time.hpp"
#include "domain/uuid.hpp"

namespace kassa::ops {

/// Fills `out`. Throws std::system_error when the kernel has no randomness to give: nothing may go
/// on with a guessable id or nonce.
void fill_random(std::span<std::uint8_t> out);

[[nodiscard]] domain::Uuid random_uuid_v4();
[[nodiscard]] domain::Uuid new_uuid_v7(domain::Instant now);

/// The id of a new payment, by its creation time, so that payments lie in time order in the store.
[[nodiscard]] domain::RequestId new_request_id(domain::Instant now);

}  // namespace kassa::ops

// Who owns what the service uses.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace kassa::cli {

/// Why `user` must not make or replace anything at `place`, which need not be there yet; nothing
/// where it may. Root may do everything, and what it makes is root's: a key ring, a store or a lock
/// that the service's own user can't open any more.
[[nodiscard]] std::optional<std::string> wrong_user(const std::filesystem::path& place, uid_t user);

/// Throws Refused where one of the places is another user's and this is root.
void refuse_wrong_user(const std::vector<std::filesystem::path>& places);

}  // namespace kassa::cli

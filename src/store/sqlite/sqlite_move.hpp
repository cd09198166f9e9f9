// The two ends of a move (store/move/move_ends.hpp) in SQLite. Each holds the store's lock, so
// nobody can have it open, and nobody can begin to.
#pragma once

#include <filesystem>
#include <memory>

#include "store/move/move_ends.hpp"

namespace kassa::store::sqlite {

[[nodiscard]] std::unique_ptr<MoveSource> open_move_source(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<MoveTarget> open_move_target(const std::filesystem::path& path);

}  // namespace kassa::store::sqlite

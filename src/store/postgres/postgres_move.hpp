// The two ends of a move (store/move/move_ends.hpp) in PostgreSQL. Nobody owns a store there, so
// whether gateways live on it is asked of the server: each holds the advisory lock of its lane.
#pragma once

#include <memory>
#include <string>

#include "store/move/move_ends.hpp"

namespace kassa::store::postgres {

[[nodiscard]] std::unique_ptr<MoveSource> open_move_source(const std::string& url);
[[nodiscard]] std::unique_ptr<MoveTarget> open_move_target(const std::string& url);

}  // namespace kassa::store::postgres

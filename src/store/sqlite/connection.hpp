// How every connection to a store is set up, and why.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "store/sqlite/database.hpp"
#include "store/store.hpp"

namespace kassa::store::sqlite {

/// Whether `name` is a database in memory.
[[nodiscard]] bool is_in_memory(const std::string& name);

[[nodiscard]] std::string pragmas_of(const std::string& name, Database::Mode mode);

/// A connection with the pragmas of its mode. The file exists already.
[[nodiscard]] Database open_connection(const std::string& name, Database::Mode mode);

/// A reader with a connection of its own.
[[nodiscard]] std::unique_ptr<Reader> open_reader(const std::string& name,
                                                  std::chrono::milliseconds timeout);

}  // namespace kassa::store::sqlite

// Files that the command line reads and writes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kassa::cli {

/// The whole file; throws Refused with its path and why.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

/// Writes a new file of that mode, synced; throws Refused, also when it exists already: a key file
/// is never overwritten.
void write_new_file(const std::filesystem::path& path, std::string_view text, unsigned mode);

/// Replaces the file in one step.
void replace_file(const std::filesystem::path& path, std::string_view text, unsigned mode);

}  // namespace kassa::cli

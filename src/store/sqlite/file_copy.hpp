// Files that are written for good: owner-only, never in the place of another, synced. Every failure
// is a StoreError that names the file; no space is `full`.
#pragma once

#include <filesystem>

namespace kassa::store::sqlite {

/// An empty file, mode 0600.
void make_file(const std::filesystem::path& path);
/// A folder, mode 0700.
void make_folder(const std::filesystem::path& path);
/// Copies the bytes into a new file and syncs it. A file that is gone meanwhile is passed over.
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to);
}  // namespace kassa::store::sqlite

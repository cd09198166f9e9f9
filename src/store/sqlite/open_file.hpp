// A file of the store that is opened, written and synced by its descriptor. Every failure is a
// StoreError that names the file; no space is `full`.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace kassa::store::sqlite {

/// Throws the StoreError of this errno.
[[noreturn]] void fail_on_file(const std::filesystem::path& path, int error);

/// Closed with the object. Made with mode 0600.
class OpenFile {
 public:
  /// Whether it could be opened is asked next: `required`, or `is_missing` where that is no
  /// failure.
  OpenFile(std::filesystem::path path, int flags);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] bool is_missing() const;
  const OpenFile& required() const;
  /// How many bytes it read into `part`; 0 at the end.
  [[nodiscard]] std::size_t read(std::span<char> part) const;
  void write(std::string_view bytes) const;
  void sync() const;

 private:
  std::filesystem::path path_;
  int file_;
  int error_;  // of opening it
};

/// Syncs a file or folder.
void sync(const std::filesystem::path& path);

}  // namespace kassa::store::sqlite

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

/// Writes a file part by part; it takes the place of another of its name when it is whole. Throws
/// Refused with its path and why.
class FileWriter {
 public:
  FileWriter(std::filesystem::path path, unsigned mode);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::string_view text);
  /// Synced and renamed; without it nothing is left of the file.
  void finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path fresh_;
  int file_;
};

/// Replaces the file in one step.
void replace_file(const std::filesystem::path& path, std::string_view text, unsigned mode);

}  // namespace kassa::cli

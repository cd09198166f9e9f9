// The folder that backups lie in, one folder each: kassa-20260131T120000.123Z. One that is being
// made is called *.partial and has no manifest, so that whatever interrupts it, nothing is left
// that looks whole; the next backup removes it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kassa::cli {

/// A backup being made. Without `finish` nothing is left of it.
class UnfinishedBackup {
 public:
  /// Makes `into` where it is missing, and clears it of what was interrupted. Throws Refused.
  UnfinishedBackup(const std::filesystem::path& into, std::int64_t taken_at_ms);
  ~UnfinishedBackup();
  UnfinishedBackup(const UnfinishedBackup&) = delete;
  UnfinishedBackup& operator=(const UnfinishedBackup&) = delete;

  [[nodiscard]] const std::filesystem::path& folder() const { return partial_; }
  /// Gives it its name, which it returns. All its files are synced already.
  std::filesystem::path finish();

 private:
  std::filesystem::path into_;
  std::filesystem::path whole_;
  std::filesystem::path partial_;
  int lock_ = -1;  // others see that somebody is at it
};

/// The whole backups of the folder, oldest first.
[[nodiscard]] std::vector<std::filesystem::path> whole_backups(const std::filesystem::path& into);

/// Removes all but the newest; how many that were.
std::size_t keep_newest(const std::filesystem::path& into, std::size_t count);

}  // namespace kassa::cli

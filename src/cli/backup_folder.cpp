#include "cli/backup_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "cli/backup_manifest.hpp"
#include "cli/print.hpp"
#include "cli/session.hpp"

namespace kassa::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "kassa-";
constexpr std::string_view kPartial = ".partial";
constexpr std::size_t kNameBytes = 26;  // kassa-20260131T120000.123Z

[[noreturn]] void fail(const fs::path& path) {
  throw Refused(path.string() + ": " + std::generic_category().message(errno));
}

std::string name_at(std::int64_t ms) {
  std::string time = iso_time(ms);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return std::string(kPrefix) + time;
}

/// The folder's lock, or -1 where another process holds it. It ends with the process.
int lock_folder(const fs::path& folder) {
  const int lock = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) fail(folder);
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) return lock;
  ::close(lock);
  return -1;
}

void remove_interrupted(const fs::path& into) {
  std::vector<fs::path> left;
  for (const auto& entry : fs::directory_iterator(into)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kPartial)) left.push_back(entry.path());
  }
  for (const auto& partial : left) {
    const int lock = lock_folder(partial);
    if (lock < 0) continue;
    fs::remove_all(partial);
    ::close(lock);
  }
}

void sync_folder(const fs::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) fail(folder);
  const bool good = ::fsync(file) == 0;
  ::close(file);
  if (!good) fail(folder);
}

}  // namespace

UnfinishedBackup::UnfinishedBackup(const fs::path& into, std::int64_t taken_at_ms)
    : into_(into),
      whole_(into / name_at(taken_at_ms)),
      partial_(whole_.string() + std::string(kPartial)) {
  if (::mkdir(into_.c_str(), 0700) != 0 && errno != EEXIST) fail(into_);
  remove_interrupted(into_);
  if (::mkdir(partial_.c_str(), 0700) != 0) fail(partial_);
  lock_ = lock_folder(partial_);
}

UnfinishedBackup::~UnfinishedBackup() {
  std::error_code ignored;
  fs::remove_all(partial_, ignored);
  if (lock_ >= 0) ::close(lock_);
}

fs::path UnfinishedBackup::finish() {
  sync_folder(partial_);
  if (::rename(partial_.c_str(), whole_.c_str()) != 0) fail(whole_);
  sync_folder(into_);
  return whole_;
}

std::vector<fs::path> whole_backups(const fs::path& into) {
  std::vector<fs::path> backups;
  for (const auto& entry : fs::directory_iterator(into)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with(kPrefix) && name.size() == kNameBytes;
    if (ours && fs::exists(entry.path() / kManifestName)) backups.push_back(entry.path());
  }
  std::ranges::sort(backups);
  return backups;
}

std::size_t keep_newest(const fs::path& into, std::size_t count) {
  const std::vector<fs::path> backups = whole_backups(into);
  const std::size_t old = backups.size() > count ? backups.size() - count : 0;
  for (std::size_t i = 0; i < old; ++i) {
    // Without its manifest first: half removed, it must not look whole.
    fs::remove(backups[i] / kManifestName);
    fs::remove_all(backups[i]);
  }
  return old;
}

}  // namespace kassa::cli

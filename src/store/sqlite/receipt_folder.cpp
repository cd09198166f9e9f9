#include "store/sqlite/receipt_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <system_error>

namespace kassa::store::sqlite {
namespace {

namespace fs = std::filesystem;
using domain::ReceiptFileId;

constexpr std::string_view kSealedSuffix = ".sealed";
constexpr std::string_view kNewSuffix = ".new";

[[noreturn]] void fail(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw StoreError(
      full ? StoreError::Kind::full : StoreError::Kind::failed,
      fmt::format("receipt file {}: {}", path.string(), std::generic_category().message(error)));
}

/// An open file, closed with the object.
class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags)
      : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (file_ < 0) fail(path_, errno);
  }
  ~OpenFile() { ::close(file_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail(path_, written < 0 ? errno : ENOSPC);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  [[nodiscard]] std::string read() const {
    struct stat status{};
    if (::fstat(file_, &status) != 0) fail(path_, errno);
    std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t got = 0;
    while (got < bytes.size()) {
      const ssize_t read = ::read(file_, bytes.data() + got, bytes.size() - got);
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) fail(path_, errno);
      if (read == 0) break;
      got += static_cast<std::size_t>(read);
    }
    bytes.resize(got);
    return bytes;
  }
  void sync() const {
    if (::fsync(file_) != 0) fail(path_, errno);
  }

 private:
  const fs::path& path_;
  int file_;
};

void sync_folder(const fs::path& folder) {
  OpenFile(folder, O_RDONLY | O_DIRECTORY).sync();
}

void make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    sync_folder(folder.has_parent_path() ? folder.parent_path() : ".");
  } else if (errno != EEXIST) {
    fail(folder, errno);
  }
}

/// The id that the file of this name has, if it is one of ours.
std::optional<ReceiptFileId> id_of_name(std::string_view name) {
  for (const std::string_view suffix : {kSealedSuffix, kNewSuffix}) {
    if (name.ends_with(suffix)) {
      return ReceiptFileId::parse(name.substr(0, name.size() - suffix.size()));
    }
  }
  return std::nullopt;
}

class ReceiptsInMemory final : public ReceiptFiles {
 public:
  void put(ReceiptFileId id, std::string_view sealed) override {
    const std::lock_guard lock(mutex_);
    files_.insert_or_assign(id, std::string(sealed));
  }
  std::optional<std::string> get(ReceiptFileId id) override {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(id);
    return found == files_.end() ? std::nullopt : std::optional(found->second);
  }
  bool has(ReceiptFileId id) override {
    const std::lock_guard lock(mutex_);
    return files_.contains(id);
  }
  void remove(ReceiptFileId id) override {
    const std::lock_guard lock(mutex_);
    files_.erase(id);
  }

 private:
  std::mutex mutex_;
  std::map<ReceiptFileId, std::string> files_;
};

}  // namespace

fs::path ReceiptFolder::place_of(ReceiptFileId id) const {
  return folder_ / (id.text() + std::string(kSealedSuffix));
}

void ReceiptFolder::put(ReceiptFileId id, std::string_view sealed) {
  make_folder(folder_);
  const fs::path fresh = folder_ / (id.text() + std::string(kNewSuffix));
  try {
    const OpenFile file(fresh, O_WRONLY | O_CREAT | O_EXCL);
    file.write(sealed);
    file.sync();
  } catch (const StoreError&) {
    ::unlink(fresh.c_str());
    throw;
  }
  if (::rename(fresh.c_str(), place_of(id).c_str()) != 0) fail(fresh, errno);
  sync_folder(folder_);
}

std::optional<std::string> ReceiptFolder::get(ReceiptFileId id) {
  const fs::path path = place_of(id);
  if (!has(id)) return std::nullopt;
  return OpenFile(path, O_RDONLY).read();
}

bool ReceiptFolder::has(ReceiptFileId id) {
  return ::access(place_of(id).c_str(), F_OK) == 0;
}

void ReceiptFolder::remove(ReceiptFileId id) {
  ::unlink(place_of(id).c_str());
}

std::size_t ReceiptFolder::keep_only(const std::vector<ReceiptFileId>& kept) {
  std::error_code error;
  fs::directory_iterator files(folder_, error);
  if (error) return 0;  // there is none yet
  std::size_t removed = 0;
  for (const auto& file : files) {
    const std::string name = file.path().filename().string();
    const auto id = id_of_name(name);
    if (!id) continue;
    const bool is_kept = name.ends_with(kSealedSuffix) && std::ranges::binary_search(kept, *id);
    if (!is_kept && ::unlink(file.path().c_str()) == 0) ++removed;
  }
  if (removed > 0) sync_folder(folder_);
  return removed;
}

std::unique_ptr<ReceiptFiles> receipt_files_in_memory() {
  return std::make_unique<ReceiptsInMemory>();
}

}  // namespace kassa::store::sqlite

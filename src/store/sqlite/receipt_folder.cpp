#include "store/sqlite/receipt_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <system_error>

#include "store/sqlite/open_file.hpp"

namespace kassa::store::sqlite {
namespace {

namespace fs = std::filesystem;
using domain::ReceiptFileId;

constexpr std::string_view kSealedSuffix = ".sealed";

constexpr std::size_t kPartBytes = std::size_t{1} << 20;

std::string bytes_of(const fs::path& path) {
  const OpenFile file(path, O_RDONLY);
  file.required();
  std::string bytes;
  std::vector<char> part(kPartBytes);
  for (std::size_t size = file.read(part); size > 0; size = file.read(part)) {
    bytes.append(part.data(), size);
  }
  return bytes;
}

void make_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    sync(folder.has_parent_path() ? folder.parent_path() : ".");
  } else if (errno != EEXIST) {
    fail_on_file(folder, errno);
  }
}

/// The id that the file of this name has, if it is one of ours.
std::optional<ReceiptFileId> id_of_name(std::string_view name) {
  for (const std::string_view suffix : {kSealedSuffix, kUnfinishedSuffix}) {
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
  const fs::path fresh = folder_ / (id.text() + std::string(kUnfinishedSuffix));
  try {
    const OpenFile file(fresh, O_WRONLY | O_CREAT | O_EXCL);
    file.required().write(sealed);
    file.sync();
  } catch (const StoreError&) {
    ::unlink(fresh.c_str());
    throw;
  }
  if (::rename(fresh.c_str(), place_of(id).c_str()) != 0) fail_on_file(fresh, errno);
  sync(folder_);
}

std::optional<std::string> ReceiptFolder::get(ReceiptFileId id) {
  const fs::path path = place_of(id);
  if (!has(id)) return std::nullopt;
  return bytes_of(path);
}

std::optional<std::string> ReceiptFolder::head(ReceiptFileId id) {
  const OpenFile file(place_of(id), O_RDONLY);
  if (file.is_missing()) return std::nullopt;
  std::vector<char> part(kReceiptHeadBytes);
  const std::size_t size = file.required().read(part);
  return std::string(part.data(), size);
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
  if (removed > 0) sync(folder_);
  return removed;
}

std::unique_ptr<ReceiptFiles> receipt_files_in_memory() {
  return std::make_unique<ReceiptsInMemory>();
}

}  // namespace kassa::store::sqlite

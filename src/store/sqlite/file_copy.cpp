#include "store/sqlite/file_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>
#include <vector>

#include "store/store.hpp"

namespace kassa::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPartBytes = std::size_t{1} << 20;

[[noreturn]] void fail(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw StoreError(full ? StoreError::Kind::full : StoreError::Kind::failed,
                   fmt::format("{}: {}", path.string(), std::generic_category().message(error)));
}

/// An open file, closed with the object.
class OpenFile {
 public:
  OpenFile(const fs::path& path, int flags)
      : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~OpenFile() {
    if (file_ >= 0) ::close(file_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  [[nodiscard]] bool is_open() const { return file_ >= 0; }
  const OpenFile& required() const {
    if (file_ < 0) fail(path_, errno);
    return *this;
  }
  /// How many bytes it read into `part`; 0 at the end.
  [[nodiscard]] std::size_t read(std::vector<char>& part) const {
    for (;;) {
      const ssize_t size = ::read(file_, part.data(), part.size());
      if (size >= 0) return static_cast<std::size_t>(size);
      if (errno != EINTR) fail(path_, errno);
    }
  }
  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) fail(path_, written < 0 ? errno : ENOSPC);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  void sync() const {
    if (::fsync(file_) != 0) fail(path_, errno);
  }

 private:
  const fs::path& path_;
  int file_;
};

}  // namespace

void make_file(const fs::path& path) {
  (void)OpenFile(path, O_RDWR | O_CREAT | O_EXCL).required();
}

void make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0) fail(path, errno);
}

void copy_file(const fs::path& from, const fs::path& to) {
  const OpenFile source(from, O_RDONLY);
  if (!source.is_open() && errno == ENOENT) return;
  source.required();
  const OpenFile copy(to, O_WRONLY | O_CREAT | O_EXCL);
  copy.required();
  std::vector<char> part(kPartBytes);
  for (std::size_t size = source.read(part); size > 0; size = source.read(part)) {
    copy.write({part.data(), size});
  }
  copy.sync();
}

void sync(const fs::path& path) {
  OpenFile(path, O_RDONLY).required().sync();
}

}  // namespace kassa::store::sqlite

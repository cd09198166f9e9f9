#include "store/sqlite/open_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "store/store.hpp"

namespace kassa::store::sqlite {

void fail_on_file(const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT;
  throw StoreError(full ? StoreError::Kind::full : StoreError::Kind::failed,
                   fmt::format("{}: {}", path.string(), std::generic_category().message(error)));
}

OpenFile::OpenFile(std::filesystem::path path, int flags)
    : path_(std::move(path)),
      file_(::open(path_.c_str(), flags | O_CLOEXEC, 0600)),
      error_(file_ < 0 ? errno : 0) {}

OpenFile::~OpenFile() {
  if (file_ >= 0) ::close(file_);
}

bool OpenFile::is_missing() const {
  return error_ == ENOENT;
}

const OpenFile& OpenFile::required() const {
  if (file_ < 0) fail_on_file(path_, error_);
  return *this;
}

std::size_t OpenFile::read(std::span<char> part) const {
  for (;;) {
    const ssize_t size = ::read(file_, part.data(), part.size());
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno != EINTR) fail_on_file(path_, errno);
  }
}

void OpenFile::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail_on_file(path_, written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void OpenFile::sync() const {
  if (::fsync(file_) != 0) fail_on_file(path_, errno);
}

void sync(const std::filesystem::path& path) {
  OpenFile(path, O_RDONLY).required().sync();
}

}  // namespace kassa::store::sqlite

#include "store/sqlite/owner_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "store/store.hpp"

namespace kassa::store::sqlite {
namespace {

struct ::flock whole_file() {
  struct ::flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

[[noreturn]] void fail(const std::string& path, int error) {
  throw StoreError(StoreError::Kind::failed,
                   fmt::format("store lock {}: {}; the folder must exist and be writable", path,
                               std::generic_category().message(error)));
}

std::string read_pid(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

OwnerLock::OwnerLock(const std::string& path) {
  const std::string name = path + ".lock";
  file_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) fail(name, errno);
  struct ::flock lock = whole_file();
  if (::fcntl(file_, F_OFD_SETLK, &lock) != 0) {
    const int error = errno;
    const std::string pid = read_pid(file_);
    ::close(file_);
    if (error != EAGAIN && error != EACCES) fail(name, error);
    throw StoreError(StoreError::Kind::busy,
                     fmt::format("the store {} is in use by process {}; stop it, or talk to it "
                                 "through its admin socket",
                                 path, pid));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  const bool written = ::ftruncate(file_, 0) == 0 && ::pwrite(file_, pid.data(), pid.size(), 0) ==
                                                         static_cast<ssize_t>(pid.size());
  if (!written) {
    const int error = errno;
    ::close(file_);
    fail(name, error);
  }
}

// The file stays: removing it would let a third process lock a new one while a second holds this.
OwnerLock::~OwnerLock() {
  ::close(file_);
}

bool OwnerLock::is_held(const std::string& path) {
  const int file = ::open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return false;
  struct ::flock lock = whole_file();
  const bool held = ::fcntl(file, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(file);
  return held;
}

}  // namespace kassa::store::sqlite

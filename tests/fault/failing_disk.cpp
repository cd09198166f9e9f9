// A library to preload under a program: makes its system calls fail as a disk does that is full,
// went read-only or lost a sync, and as a process does that has no file descriptor left.
//
// The environment's FAILING_DISK names a file; each of its lines is one fault, "CALL ERRNO PART":
// every CALL on a path that has PART in it fails with that error number. The file is read at each
// call, so a test turns faults on and off while the program runs. Calls: pwrite, sync, open,
// accept.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int real_open(const char* path, int flags, mode_t mode) {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

/// The error number that a call on this path shall fail with; 0: none.
int fault_of(const char* call, const char* path) {
  const char* plan = std::getenv("FAILING_DISK");
  if (plan == nullptr) return 0;
  const int file = real_open(plan, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  char text[1024];
  const ssize_t size = ::read(file, text, sizeof text - 1);
  ::close(file);
  text[size > 0 ? size : 0] = '\0';
  char* rest = nullptr;
  for (char* line = ::strtok_r(text, "\n", &rest); line != nullptr;
       line = ::strtok_r(nullptr, "\n", &rest)) {
    char name[16];
    char part[256];
    int error = 0;
    if (std::sscanf(line, "%15s %d %255s", name, &error, part) != 3) continue;
    if (std::strcmp(name, call) == 0 && std::strstr(path, part) != nullptr) return error;
  }
  return 0;
}

int fault_of(const char* call, int file) {
  char link[64];
  char path[1024];
  (void)std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = ::readlink(link, path, sizeof path - 1);
  path[size > 0 ? size : 0] = '\0';
  return fault_of(call, path);
}

bool fails(int error) {
  if (error != 0) errno = error;
  return error != 0;
}

}  // namespace

extern "C" {

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  if (fails(fault_of("pwrite", file))) return -1;
  return ::syscall(SYS_pwrite64, file, bytes, size, at);
}

int fdatasync(int file) {
  if (fails(fault_of("sync", file))) return -1;
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}

int fsync(int file) {
  if (fails(fault_of("sync", file))) return -1;
  return static_cast<int>(::syscall(SYS_fsync, file));
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>(va_arg(more, unsigned));
  va_end(more);
  if (fails(fault_of("open", path))) return -1;
  return real_open(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const auto mode = static_cast<mode_t>(va_arg(more, unsigned));
  va_end(more);
  if (fails(fault_of("open", path))) return -1;
  return real_open(path, flags, mode);
}

int accept4(int socket, sockaddr* address, socklen_t* size, int flags) {
  if (fails(fault_of("accept", socket))) return -1;
  return static_cast<int>(::syscall(SYS_accept4, socket, address, size, flags));
}

}  // extern "C"

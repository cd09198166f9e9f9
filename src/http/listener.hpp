// Listening sockets, made and bound. Plain POSIX: what accepts on them is worker.hpp.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>

namespace kassa::http {

/// Owns a file descriptor.
class UniqueFd {
 public:
  explicit UniqueFd(int fd = -1) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { reset(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

 private:
  int fd_;
};

/// Refuses if anybody listens there already: SO_REUSEPORT alone would let a second gateway of the
/// same user start and silently take half of the connections. Throws std::runtime_error.
void require_free_port(const std::string& host, std::uint16_t port);

/// Bound and listening, non-blocking, shared by SO_REUSEPORT. `host` is a numeric address (IPv4 or
/// IPv6) or "localhost". Throws std::runtime_error that names the address.
[[nodiscard]] UniqueFd listen_tcp(const std::string& host, std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(const UniqueFd& listener);

/// A unix socket at `path`, mode 0600 before anybody can connect. A socket file that nobody serves
/// is replaced; anything else at `path` is refused. Removes its file at the end, unless another
/// process has put its own there.
class UnixListener {
 public:
  /// Throws std::runtime_error that names the path.
  explicit UnixListener(std::string path);
  UnixListener(const UnixListener&) = delete;
  UnixListener& operator=(const UnixListener&) = delete;
  ~UnixListener();

  [[nodiscard]] UniqueFd take() { return std::move(fd_); }

 private:
  std::string path_;
  UniqueFd fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

/// The peer's IP as text ("192.0.2.1", "2001:db8::1"); empty on a unix socket.
[[nodiscard]] std::string peer_address(int fd);

}  // namespace kassa::http

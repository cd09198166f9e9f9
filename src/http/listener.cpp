#include "http/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace kassa::http {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn

[[noreturn]] void fail(const std::string& what, int error = errno) {
  throw std::runtime_error(what + ": " + std::system_category().message(error));
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// The host as it is written: no name is looked up at start.
AddressList resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(numeric.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) {
    throw std::runtime_error("cannot listen on '" + host + "': not an IP address (" +
                             ::gai_strerror(error) + ")");
  }
  return {found, &::freeaddrinfo};
}

std::string name_of(const std::string& host, std::uint16_t port) {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" +
         std::to_string(port);
}

void set(int fd, int level, int option, const std::string& what) {
  const int on = 1;
  if (::setsockopt(fd, level, option, &on, sizeof on) != 0) fail(what);
}

UniqueFd bind_tcp(const std::string& host, std::uint16_t port, bool shared) {
  const auto address = resolve(host, port);
  const std::string what = "cannot listen on " + name_of(host, port);
  UniqueFd fd(::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) fail(what);
  set(fd.get(), SOL_SOCKET, SO_REUSEADDR, what);
  if (shared) set(fd.get(), SOL_SOCKET, SO_REUSEPORT, what);
  if (address->ai_family == AF_INET6) set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, what);
  if (::bind(fd.get(), address->ai_addr, address->ai_addrlen) != 0) fail(what);
  return fd;
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw std::runtime_error("cannot listen on socket '" + path +
                             "': the path must have 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd unix_socket(const std::string& what) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) fail(what);
  return fd;
}

/// Makes room at `path`, if what is there is a socket that a dead process left.
void remove_stale_socket(const std::string& path, const sockaddr_un& address,
                         const std::string& what) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail(what);
  }
  if (!S_ISSOCK(status.st_mode)) {
    throw std::runtime_error(what + ": a file that is no socket is there; move it away");
  }
  const UniqueFd probe = unix_socket(what);
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  // Only ECONNREFUSED says that nobody listens; EAGAIN is a live but busy server.
  if (::connect(probe.get(), generic, sizeof address) == 0 || errno != ECONNREFUSED) {
    throw std::runtime_error(what + ": another process serves it");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail(what);
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

void require_free_port(const std::string& host, std::uint16_t port) {
  const UniqueFd probe = bind_tcp(host, port, /*shared=*/false);
  // Two sockets that are bound but not listening may share the address: only listen() tells.
  if (::listen(probe.get(), 1) != 0) fail("cannot listen on " + name_of(host, port));
}

UniqueFd listen_tcp(const std::string& host, std::uint16_t port) {
  UniqueFd fd = bind_tcp(host, port, /*shared=*/true);
  if (::listen(fd.get(), kBacklog) != 0) fail("cannot listen on " + name_of(host, port));
  return fd;
}

std::uint16_t port_of(const UniqueFd& listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    fail("cannot read the port of a listening socket");
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

UnixListener::UnixListener(std::string path) : path_(std::move(path)) {
  const std::string what = "cannot listen on socket '" + path_ + "'";
  const sockaddr_un address = unix_address(path_);
  remove_stale_socket(path_, address, what);
  UniqueFd fd = unix_socket(what);
  // Linux gives the file the socket's own mode, so that it never exists with a wider one; the
  // process-wide umask, which other threads create files by, stays as it is.
  if (::fchmod(fd.get(), 0600) != 0) fail(what);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail(what);
  }
  struct stat status{};
  if (::lstat(path_.c_str(), &status) != 0) fail(what);
  if ((status.st_mode & 0177) != 0) {
    throw std::runtime_error(what + ": this system made it accessible to others");
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  if (::listen(fd.get(), kBacklog) != 0) fail(what);
  fd_ = std::move(fd);
}

UnixListener::~UnixListener() {
  struct stat status{};
  if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
}

std::string peer_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* ip = nullptr;
  if (address.ss_family == AF_INET) {
    ip = &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr;
  } else if (address.ss_family == AF_INET6) {
    ip = &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
  } else {
    return {};
  }
  ::inet_ntop(address.ss_family, ip, text.data(), text.size());
  return text.data();
}

}  // namespace kassa::http

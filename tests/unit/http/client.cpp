#include "unit/http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace kassa::http::test {
namespace {

void limit_waiting(int fd) {
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

}  // namespace

Client::Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("connect to port " + std::to_string(port));
  }
  limit_waiting(fd_.get());
}

Client::Client(const std::string& unix_path)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_path.data(),
              std::min(unix_path.size(), sizeof address.sun_path - 1));
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("connect to " + unix_path);
  }
  limit_waiting(fd_.get());
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::receive() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t received = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (received <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(received));
  return true;
}

bool Client::read_until(std::string_view text) {
  std::size_t at;
  while ((at = received_.find(text)) == std::string::npos) {
    if (!receive()) return false;
  }
  received_.erase(0, at + text.size());
  return true;
}

std::optional<Answer> Client::read(bool to_head) {
  std::size_t end;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive()) return std::nullopt;
  }
  Answer answer;
  answer.status = std::stoi(received_.substr(9, 3));
  for (auto line = received_.find("\r\n") + 2; line < end;) {
    const auto line_end = received_.find("\r\n", line);
    const auto colon = received_.find(": ", line);
    answer.headers[received_.substr(line, colon - line)] =
        received_.substr(colon + 2, line_end - colon - 2);
    line = line_end + 2;
  }
  received_.erase(0, end + 4);
  const auto stated = answer.headers.find("content-length");
  const std::size_t size =
      to_head || stated == answer.headers.end() ? 0 : std::stoul(stated->second);
  while (received_.size() < size) {
    if (!receive()) return std::nullopt;
  }
  answer.body = received_.substr(0, size);
  received_.erase(0, size);
  return answer;
}

bool Client::readable_within(std::chrono::milliseconds patience) const {
  pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&entry, 1, static_cast<int>(patience.count())) == 1;
}

bool Client::closed() {
  if (!received_.empty()) return false;
  std::array<char, 64> buffer;
  const ssize_t received = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  return received == 0 || (received < 0 && errno == ECONNRESET);
}

void Client::shut_down_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}

}  // namespace kassa::http::test

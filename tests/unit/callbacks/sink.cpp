#include "unit/callbacks/sink.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace kassa::callbacks::test {
namespace {

/// A bound socket of 127.0.0.1 and its port.
std::pair<int, std::uint16_t> bound_socket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd, raw, length) != 0 || getsockname(fd, raw, &length) != 0) {
    throw std::runtime_error("no port on 127.0.0.1");
  }
  return {fd, ntohs(address.sin_port)};
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

SinkRequest parse_head(const std::string& head) {
  SinkRequest request;
  std::size_t at = head.find("\r\n");
  request.line = head.substr(0, at);
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    if (const auto colon = line.find(": "); colon != std::string::npos) {
      request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
    at = end;
  }
  return request;
}

void send_all(int socket, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t sent = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return;
    done += static_cast<std::size_t>(sent);
  }
}

}  // namespace

std::string http_answer(int status, const std::string& body, const std::string& more_headers) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Said\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more_headers +
         "\r\n" + body;
}

Sink::Sink(Answer answer) : answer_(std::move(answer)) {
  std::tie(listener_, port_) = bound_socket();
  if (listen(listener_, 256) != 0) throw std::runtime_error("listen failed");
  acceptor_ = std::thread([this] { accept_all(); });
}

Sink::~Sink() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int socket : sockets_) close(socket);
  close(listener_);
}

void Sink::accept_all() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++connections_;
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void Sink::serve(int socket) {
  std::string buffer;
  char bytes[8192];
  for (;;) {
    const auto head_end = buffer.find("\r\n\r\n");
    if (head_end != std::string::npos) {
      SinkRequest request = parse_head(buffer.substr(0, head_end));
      const std::size_t length = std::stoul(request.headers["content-length"]);
      if (buffer.size() >= head_end + 4 + length) {
        request.body = buffer.substr(head_end + 4, length);
        buffer.erase(0, head_end + 4 + length);
        {
          const std::lock_guard lock(mutex_);
          requests_.push_back(request);
        }
        arrived_.notify_all();
        const std::string answer = answer_(request);
        if (answer.empty()) {
          shutdown(socket, SHUT_RDWR);
          return;
        }
        send_all(socket, answer);
        continue;
      }
    }
    const ssize_t got = recv(socket, bytes, sizeof bytes, 0);
    if (got <= 0) return;
    buffer.append(bytes, static_cast<std::size_t>(got));
  }
}

std::string Sink::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<SinkRequest> Sink::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool Sink::wait_for(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return arrived_.wait_for(lock, std::chrono::seconds(30),
                           [&] { return requests_.size() >= count; });
}

std::uint16_t dead_port() {
  const auto [fd, port] = bound_socket();
  close(fd);
  return port;
}

void Gate::open() {
  {
    const std::lock_guard lock(mutex_);
    open_ = true;
  }
  opened_.notify_all();
}

void Gate::wait() {
  std::unique_lock lock(mutex_);
  opened_.wait(lock, [this] { return open_; });
}

}  // namespace kassa::callbacks::test

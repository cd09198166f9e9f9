// A merchant's server in a test: real sockets on 127.0.0.1, a thread a connection, answers as told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace kassa::callbacks::test {

struct SinkRequest {
  std::string line;                            // "POST /path HTTP/1.1"
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

/// "HTTP/1.1 <status> …" with this body.
[[nodiscard]] std::string http_answer(int status, const std::string& body = "",
                                      const std::string& more_headers = "");

class Sink {
 public:
  /// What is sent back; called on the connection's thread and may wait. Empty: close unanswered.
  using Answer = std::function<std::string(const SinkRequest&)>;

  explicit Sink(Answer answer);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/callback") const;
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::vector<SinkRequest> requests() const;
  [[nodiscard]] int connections() const { return connections_; }
  /// Waits until so many requests arrived; false after 30 s.
  [[nodiscard]] bool wait_for(std::size_t count) const;

 private:
  void accept_all();
  void serve(int socket);

  Answer answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;
  mutable std::condition_variable arrived_;
  std::vector<SinkRequest> requests_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// A port of 127.0.0.1 where nobody listens.
[[nodiscard]] std::uint16_t dead_port();

/// Holds whoever waits until it is opened.
class Gate {
 public:
  void open();
  void wait();

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

}  // namespace kassa::callbacks::test

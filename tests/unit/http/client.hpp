// A raw client on loopback for the tests of the server: it sends bytes as they are and reads whole
// answers. Every read gives up after some seconds, so that a failing test ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "http/listener.hpp"

namespace kassa::http::test {

struct Answer {
  int status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
};

class Client {
 public:
  explicit Client(std::uint16_t port);
  explicit Client(const std::string& unix_path);

  /// False if the peer has closed.
  bool send(std::string_view bytes);
  /// The next answer; none if the peer closed, or nothing came for five seconds. `to_head` says
  /// that no body follows whatever the length.
  std::optional<Answer> read(bool to_head = false);
  /// Reads up to `text`; false if it did not come.
  bool read_until(std::string_view text);
  /// True when the peer has closed (and sent nothing more).
  bool closed();
  /// Waits until there is something to read, or the end; false after `patience`.
  [[nodiscard]] bool readable_within(std::chrono::milliseconds patience) const;
  void shut_down_sending();
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  bool receive();

  UniqueFd fd_;
  std::string received_;
};

}  // namespace kassa::http::test

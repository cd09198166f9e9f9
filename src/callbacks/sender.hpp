// Sends letters over kept-alive connections: libcurl's multi interface on one thread.
//
// Every connection is judged twice (address_guard.hpp): its socket before it connects, and its peer
// before a request goes out, because libcurl shares connections between transfers and a test
// project's may lead where a live project's letter must not go. No proxies, no redirects, no other
// protocols, so that nothing connects on the merchant's word but these.
//
// After each wait, in which the process may have stood still, it is asked anew whose a letter is:
// before libcurl gets to act, and once more right before a request goes out.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "callbacks/letter.hpp"

namespace kassa::callbacks {

enum class SendFailure : std::uint8_t {
  none,
  status,
  timeout,
  connect,
  tls,
  address_refused,
  lease_lost,  // it is not ours to tell any more
};
/// As the metric callbacks_failed labels it.
[[nodiscard]] std::string_view name(SendFailure failure);

/// What became of one letter. 2xx and nothing else is success.
struct Sent {
  Letter letter;
  SendFailure failure = SendFailure::none;
  int http_status = 0;  // 0: no answer
  std::chrono::milliseconds duration{};
  std::string excerpt;  // of the answer, or why there is none

  /// The endpoint works, whatever it says about this letter.
  [[nodiscard]] bool endpoint_answered() const;
};

struct SenderOptions {
  std::chrono::milliseconds timeout{10'000};  // of the whole try
  long connections_kept_max = 256;
  /// Whether letters of this claim may go out; asked at the last moment. None: all may.
  std::function<bool(domain::GatewayId)> may_send = {};
};

/// All but wake() on one thread.
class Sender {
 public:
  explicit Sender(SenderOptions options);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  void send(Letter letter);
  /// Waits for something to happen, at most `pause`, and answers what ended.
  [[nodiscard]] std::vector<Sent> poll(std::chrono::milliseconds pause);
  [[nodiscard]] std::size_t in_flight() const { return transfers_.size(); }

  /// Ends a poll() that waits, or the next one at once. Thread-safe.
  void wake();

 private:
  struct Transfer;
  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  static curl_socket_t open_socket(void* transfer, curlsocktype purpose, curl_sockaddr* address);
  static int before_request(void* transfer, char* peer_ip, char* local_ip, int peer_port,
                            int local_port);
  static std::size_t read_answer(char* bytes, std::size_t size, std::size_t count, void* transfer);

  void configure(Transfer& transfer);
  [[nodiscard]] bool may_send(const Letter& letter) const;
  void break_off_others(std::vector<Sent>& ended_now);
  [[nodiscard]] Sent ended(CURL* easy, CURLcode code);

  SenderOptions options_;
  std::string user_agent_;
  std::unique_ptr<CURLM, MultiCleanup> multi_;
  std::vector<std::unique_ptr<Transfer>> transfers_;
  std::vector<std::unique_ptr<Transfer>> idle_;  // to be used again
};

}  // namespace kassa::callbacks

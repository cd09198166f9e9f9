// The HTTP/1.1 server: one io_context per thread, each with its own listening socket
// (SO_REUSEPORT); a unix socket for the command line goes through the same connections.
//
//      accept ─▶ read head (bounded) ─▶ read body (bounded) ─▶ Router ─▶ Handler
//                     ▲                                                   │
//                     └── next request (keep-alive) ◀── write answer ◀────┘ Responder, any thread
//
// Hazards that it answers for: slow senders and idle connections (deadlines by a coarse timer),
// smuggling shapes (both Content-Length and Transfer-Encoding, repeated or signed lengths,
// obs-fold, a bare CR, a missing Host), heads and bodies over their limits, pipelined garbage,
// EMFILE.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/http.hpp"
#include "http/tls.hpp"

namespace kassa::http {

struct ServerOptions {
  std::string listen_host = "127.0.0.1";  // a numeric IPv4 or IPv6 address, or "localhost"
  std::uint16_t listen_port = 0;          // 0: any free one, see Server::port()
  std::string unix_socket_path;           // empty: none; made with mode 0600
  int threads = 2;
  std::size_t connections_max = 10'000;  // over all threads; further ones get 503 and are closed
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t head_fields_max = 100;
  std::chrono::milliseconds head_timeout{10'000};    // first byte (or accept) to the whole head
  std::chrono::milliseconds body_timeout{10'000};    // from the head to the whole body
  std::chrono::milliseconds idle_timeout{75'000};    // between two requests of a kept connection
  std::chrono::milliseconds answer_timeout{10'000};  // the handler's answer; then 503
  std::chrono::milliseconds write_timeout{10'000};   // of a whole answer, of one event
  /// A stream that has no news says so after this, or up to a third later: so that what stands
  /// between sees that it lives, and not all speak at once.
  std::chrono::milliseconds stream_heartbeat{15'000};
  /// Told of every answer: its status, and how long after the whole request it was ready (zero for
  /// what the server itself refused). Called on I/O threads, several at once; must be short.
  std::function<void(int status, std::chrono::microseconds took)> on_answer;
  /// Told when connections begin to wait because none can be accepted, with the system's reason: no
  /// file descriptor or no memory is left. Called on I/O threads.
  std::function<void(const std::string& why)> on_accept_failed;
  /// What the TCP listener speaks TLS with; null: plain HTTP. The unix socket is always plain.
  std::shared_ptr<const TlsIdentity> tls;
};

/// Counters for /metrics; each is only ever increased, except `connections_open`.
struct ServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t accepts_failed = 0;  // no file descriptor or memory was left
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;  // answered or closed by the server itself
};

class Server {
 public:
  /// `public_router` serves TCP; `socket_router` (may be null) the unix socket. Both must outlive
  /// it.
  Server(ServerOptions options, const Router& public_router, const Router* socket_router);
  ~Server();

  /// Binds and starts the threads; throws std::runtime_error with a sentence that names the
  /// address.
  void start();
  [[nodiscard]] std::uint16_t port() const;

  /// Stops accepting, lets requests in progress finish (at most `grace`), closes, joins. Not from a
  /// handler. A Responder still held somewhere may be used afterwards; its answer goes nowhere.
  void stop(std::chrono::milliseconds grace);
  [[nodiscard]] ServerStats stats() const;

  /// What connections from now on are met with; only where it spoke TLS from the start.
  void change_tls(std::shared_ptr<const TlsIdentity> identity);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassa::http

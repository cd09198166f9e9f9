// TLS of a listener: a certificate with its key, and a session for each connection. OpenSSL's
// headers stay in tls.cpp.
//
// A session reads and writes the connection's own socket, which never blocks; whoever owns it waits
// for the socket, as it does without TLS (connection.cpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// As OpenSSL declares them.
struct ssl_st;
struct ssl_ctx_st;

namespace kassa::http {

class TlsSession {
 public:
  enum class Step : std::uint8_t { done, wants_read, wants_write, failed };
  static constexpr std::ptrdiff_t kWouldBlock = -1;

  explicit TlsSession(ssl_st* session) : session_(session) {}

  [[nodiscard]] Step handshake();
  /// Bytes received; 0: the peer has closed or failed; kWouldBlock.
  [[nodiscard]] std::ptrdiff_t receive(char* to, std::size_t size);
  /// Bytes taken; 0: the peer is gone; kWouldBlock: the same bytes again when the socket is ready.
  [[nodiscard]] std::ptrdiff_t send(std::string_view bytes);
  /// Whether bytes are here already that no wait for the socket would tell of.
  [[nodiscard]] bool has_pending() const;
  /// Whether the last `receive` waits for the socket to be writable: a key update is on its way.
  [[nodiscard]] bool receive_wants_write() const { return receive_wants_write_; }
  /// Tells the peer that nothing more comes.
  void close();

 private:
  struct Free {
    void operator()(ssl_st* session) const;
  };
  [[nodiscard]] std::ptrdiff_t outcome(int result);

  std::unique_ptr<ssl_st, Free> session_;
  bool receive_wants_write_ = false;
  bool failed_ = false;  // then nothing may be sent, not even the end
};

/// A certificate chain and its private key, read once. Used by many threads.
class TlsIdentity {
 public:
  /// Throws std::runtime_error with the file and what is wrong with it.
  TlsIdentity(const std::string& certificate_file, const std::string& key_file);

  /// A session of a client that has just connected; null where there is no memory.
  [[nodiscard]] std::unique_ptr<TlsSession> accept(int socket) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace kassa::http

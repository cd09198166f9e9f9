#include "http/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <limits>
#include <stdexcept>

namespace kassa::http {
namespace {

/// Of TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has no others.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// The one protocol that is spoken inside, for clients that ask.
constexpr std::array<unsigned char, 9> kProtocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, kProtocols.data(), kProtocols.size(),
                                          offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

[[noreturn]] void fail(const std::string& file, const char* what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  throw std::runtime_error("tls: " + file + ": " + what +
                           (reason == nullptr ? "" : " (" + std::string(reason) + ")"));
}

/// A key that anybody may read is nobody's secret; a group that may (Debian's ssl-cert) is a
/// choice.
void refuse_public_key_file(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return;
  throw std::runtime_error("tls: " + file +
                           ": can be read by everybody: make it private with `chmod o= " + file +
                           "`, and get another key if it was exposed");
}

int at_most_int(std::size_t size) {
  return static_cast<int>(
      std::min<std::size_t>(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

}  // namespace

// ---- the certificate -------------------------------------------------------------------------

void TlsIdentity::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsIdentity::TlsIdentity(const std::string& certificate_file, const std::string& key_file)
    : context_(SSL_CTX_new(TLS_server_method())) {
  SSL_CTX* context = context_.get();
  if (context == nullptr) throw std::runtime_error("tls: OpenSSL can't be set up");
  // OpenSSL writes with write(): to a peer that is gone that would be a signal.
  (void)std::signal(SIGPIPE, SIG_IGN);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kCiphers12);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Idle connections keep no buffer; what one call left unsent may come from another address.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, &choose_protocol, nullptr);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1) {
    fail(certificate_file, "is no readable certificate chain in PEM");
  }
  refuse_public_key_file(key_file);
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    fail(key_file, "is no readable private key in PEM, or not that of the certificate");
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    fail(key_file, "is not the key of the certificate");
  }
}

std::unique_ptr<TlsSession> TlsIdentity::accept(int socket) const {
  SSL* session = SSL_new(context_.get());
  if (session == nullptr) return nullptr;
  auto accepted = std::make_unique<TlsSession>(session);
  if (SSL_set_fd(session, socket) != 1) return nullptr;
  SSL_set_accept_state(session);
  return accepted;
}

// ---- one session -----------------------------------------------------------------------------

void TlsSession::Free::operator()(ssl_st* session) const {
  SSL_free(session);
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return Step::done;
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_read;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_write;
    default:
      failed_ = true;
      return Step::failed;
  }
}

std::ptrdiff_t TlsSession::outcome(int result) {
  if (result > 0) return result;
  const int error = SSL_get_error(session_.get(), result);
  receive_wants_write_ = error == SSL_ERROR_WANT_WRITE;
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return kWouldBlock;
  failed_ = error != SSL_ERROR_ZERO_RETURN;
  return 0;
}

std::ptrdiff_t TlsSession::receive(char* to, std::size_t size) {
  ERR_clear_error();
  return outcome(SSL_read(session_.get(), to, at_most_int(size)));
}

std::ptrdiff_t TlsSession::send(std::string_view bytes) {
  ERR_clear_error();
  const std::ptrdiff_t sent =
      outcome(SSL_write(session_.get(), bytes.data(), at_most_int(bytes.size())));
  receive_wants_write_ = false;
  return sent;
}

bool TlsSession::has_pending() const {
  return SSL_pending(session_.get()) > 0;
}

void TlsSession::close() {
  if (failed_ || SSL_in_init(session_.get()) != 0) return;
  ERR_clear_error();
  (void)SSL_shutdown(session_.get());
}

}  // namespace kassa::http

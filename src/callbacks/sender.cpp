#include "callbacks/sender.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "callbacks/address_guard.hpp"
#include "callbacks/excerpt.hpp"
#include "domain/check.hpp"
#include "ops/build_info.hpp"

namespace kassa::callbacks {
namespace {

/// Of an answer's body; what comes after is not read, and its connection not used again.
constexpr std::size_t kAnswerBytesMax = 4096;
constexpr std::size_t kIdleMax = 64;

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  KASSA_CHECK(code == CURLE_OK,
              std::string("libcurl refuses an option: ") + curl_easy_strerror(code));
}

bool is_tls_failure(CURLcode code) {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
         code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CIPHER ||
         code == CURLE_SSL_ISSUER_ERROR;
}

SendFailure failure_of(CURLcode code, bool refused, bool others) {
  if (others) return SendFailure::lease_lost;
  if (refused) return SendFailure::address_refused;
  if (code == CURLE_OPERATION_TIMEDOUT) return SendFailure::timeout;
  return is_tls_failure(code) ? SendFailure::tls : SendFailure::connect;
}

std::string excerpt_of_failure(SendFailure failure, CURLcode code) {
  if (failure == SendFailure::address_refused) {
    return "The address is private or reserved; callbacks go to public ones only.";
  }
  if (failure == SendFailure::lease_lost) {
    return "This gateway stood still or could not reach the store; another may tell it now.";
  }
  return curl_easy_strerror(code);
}

}  // namespace

struct Sender::Transfer {
  explicit Transfer(const Sender& its_sender) : sender(its_sender), easy(curl_easy_init()) {
    KASSA_CHECK(easy != nullptr, "out of memory");
  }
  ~Transfer() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void add_header(const std::string& header) {
    curl_slist* longer = curl_slist_append(headers, header.c_str());
    KASSA_CHECK(longer != nullptr, "out of memory");
    headers = longer;
  }

  const Sender& sender;
  CURL* easy;
  curl_slist* headers = nullptr;
  Letter letter;
  std::string answer;
  bool answer_cut = false;  // we stopped reading it
  bool refused = false;     // by the address guard
  bool others = false;      // somebody else tells it by now
};

std::string_view name(SendFailure failure) {
  switch (failure) {
    case SendFailure::none:
      return "none";
    case SendFailure::status:
      return "status";
    case SendFailure::timeout:
      return "timeout";
    case SendFailure::connect:
      return "connect";
    case SendFailure::tls:
      return "tls";
    case SendFailure::address_refused:
      return "address_refused";
    case SendFailure::lease_lost:
      return "lease_lost";
  }
  return "other";
}

bool Sent::endpoint_answered() const {
  // A refused address says nothing about who would have answered there.
  if (failure == SendFailure::address_refused) return true;
  const bool overloaded =
      http_status == 429 || http_status == 502 || http_status == 503 || http_status == 504;
  return http_status != 0 && !overloaded;
}

Sender::Sender(SenderOptions options) : options_(options) {
  // Counted by libcurl, and thread-safe since 7.84.
  KASSA_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl does not start");
  user_agent_ = "Kassa/" + std::string(ops::build_info().version);
  multi_.reset(curl_multi_init());
  KASSA_CHECK(multi_ != nullptr, "out of memory");
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, options_.connections_kept_max);
}

Sender::~Sender() {
  for (const auto& transfer : transfers_) curl_multi_remove_handle(multi_.get(), transfer->easy);
  transfers_.clear();
  idle_.clear();
  multi_.reset();
  curl_global_cleanup();
}

curl_socket_t Sender::open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.letter.allow_private_addresses && !is_public_address(&address->addr)) {
    transfer.refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// NOLINTNEXTLINE(readability-non-const-parameter): libcurl's signature
int Sender::before_request(void* user, char* peer_ip, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(user);
  const bool allowed = transfer.letter.allow_private_addresses || is_public_address(peer_ip);
  transfer.refused = !allowed;
  transfer.others = !transfer.sender.may_send(transfer.letter);
  return allowed && !transfer.others ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::size_t Sender::read_answer(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t room = kAnswerBytesMax - transfer.answer.size();
  transfer.answer.append(bytes, std::min(count, room));
  transfer.answer_cut = count > room;
  return transfer.answer_cut ? 0 : count;
}

void Sender::configure(Transfer& transfer) {
  CURL* easy = transfer.easy;
  const Letter& letter = transfer.letter;
  curl_easy_reset(easy);  // keeps its connections
  set(easy, CURLOPT_PRIVATE, &transfer);
  set(easy, CURLOPT_URL, letter.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, letter.allow_http ? "http,https" : "https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_USERAGENT, user_agent_.c_str());
  set(easy, CURLOPT_POST, 1L);
  set(easy, CURLOPT_POSTFIELDS, letter.body.data());
  set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(letter.body.size()));
  for (const std::string& header : letter.headers) transfer.add_header(header);
  transfer.add_header("expect:");  // one round trip, not two
  set(easy, CURLOPT_HTTPHEADER, transfer.headers);
  set(easy, CURLOPT_WRITEFUNCTION, &Sender::read_answer);
  set(easy, CURLOPT_WRITEDATA, &transfer);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &Sender::open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  set(easy, CURLOPT_PREREQFUNCTION, &Sender::before_request);
  set(easy, CURLOPT_PREREQDATA, &transfer);
}

void Sender::send(Letter letter) {
  if (idle_.empty()) idle_.push_back(std::make_unique<Transfer>(*this));
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  curl_slist_free_all(transfer->headers);
  transfer->headers = nullptr;
  transfer->letter = std::move(letter);
  transfer->answer.clear();
  transfer->answer_cut = transfer->refused = transfer->others = false;
  configure(*transfer);
  const CURLMcode code = curl_multi_add_handle(multi_.get(), transfer->easy);
  KASSA_CHECK(code == CURLM_OK,
              std::string("libcurl takes no transfer: ") + curl_multi_strerror(code));
  transfers_.push_back(std::move(transfer));
}

bool Sender::may_send(const Letter& letter) const {
  return letter.replay || !options_.may_send || options_.may_send(letter.claim);
}

/// What is under way may have sent part of its request, or wait for the answer: its end is not ours
/// to tell.
void Sender::break_off_others(std::vector<Sent>& ended_now) {
  std::vector<CURL*> others;
  std::optional<domain::GatewayId> ours;  // asked once: as a rule all go under one claim
  for (const auto& transfer : transfers_) {
    if (transfer->letter.claim == ours) continue;
    if (may_send(transfer->letter)) {
      if (!transfer->letter.replay) ours = transfer->letter.claim;
      continue;
    }
    transfer->others = true;
    others.push_back(transfer->easy);
  }
  for (CURL* easy : others) ended_now.push_back(ended(easy, CURLE_ABORTED_BY_CALLBACK));
}

std::vector<Sent> Sender::poll(std::chrono::milliseconds pause) {
  std::vector<Sent> all;
  break_off_others(all);
  int running = 0;
  curl_multi_perform(multi_.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE)
      all.push_back(ended(message->easy_handle, message->data.result));
  }
  // What ended may let others start: the caller first, then sleep.
  if (all.empty()) {
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(pause.count()), nullptr);
  }
  return all;
}

void Sender::wake() {
  curl_multi_wakeup(multi_.get());
}

Sent Sender::ended(CURL* easy, CURLcode code) {
  const auto found = std::ranges::find(transfers_, easy, [](const auto& t) { return t->easy; });
  KASSA_CHECK(found != transfers_.end(), "a transfer ended that nobody began");
  auto transfer = std::move(*found);
  std::swap(*found, transfers_.back());
  transfers_.pop_back();

  Sent sent;
  long http_status = 0;
  curl_off_t total_us = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http_status);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
  curl_multi_remove_handle(multi_.get(), easy);
  const bool answered = code == CURLE_OK || transfer->answer_cut;
  sent.duration = std::chrono::milliseconds(total_us / 1000);
  if (answered) {
    sent.http_status = static_cast<int>(http_status);
    const bool accepted = http_status >= 200 && http_status < 300;
    sent.failure = accepted ? SendFailure::none : SendFailure::status;
    sent.excerpt = excerpt_of(transfer->answer);
  } else {
    sent.failure = failure_of(code, transfer->refused, transfer->others);
    sent.excerpt = excerpt_of_failure(sent.failure, code);
  }
  sent.letter = std::move(transfer->letter);
  if (idle_.size() < kIdleMax) idle_.push_back(std::move(transfer));
  return sent;
}

}  // namespace kassa::callbacks

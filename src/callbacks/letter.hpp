// From an event to what goes over the wire, in two steps, because a try may have to wait for its
// endpoint in between, and a signature must be fresh when it is sent (wire §9).
//
//   Told ─▶ address() ─▶ Addressed{url, endpoint} ─▶ … a slot … ─▶ seal() ─▶ Letter{body, headers}
#pragma once

#include <atomic>
#include <chrono>
#include <expected>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "callbacks/callback_keys.hpp"
#include "callbacks/endpoints.hpp"
#include "callbacks/outbox.hpp"
#include "callbacks/picture.hpp"
#include "ops/clock.hpp"
#include "protocol/json_document.hpp"
#include "protocol/signature.hpp"

namespace kassa::callbacks {

/// Somebody replays a callback by hand and waits for what becomes of it. The first word counts:
/// while Kassa stops, that may not be the try's.
class Replay {
 public:
  Replay(domain::RequestId id, std::int32_t seq) : request_id_(id), seq_(seq) {}

  [[nodiscard]] domain::RequestId request_id() const { return request_id_; }
  [[nodiscard]] std::int32_t seq() const { return seq_; }
  [[nodiscard]] std::future<domain::DeliveryAttempt> outcome() { return outcome_.get_future(); }
  void end(domain::DeliveryAttempt attempt) {
    if (!ended_.exchange(true)) outcome_.set_value(std::move(attempt));
  }

 private:
  domain::RequestId request_id_;
  std::int32_t seq_;
  std::atomic<bool> ended_{false};
  std::promise<domain::DeliveryAttempt> outcome_;
};
using ReplayCall = std::shared_ptr<Replay>;

struct Addressed {
  Told told;
  domain::ConfigPtr config;
  domain::PaymentDetails details;
  std::string url;  // empty: nobody to tell
  EndpointId endpoint;
  bool test = false;  // the project's mode
};

/// One try, ready to be sent. The body holds personal data: it is never logged.
struct Letter {
  domain::RequestId request_id;
  std::int32_t seq = 0;
  std::string url;
  EndpointId endpoint;
  std::string body;
  std::vector<std::string> headers;  // "name: value"
  bool allow_private_addresses = false;
  bool allow_http = false;
  std::optional<domain::Instant> due_at = {};  // of the try; none for a replay
  domain::GatewayId claim = {};                // under which it is sent; of no replay
  ReplayCall replay = {};                      // null: of the queue
};

/// scheme://host:port of an http or https URL, or nothing.
[[nodiscard]] std::optional<std::string> origin_of(const std::string& url);

/// Keeps buffers: one per thread. Errors are sentences for the operator, without personal data.
class LetterWriter {
 public:
  LetterWriter(const Pictures& pictures, CallbackKeys& keys, const ops::Clock& clock)
      : pictures_(pictures), keys_(keys), clock_(clock) {}

  [[nodiscard]] std::expected<Addressed, std::string> address(Told told,
                                                              domain::ConfigPtr config) const;
  /// Renders and signs with the time of now.
  [[nodiscard]] std::expected<Letter, std::string> seal(const Addressed& addressed);

 private:
  const Pictures& pictures_;
  CallbackKeys& keys_;
  const ops::Clock& clock_;
  protocol::JsonDocument document_;
  protocol::SignatureCodec codec_;
};

}  // namespace kassa::callbacks

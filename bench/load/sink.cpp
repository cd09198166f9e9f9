#include "load/sink.hpp"

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "load/failure.hpp"
#include "load/orders.hpp"
#include "ops/clock.hpp"
#include "protocol/signature.hpp"

namespace kassa::bench {
namespace {

using domain::State;
using protocol::JsonDocument;

constexpr std::int64_t kTimestampToleranceS = 300;

/// How far a payin is in its life: a callback never has a lower one than the payment's last.
int rank_of(State state) {
  static constexpr State kOrder[] = {
      domain::state::requisites, domain::state::awaiting_confirm, domain::state::paid,
      domain::state::no_payment, domain::state::confirm_timeout,  domain::state::different_amount,
      domain::state::error,      domain::state::decline,          domain::state::success,
  };
  return static_cast<int>(std::ranges::find(kOrder, state) - std::begin(kOrder));
}

std::optional<State> state_of(const protocol::JsonValue& root) {
  const auto status = root.find("status");
  const auto name = status ? status->find("status") : std::nullopt;
  const auto sub = status ? status->find("sub_status") : std::nullopt;
  if (!name || !sub) return std::nullopt;
  for (const State state : domain::state::all_of_payin) {
    if (domain::wire_name(state.status) == name->text() &&
        domain::wire_name(state.sub) == sub->text()) {
      return state;
    }
  }
  return std::nullopt;
}

std::string_view text_of(const protocol::JsonValue& root, std::string_view of,
                         std::string_view name) {
  const auto object = root.find(of);
  const auto value = object ? object->find(name) : std::nullopt;
  return value ? value->text() : std::string_view{};
}

std::int64_t now_ms() {
  return domain::unix_ms(ops::SystemClock().now());
}

/// The callback keys of the project, and one thread's buffers to verify with.
class Judge {
 public:
  explicit Judge(const Target& target)
      : public_(must(protocol::PublicKey::from_pem(read_file(target.callback_public_key)))),
        hmac_(must(protocol::HmacKey::from_text(read_file(target.callback_hmac_key)))) {}

  [[nodiscard]] bool is_genuine(const JsonDocument& document, const std::string& timestamp,
                                const std::string& signature, const std::string& algorithm,
                                std::int64_t at_ms) {
    const auto signed_at = protocol::parse_timestamp(timestamp);
    if (!signed_at || std::llabs(*signed_at - at_ms / 1'000) > kTimestampToleranceS) return false;
    const auto scheme = protocol::parse_algorithm(algorithm);
    if (!scheme) return false;
    // Callbacks are always of the strict form, so any other is as bad as none.
    const auto form = *scheme == protocol::SignatureAlgorithm::kHmacSha512
                          ? codec_.verify(hmac_, document, timestamp, signature)
                          : codec_.verify(public_, document, timestamp, signature);
    return form == protocol::SignatureForm{};
  }

 private:
  template <class Key>
  static Key must(std::expected<Key, protocol::KeyError>&& key) {
    if (!key) throw Failure(key.error());
    return std::move(*key);
  }

  protocol::PublicKey public_;
  protocol::HmacKey hmac_;
  protocol::SignatureCodec codec_;
};

}  // namespace

struct Sink::Verdict {
  bool genuine = false;
  bool foreign = true;
  std::string request_id;
  std::optional<State> state;
};

Sink::Sink(std::string run, std::function<void(std::size_t)> on_requisites)
    : run_(std::move(run)),
      on_requisites_(std::move(on_requisites)),
      router_([](int status, std::string_view) {
        return http::Response{.status = status, .body = {}, .headers = {}};
      }) {
  http::Route route;
  route.path = "/callbacks";
  route.handler = [this](const http::Request& request, http::Responder responder) {
    take(request);
    responder.send(http::Response{.body = "{}", .headers = {}});
  };
  router_.add(std::move(route));
  http::ServerOptions options;
  options.threads = 1;
  options.connections_max = 1'000;
  server_ = std::make_unique<http::Server>(options, router_, nullptr);
  server_->start();
}

Sink::~Sink() = default;

std::string Sink::url() const {
  return "http://127.0.0.1:" + std::to_string(server_->port()) + "/callbacks";
}

std::uint64_t Sink::received() const {
  const std::lock_guard lock(mutex_);
  return letters_.size();
}

void Sink::take(const http::Request& request) {
  {
    const std::lock_guard lock(mutex_);
    letters_.push_back({now_ms(), std::string(request.header("x-access-timestamp")),
                        std::string(request.header("x-access-signature")),
                        std::string(request.header("x-access-merchant-algorithm")),
                        std::string(request.body)});
  }
  if (!on_requisites_ || !request.body.contains("\"awaiting_confirm\"")) return;
  JsonDocument document;
  if (!document.parse(request.body)) return;
  const auto id = text_of(document.root(), "general", "payment_id");
  if (const std::size_t index = index_of(run_, id); index != kForeign) on_requisites_(index);
}

Callbacks Sink::judge(const Target& target) {
  server_->stop(std::chrono::seconds(1));
  std::vector<Verdict> verdicts(letters_.size());
  {
    const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::jthread> crew;
    for (std::size_t t = 0; t < threads; ++t) {
      crew.emplace_back([this, &target, &verdicts, t, threads] {
        Judge judge(target);
        JsonDocument document;
        for (std::size_t i = t; i < letters_.size(); i += threads) {
          const Letter& letter = letters_[i];
          Verdict& verdict = verdicts[i];
          if (!document.parse(letter.body)) continue;
          const auto root = document.root();
          verdict.genuine = judge.is_genuine(document, letter.timestamp, letter.signature,
                                             letter.algorithm, letter.at_ms);
          verdict.foreign = index_of(run_, text_of(root, "general", "payment_id")) == kForeign;
          verdict.request_id = text_of(root, "general", "request_id");
          verdict.state = state_of(root);
        }
      });
    }
  }
  Callbacks callbacks;
  callbacks.received = letters_.size();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const Verdict& verdict = verdicts[i];
    if (!verdict.genuine || !verdict.state) ++callbacks.badly_signed;
    if (verdict.foreign) ++callbacks.foreign;
    if (verdict.foreign || !verdict.genuine || !verdict.state) continue;
    auto& told = callbacks.by_request_id[verdict.request_id];
    const int rank = rank_of(*verdict.state);
    if (!told.empty() && rank < rank_of(told.back().state)) ++callbacks.out_of_order;
    if (std::ranges::any_of(told, [&](auto& t) { return t.state == *verdict.state; })) {
      ++callbacks.repeated;
    }
    told.push_back({*verdict.state, letters_[i].at_ms});
  }
  return callbacks;
}

}  // namespace kassa::bench

#include "load/orders.hpp"

#include <algorithm>
#include <charconv>
#include <thread>

#include "load/failure.hpp"
#include "ops/clock.hpp"
#include "protocol/json_document.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::bench {
namespace {

using protocol::JsonWriter;
using protocol::SignatureAlgorithm;

constexpr std::string_view kPayin = "/api/v1/payment/p2p/payin";

/// Keys parsed once for all threads, and what is the same in every head.
class Signer {
 public:
  Signer(const Target& target, SignatureAlgorithm algorithm)
      : private_(private_key(target)), hmac_(hmac_key(target)), algorithm_(algorithm) {
    const ops::SystemClock clock;
    timestamp_ = std::to_string(domain::unix_seconds(clock.now()));
    head_ = " HTTP/1.1\r\nHost: kassa\r\nContent-Type: application/json\r\nx-access-timestamp: " +
            timestamp_ + "\r\nx-access-merchant-id: " + target.project_id +
            "\r\nx-access-token: " + private_.public_key().token() +
            "\r\nx-access-merchant-algorithm: " + std::string(algorithm_name(algorithm)) +
            "\r\nx-access-signature: ";
  }

  /// The codec and the document are the calling thread's.
  [[nodiscard]] std::string request(std::string_view path, const std::string& body,
                                    protocol::SignatureCodec& codec,
                                    protocol::JsonDocument& document) const {
    if (!document.parse(body)) throw Failure("the generator made a body that is not JSON");
    const std::string signature = algorithm_ == SignatureAlgorithm::kHmacSha512
                                      ? codec.sign(hmac_, document, timestamp_)
                                      : codec.sign(private_, document, timestamp_);
    std::string out = "POST ";
    out.append(path).append(head_).append(signature);
    out.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return out.append(body);
  }

 private:
  static protocol::PrivateKey private_key(const Target& target) {
    auto key = protocol::PrivateKey::from_pem(read_file(target.private_key));
    if (!key) throw Failure(key.error());
    return std::move(*key);
  }
  static protocol::HmacKey hmac_key(const Target& target) {
    auto key = protocol::HmacKey::from_text(read_file(target.hmac_key));
    if (!key) throw Failure(key.error());
    return std::move(*key);
  }

  protocol::PrivateKey private_;
  protocol::HmacKey hmac_;
  SignatureAlgorithm algorithm_;
  std::string timestamp_;
  std::string head_;
};

/// Amounts differ, since a slot (requisites, amount) holds one payin at a time, and stay clear of
/// the endings 901 … 907, which the sandbox gives a meaning.
std::int64_t amount_of(std::size_t index) {
  constexpr std::size_t kThousands = 5'000;
  const std::size_t thousands = 100 + index % kThousands;
  return static_cast<std::int64_t>(thousands * 1'000 + index / kThousands % 900);
}

/// As large as what real shops send: twenty-odd fields.
std::string create_body(const OrderPlan& plan, const std::string& id, const Order& order,
                        std::size_t index) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("general").begin_object();
  json.member("project_id", plan.target->project_id)
      .member("payment_id", id)
      .member("merchant_callback_url", plan.callback_url)
      .member("merchant_success_callback_url", plan.callback_url)
      .member("merchant_decline_callback_url", plan.callback_url)
      .member("redirect_url", "https://shop.example/thank-you")
      .end_object();
  json.key("payment").begin_object();
  json.member("method", "card-p2p")
      .member("amount", order.amount_minor)
      .member("currency", "KZT")
      .member("lifetime", 600)
      .member("description", "Order " + std::to_string(index))
      .end_object();
  json.key("sender").begin_object().member("pan", "4850788018041726").end_object();
  json.key("customer").begin_object();
  json.member("id", "customer-" + std::to_string(index % 10'000))
      .member("ip_address", "192.0.2.1")
      .member("first_name", "Erik")
      .member("last_name", "Ackerman")
      .member("customer_type", "trust")
      .member("country", "KZ")
      .member("language", "ru")
      .member("email", "erik@example.com")
      .member("user_agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101")
      .end_object();
  json.end_object();
  return out;
}

std::string reference_body(const OrderPlan& plan, const std::string& id) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .key("general")
      .begin_object()
      .member("project_id", plan.target->project_id)
      .member("payment_id", id)
      .end_object()
      .end_object();
  return out;
}

Follow follow_of(const OrderPlan& plan, std::size_t index) {
  if (!plan.life) return Follow::none;
  return index % 10 == 9 ? Follow::cancel : Follow::confirm;
}

/// Calls `make(i, codec, document)` for each i below `count`, on all cores.
template <class Make>
void on_all_cores(std::size_t count, const Make& make) {
  const std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> crew;
  for (std::size_t t = 0; t < threads; ++t) {
    crew.emplace_back([=, &make] {
      protocol::SignatureCodec codec;
      protocol::JsonDocument document;
      for (std::size_t i = t; i < count; i += threads) make(i, codec, document);
    });
  }
}

}  // namespace

std::string payment_id(std::string_view run, std::size_t index) {
  return "bench-" + std::string(run) + "-" + std::to_string(index);
}

std::size_t index_of(std::string_view run, std::string_view payment_id) {
  const std::string prefix = "bench-" + std::string(run) + "-";
  if (!payment_id.starts_with(prefix)) return kForeign;
  payment_id.remove_prefix(prefix.size());
  std::size_t index = kForeign;
  const char* const end = payment_id.data() + payment_id.size();
  const auto parsed = std::from_chars(payment_id.data(), end, index);
  return parsed.ec == std::errc{} && parsed.ptr == end ? index : kForeign;
}

std::vector<Order> prepare(const OrderPlan& plan, std::size_t first, std::size_t count) {
  const Signer signer(*plan.target, plan.algorithm);
  std::vector<Order> orders(count);
  on_all_cores(count, [&](std::size_t i, auto& codec, auto& document) {
    Order& order = orders[i];
    const std::size_t index = first + i;
    const std::string id = payment_id(plan.run, index);
    order.amount_minor = amount_of(index);
    order.follow = follow_of(plan, index);
    order.create = signer.request(kPayin, create_body(plan, id, order, index), codec, document);
    if (order.follow == Follow::none) return;
    const std::string path =
        std::string(kPayin) + (order.follow == Follow::confirm ? "/confirm" : "/cancel");
    order.follow_up = signer.request(path, reference_body(plan, id), codec, document);
  });
  return orders;
}

std::vector<std::string> prepare_infos(const OrderPlan& plan, std::size_t count) {
  const Signer signer(*plan.target, SignatureAlgorithm::kHmacSha512);
  std::vector<std::string> infos(count);
  const std::string path = std::string(kPayin) + "/info";
  on_all_cores(count, [&](std::size_t i, auto& codec, auto& document) {
    infos[i] = signer.request(path, reference_body(plan, payment_id(plan.run, i)), codec, document);
  });
  return infos;
}

}  // namespace kassa::bench

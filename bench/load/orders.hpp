// The requests of a run, made and signed before it.
//
// Signing by RSA costs ten times what the server spends to verify, so that a generator that signed
// as it went would measure itself. Creates and what follows them are known beforehand, and a
// signature is good for 300 s: all are signed on all cores first, and then only sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/target.hpp"
#include "protocol/signature.hpp"

namespace kassa::bench {

/// What a payer does once requisites are there.
enum class Follow : std::uint8_t { none, confirm, cancel };

struct Order {
  std::int64_t amount_minor = 0;
  Follow follow = Follow::none;
  std::string create;     // a whole HTTP request
  std::string follow_up;  // likewise; empty for Follow::none
};

struct OrderPlan {
  const Target* target = nullptr;
  protocol::SignatureAlgorithm algorithm = protocol::SignatureAlgorithm::kRsaSha256;
  std::string run;  // makes payment_ids unique: eight characters
  std::string callback_url;
  bool life = false;  // nine of ten are confirmed, the tenth is cancelled
};

[[nodiscard]] std::string payment_id(std::string_view run, std::size_t index);
/// The index of a payment_id of this run, or `npos`.
inline constexpr std::size_t kForeign = static_cast<std::size_t>(-1);
[[nodiscard]] std::size_t index_of(std::string_view run, std::string_view payment_id);

/// Orders `first` … `first + count - 1`, on all cores. Throws Failure.
[[nodiscard]] std::vector<Order> prepare(const OrderPlan& plan, std::size_t first,
                                         std::size_t count);
/// `payin/info` of one payment, signed by HMAC, which costs next to nothing.
[[nodiscard]] std::vector<std::string> prepare_infos(const OrderPlan& plan, std::size_t count);

}  // namespace kassa::bench

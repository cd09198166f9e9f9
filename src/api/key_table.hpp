// Request-signing keys, parsed once: found by what `x-access-token` says, checked against what
// `x-access-merchant-id` says (wire §3).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "domain/config.hpp"
#include "ops/address_range.hpp"
#include "ops/key_ring.hpp"
#include "protocol/signature.hpp"

namespace kassa::api {

/// One live key set of one project.
struct SigningKey {
  domain::KeySet set;
  std::optional<protocol::PublicKey> rsa;
  std::optional<protocol::HmacKey> hmac;
  mutable protocol::SignatureFormHint rsa_hint;
  mutable protocol::SignatureFormHint hmac_hint;
  mutable std::atomic<std::int64_t> last_used_s{0};     // since this process knows it
  mutable std::atomic<std::int64_t> use_reported_s{0};  // what the store was told last
};
using SigningKeyPtr = std::shared_ptr<const SigningKey>;

/// Immutable once made; a change of configuration makes a new one that takes over what is
/// unchanged.
class KeyTable {
 public:
  KeyTable(const domain::Config& config, const ops::KeyRing& ring, const KeyTable* before);

  /// The key that the token names, if it belongs to that project or to a project of that merchant.
  /// A token may stand in several key sets of different projects; the merchant id tells them apart.
  [[nodiscard]] SigningKeyPtr find(const protocol::AccessToken& token, domain::Uuid merchant_id,
                                   const domain::Config& config) const;
  /// Null where the key set is not live.
  [[nodiscard]] SigningKeyPtr find(domain::KeySetId id) const;

  /// Whether the project takes requests from there: it names no addresses, or this is one of them.
  [[nodiscard]] bool takes_from(domain::ProjectId project, std::string_view address) const;

 private:
  std::unordered_map<domain::KeySetId, SigningKeyPtr> by_id_;
  std::unordered_multimap<std::string, SigningKeyPtr> by_token_;
  std::unordered_map<domain::ProjectId, std::vector<ops::AddressRange>> allowed_;
};

/// Where a key set's HMAC secret and a project's callback secrets are sealed.
inline constexpr std::string_view kKeySetTable = "key_sets";

}  // namespace kassa::api

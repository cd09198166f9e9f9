// The words that gateways of one store tell each other (gateway_talk.hpp), as text.
//
//   changed <ids>   these payments have changed: 16 bytes each, in Base64Url
//   many            more payments have changed than are worth naming
//   used <sealed>   who asked how often in the last second: sealed by the key ring, since addresses
//                   are nobody's business, and a server's log may show what it notifies
//
// A gateway of another version may say what this one doesn't know: that is passed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/rate_limits.hpp"
#include "domain/uuid.hpp"
#include "ops/key_ring.hpp"

namespace kassa::api {

/// Payments that one word names.
inline constexpr std::size_t kChangedMax = 200;

struct Uses {
  std::vector<Use> projects;   // by the text of their id
  std::vector<Use> addresses;  // by address_key
};

/// `changed`, or `many`.
[[nodiscard]] std::string word_of_changes(const std::vector<domain::RequestId>& ids);
/// `used`, with the greatest shares, as many as fit into a word. Nothing where nobody asked.
[[nodiscard]] std::optional<std::string> word_of_uses(const Uses& uses, const ops::KeyRing& ring);

/// What a word says; none of it: nothing that is understood.
struct Heard {
  std::vector<domain::RequestId> changed;
  bool many = false;
  Uses uses;
};
[[nodiscard]] Heard heard(std::string_view word, const ops::KeyRing& ring);

}  // namespace kassa::api

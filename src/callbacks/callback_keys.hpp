// The keys that callbacks are signed with (wire §3.3), opened and parsed once for each project.
#pragma once

#include <expected>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "domain/config.hpp"
#include "ops/key_ring.hpp"
#include "protocol/keys.hpp"

namespace kassa::callbacks {

/// Where a project's callback keys are sealed, with its UUID as the row id: whoever makes one must
/// seal it for here.
inline constexpr std::string_view kCallbackKeysTable = "projects";

using CallbackKey = std::variant<protocol::PrivateKey, protocol::HmacKey>;

/// Thread-safe.
class CallbackKeys {
 public:
  /// `ring` must outlive this.
  explicit CallbackKeys(const ops::KeyRing& ring) : ring_(ring) {}

  /// The key of the algorithm that the project uses at that moment. Parsed anew only when the
  /// project's sealed key is another one. An error is a sentence without secrets.
  [[nodiscard]] std::expected<CallbackKey, std::string> of(const domain::Project& project,
                                                           std::int64_t unix_s);

 private:
  struct Parsed {
    std::string sealed;  // what it was parsed from
    CallbackKey key;
  };
  [[nodiscard]] std::expected<CallbackKey, std::string> parse(const domain::Project& project,
                                                              const std::string& sealed) const;

  const ops::KeyRing& ring_;
  std::mutex mutex_;
  std::unordered_map<domain::ProjectId, Parsed> parsed_;  // as many as there are projects
};

}  // namespace kassa::callbacks

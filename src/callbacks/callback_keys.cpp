#include "callbacks/callback_keys.hpp"

#include "encoding/base64.hpp"
#include "ops/crypto.hpp"

namespace kassa::callbacks {
namespace {

bool uses_hmac(const domain::Project& project) {
  return project.callback_algorithm == domain::CallbackAlgorithm::hmac_sha512;
}

}  // namespace

std::expected<CallbackKey, std::string> CallbackKeys::of(const domain::Project& project,
                                                         std::int64_t unix_s) {
  const auto secrets = domain::callback_secrets_at(project, unix_s);
  const std::string& sealed = uses_hmac(project) ? secrets.hmac : secrets.rsa_private;
  {
    const std::lock_guard lock(mutex_);
    const auto found = parsed_.find(project.id);
    if (found != parsed_.end() && found->second.sealed == sealed) return found->second.key;
  }
  auto key = parse(project, sealed);
  if (!key) return key;
  const std::lock_guard lock(mutex_);
  parsed_.insert_or_assign(project.id, Parsed{sealed, *key});
  return key;
}

std::expected<CallbackKey, std::string> CallbackKeys::parse(const domain::Project& project,
                                                            const std::string& sealed) const {
  if (sealed.empty()) return std::unexpected("The project has no callback key of its algorithm.");
  const auto blob = encoding::from_base64(sealed);
  if (!blob) return std::unexpected("The project's callback key is not Base64Url.");
  const auto text = ring_.open(kCallbackKeysTable, project.id.value.bytes, *blob);
  if (!text) {
    return std::unexpected("The project's callback key can't be opened: " +
                           std::string(ops::text_of(text.error())));
  }
  if (uses_hmac(project)) return protocol::HmacKey::from_text(text->reveal());
  return protocol::PrivateKey::from_pem(text->reveal());
}

}  // namespace kassa::callbacks

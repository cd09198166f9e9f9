#include "api/key_table.hpp"

#include <algorithm>

#include "encoding/base64.hpp"
#include "ops/log.hpp"

namespace kassa::api {
namespace {

namespace log = ops::log;

std::optional<protocol::HmacKey> open_hmac(const domain::KeySet& set, const ops::KeyRing& ring) {
  const auto sealed = encoding::from_base64(set.hmac_secret);
  if (!sealed) return std::nullopt;
  const auto opened = ring.open(kKeySetTable, set.id.value.bytes, *sealed);
  if (!opened) {
    log::error("keyset.unreadable", {{"keyset", set.id}, {"why", ops::text_of(opened.error())}});
    return std::nullopt;
  }
  auto key = protocol::HmacKey::from_text(opened->reveal());
  if (!key) return std::nullopt;
  return std::move(*key);
}

/// `before` is the same key set as it was: when it was used is still true.
SigningKeyPtr make_key(const domain::KeySet& set, const ops::KeyRing& ring,
                       const SigningKeyPtr& before) {
  auto key = std::make_shared<SigningKey>();
  key->set = set;
  if (before) {
    key->last_used_s = before->last_used_s.load();
    key->use_reported_s = before->use_reported_s.load();
  }
  if (!set.token.empty()) {
    const auto der = encoding::from_base64(set.token);
    auto parsed = der ? protocol::PublicKey::from_spki(*der)
                      : std::unexpected(protocol::KeyError("not Base64"));
    if (parsed) {
      key->rsa = std::move(*parsed);
    } else {
      log::error("keyset.unreadable", {{"keyset", set.id}, {"why", parsed.error()}});
    }
  }
  if (!set.hmac_secret.empty()) key->hmac = open_hmac(set, ring);
  return key;
}

/// One that can't be read lets nobody in, rather than everybody.
std::vector<ops::AddressRange> ranges_of(const domain::Project& project) {
  std::vector<ops::AddressRange> ranges;
  for (const auto& text : project.ip_allow) {
    if (const auto range = ops::AddressRange::parse(text)) {
      ranges.push_back(*range);
    } else {
      log::error("project.address_unreadable", {{"project", project.id}});
    }
  }
  return ranges;
}

bool same_keys(const domain::KeySet& a, const domain::KeySet& b) {
  return a.project_id == b.project_id && a.token == b.token && a.hmac_secret == b.hmac_secret &&
         a.expires_at_s == b.expires_at_s;
}

}  // namespace

KeyTable::KeyTable(const domain::Config& config, const ops::KeyRing& ring, const KeyTable* before) {
  for (const auto& [id, set] : config.key_sets) {
    if (!set.active) continue;
    const SigningKeyPtr known = before == nullptr ? nullptr : before->find(id);
    const SigningKeyPtr key =
        known && same_keys(known->set, set) ? known : make_key(set, ring, known);
    by_id_.emplace(id, key);
    if (!set.token.empty()) by_token_.emplace(set.token, key);
  }
  for (const auto& [id, project] : config.projects) {
    if (!project.ip_allow.empty()) allowed_.emplace(id, ranges_of(project));
  }
}

SigningKeyPtr KeyTable::find(domain::KeySetId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

bool KeyTable::takes_from(domain::ProjectId project, std::string_view address) const {
  const auto found = allowed_.find(project);
  return found == allowed_.end() || std::ranges::any_of(found->second, [&](const auto& range) {
           return range.contains(address);
         });
}

SigningKeyPtr KeyTable::find(const protocol::AccessToken& token, domain::Uuid merchant_id,
                             const domain::Config& config) const {
  const auto belongs = [&](const SigningKeyPtr& key) {
    if (key->set.project_id.value == merchant_id) return true;
    const domain::Project* project = config.project(key->set.project_id);
    return project != nullptr && project->merchant_id.value == merchant_id;
  };
  if (token.key_set) {
    const auto found = by_id_.find(*token.key_set);
    return found != by_id_.end() && belongs(found->second) ? found->second : nullptr;
  }
  const auto [first, last] = by_token_.equal_range(token.spki);
  SigningKeyPtr of_merchant;
  for (auto at = first; at != last; ++at) {
    if (at->second->set.project_id.value == merchant_id) return at->second;
    if (belongs(at->second)) of_merchant = at->second;
  }
  return of_merchant;
}

}  // namespace kassa::api

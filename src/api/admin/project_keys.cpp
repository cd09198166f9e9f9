// The keys that a project's requests are signed with: several sets at once, so that a merchant can
// begin with a new one before the old one ends.
#include <algorithm>

#include "api/admin/desk.hpp"
#include "api/sealed_settings.hpp"
#include "ops/log.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::ChangeConfig;
using domain::KeySet;
using domain::KeySetId;
using domain::SettingId;
using protocol::JsonWriter;

http::Response no_such_set() {
  return error_response({.code = protocol::ErrorCode::kNotFound,
                         .description = "The project has no key set of this id."});
}

std::string_view state_of(const KeySet& set, std::int64_t now_s) {
  if (!set.active) return "removed";
  return set.expired(now_s) ? "expired" : "live";
}

std::optional<std::int64_t> or_null(std::int64_t seconds) {
  return seconds == 0 ? std::nullopt : std::optional(seconds);
}

/// What the set's requests have in x-access-token: the public key, or with HMAC alone the set's id.
std::string access_token(const KeySet& set) {
  return set.token.empty() ? set.id.text() : set.token;
}

void log_change(const char* event, const domain::ProjectId& project, KeySetId set,
                const std::string& by) {
  ops::log::warn(event, {{"project_id", project}, {"key_set_id", set}, {"by", by}});
}

/// As stored, to the minute, or as this process has seen it since.
void write_uses(JsonWriter& json, Gateway& gateway, KeySetId id) {
  std::optional<std::int64_t> first;
  std::optional<std::int64_t> last;
  if (const auto use = gateway.readers.borrow()->key_use(id)) {
    first = domain::unix_seconds(use->first_at);
    last = domain::unix_seconds(use->last_at);
  }
  if (const auto key = gateway.keys()->find(id)) {
    const std::int64_t seen = key->last_used_s.load(std::memory_order_relaxed);
    if (seen > last.value_or(0)) last = seen;
    if (!first) first = last;
  }
  json.member("first_used_s", first).member("last_used_s", last);
}

void write_set(JsonWriter& json, Gateway& gateway, const KeySet& set) {
  json.begin_object()
      .member("key_set_id", set.id.text())
      .member("state", state_of(set, domain::unix_seconds(gateway.clock.now())))
      .member("rsa", !set.token.empty())
      .member("hmac", !set.hmac_secret.empty())
      .member("access_token", access_token(set))
      .member("created_s", or_null(set.created_at_s))
      .member("expires_s", or_null(set.expires_at_s));
  write_uses(json, gateway, set.id);
  json.end_object();
}

/// The key set of that token, also one that was removed: a key that leaked is not taken again.
const KeySet* set_of_token(const domain::Config& config, domain::ProjectId project,
                           const std::string& token) {
  const auto found = std::ranges::find_if(config.key_sets, [&](const auto& entry) {
    const KeySet& set = entry.second;
    return set.project_id == project && set.token == token;
  });
  return found == config.key_sets.end() ? nullptr : &found->second;
}

struct NamedSet {
  domain::ConfigPtr config;
  const KeySet* set = nullptr;  // lives in `config`; null: the project has none of this id
};

NamedSet find_set(Gateway& gateway, Fields& fields) {
  NamedSet named{gateway.engine.config(), nullptr};
  const auto project = fields.id<domain::ProjectId>("project_id");
  const auto id = fields.id<KeySetId>("key_set_id");
  const auto found = named.config->key_sets.find(id);
  if (found != named.config->key_sets.end() && found->second.project_id == project) {
    named.set = &found->second;
  }
  return named;
}

void set_key(ChangeConfig& change, KeySetId id, std::string name,
             std::optional<std::string> value) {
  change.settings.emplace_back(SettingId{"keyset", id.text(), std::move(name)}, std::move(value));
}

/// The set as the change leaves it.
std::string render_changed(Gateway& gateway, KeySetId id) {
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  write_set(json, gateway, config->key_sets.at(id));
  return out;
}

}  // namespace

http::Response list_project_keys(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const auto* project = find_project(*config, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (project == nullptr) return no_such_project();
  std::vector<const KeySet*> sets;
  for (const auto& [id, set] : config->key_sets) {
    if (set.project_id == project->id) sets.push_back(&set);
  }
  std::ranges::sort(sets, {},
                    [](const KeySet* set) { return std::pair(set->created_at_s, set->id); });
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("key_sets").begin_array();
  for (const KeySet* set : sets) write_set(json, gateway, *set);
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response add_project_keys(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const auto* project = find_project(*config, fields);
  const auto pem = fields.optional_text("public_key");
  const bool with_hmac = fields.optional_truth("hmac").value_or(false);
  const auto expires_s = fields.optional_integer("expires_s", 1, kUnixSecondsMax);
  std::string token;
  if (pem) {
    const auto key = protocol::PublicKey::from_pem(*pem);
    if (key) {
      token = key->token();
    } else {
      fields.bad_format("public_key", key.error());
    }
  } else if (!with_hmac) {
    fields.bad_format("public_key", "or hmac is needed, or both");
  }
  const std::string as = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (project == nullptr) return no_such_project();
  if (!token.empty()) {
    if (const KeySet* same = set_of_token(*config, project->id, token)) {
      const std::string sentence =
          same->active
              ? "The project has this public key already, as key set " + same->id.text() + "."
              : "This public key was removed for good, with key set " + same->id.text() +
                    ": make another pair.";
      return error_response({.code = protocol::ErrorCode::kConflict, .description = sentence});
    }
  }

  const KeySetId id{ops::random_uuid_v4()};
  const auto hmac_key =
      with_hmac ? protocol::generate_hmac_key_text() : domain::Secret<std::string>();
  ChangeConfig change;
  set_key(change, id, "project", project->id.text());
  set_key(change, id, "created_at", std::to_string(domain::unix_seconds(gateway.clock.now())));
  if (!token.empty()) set_key(change, id, "token", token);
  if (expires_s) set_key(change, id, "expires_at", std::to_string(*expires_s));
  if (with_hmac) {
    set_key(change, id, "hmac_secret",
            seal_text(gateway.ring, kKeySetTable, id.value, hmac_key.reveal()));
  }
  auto answer = carry_out(gateway, change, [&](const auto&) {
    std::string out;
    JsonWriter json(out);
    json.begin_object()
        .member("key_set_id", id.text())
        .member("access_token", token.empty() ? id.text() : token);
    if (with_hmac) json.member("hmac_key", hmac_key.reveal());
    json.end_object();
    return out;
  });
  if (answer.status == 200) log_change("project.keys_added", project->id, id, as);
  return answer;
}

http::Response expire_project_keys(Gateway& gateway, Fields& fields) {
  const NamedSet named = find_set(gateway, fields);
  const auto at = fields.integer("expires_s", 0, kUnixSecondsMax);
  const std::string as = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (named.set == nullptr) return no_such_set();
  if (!named.set->active) {
    return error_response({.code = protocol::ErrorCode::kConflict,
                           .description = "The key set was removed, which is for good."});
  }
  ChangeConfig change;
  set_key(change, named.set->id, "expires_at",
          at == 0 ? std::nullopt : std::optional(std::to_string(at)));
  auto answer = carry_out(gateway, change,
                          [&](const auto&) { return render_changed(gateway, named.set->id); });
  if (answer.status == 200) {
    log_change("project.keys_expire", named.set->project_id, named.set->id, as);
  }
  return answer;
}

http::Response remove_project_keys(Gateway& gateway, Fields& fields) {
  const NamedSet named = find_set(gateway, fields);
  const std::string as = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (named.set == nullptr) return no_such_set();
  ChangeConfig change;
  // The set's row stays, for who asks what it was; its secret goes.
  set_key(change, named.set->id, "state", "revoked");
  set_key(change, named.set->id, "hmac_secret", std::nullopt);
  auto answer = carry_out(gateway, change,
                          [&](const auto&) { return render_changed(gateway, named.set->id); });
  if (answer.status == 200) {
    log_change("project.keys_removed", named.set->project_id, named.set->id, as);
  }
  return answer;
}

}  // namespace kassa::api

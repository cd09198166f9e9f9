// Projects: made with their keys, shown and set.
#include <algorithm>

#include "api/admin/desk.hpp"
#include "api/page/brand_settings.hpp"
#include "api/page/picture.hpp"
#include "api/sealed_settings.hpp"
#include "callbacks/callback_keys.hpp"
#include "domain/simulation.hpp"
#include "ops/address_range.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/schema.hpp"

namespace kassa::api {
namespace {

using domain::ChangeConfig;
using domain::Project;
using domain::ProjectId;
using domain::SettingId;
using protocol::JsonWriter;

/// What a test project starts with, in minor units of each currency, to pay out from.
constexpr std::int64_t kTestDepositMinor = 100'000'000'000;

std::vector<std::string> read_currencies(Fields& fields) {
  std::vector<std::string> codes;
  const auto list = fields.find("currencies");
  if (!list || list->kind() != protocol::JsonKind::kArray) {
    fields.required("currencies");
    return codes;
  }
  for (const auto& item : list->children()) {
    if (domain::Currency::parse(item.text())) {
      codes.emplace_back(item.text());
    } else {
      fields.bad_format("currencies", "must be a list of currency codes");
    }
  }
  if (codes.empty()) fields.bad_format("currencies", "must name at least one currency");
  return codes;
}

/// Everything that makes a project, and what its owner is told once.
struct NewProject {
  ProjectId id{ops::random_uuid_v4()};
  domain::KeySetId key_set{ops::random_uuid_v4()};
  domain::Secret<std::string> hmac_key = protocol::generate_hmac_key_text();
  domain::Secret<std::string> callback_hmac_key = protocol::generate_hmac_key_text();
  protocol::RsaKeyPairPem callback_keys = protocol::generate_rsa_key_pair();
  ChangeConfig change;

  void set(std::string name, std::string value) {
    change.settings.emplace_back(SettingId{"project", id.text(), std::move(name)},
                                 std::move(value));
  }
  void set_key(std::string name, std::string value) {
    change.settings.emplace_back(SettingId{"keyset", key_set.text(), std::move(name)},
                                 std::move(value));
  }
  void set_trader(std::string name, std::string value) {
    const std::string trader = domain::simulated_trader(id).text();
    change.settings.emplace_back(SettingId{"trader", trader, std::move(name)}, std::move(value));
  }
};

void add_keys(NewProject& project, const Gateway& gateway, const std::string& token) {
  const ops::KeyRing& ring = gateway.ring;
  project.set_key("project", project.id.text());
  project.set_key("created_at", std::to_string(domain::unix_seconds(gateway.clock.now())));
  project.set_key("token", token);
  project.set_key("hmac_secret",
                  seal_text(ring, kKeySetTable, project.key_set.value, project.hmac_key.reveal()));
  project.set("callback.rsa_private",
              seal_text(ring, callbacks::kCallbackKeysTable, project.id.value,
                        project.callback_keys.private_pem.reveal()));
  project.set("callback.rsa_public", project.callback_keys.public_pem);
  project.set("callback.hmac", seal_text(ring, callbacks::kCallbackKeysTable, project.id.value,
                                         project.callback_hmac_key.reveal()));
}

/// A test project has its own trader, whose requisites are made on demand, and a first balance.
void add_test_mode(NewProject& project, const std::vector<std::string>& currencies) {
  project.set("pool.default", domain::simulated_pool(project.id));
  project.set_trader("name", "Simulated trader");
  project.set_trader("mode", "test");
  for (const auto& code : currencies) {
    project.set_trader("credit." + code, "unlimited");
    project.change.deposits.push_back(
        {project.id, {kTestDepositMinor, *domain::Currency::parse(code)}});
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string render_new(const NewProject& project, const std::string& token) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("project_id", project.id.text())
      .member("key_set_id", project.key_set.text())
      .member("access_token", token)
      .member("hmac_key", project.hmac_key.reveal())
      .member("callback_public_key", project.callback_keys.public_pem)
      .member("callback_hmac_key", project.callback_hmac_key.reveal())
      .end_object();
  return out;
}

void write_project(JsonWriter& json, const Project& project) {
  json.member("project_id", project.id.text())
      .member("merchant_id", project.merchant_id.text())
      .member("name", project.name)
      .member("mode", project.test ? "test" : "live")
      .member("state", project.active ? "active" : "suspended");
  json.key("currencies").begin_array();
  for (const auto& [code, rules] : project.currencies) json.value(code.text());
  json.end_array();
}

/// Settings that only Kassa itself writes, and those that a project is born with.
bool may_be_set(const std::string& name) {
  const bool of_callback_keys = name.starts_with("callback.") && name != "callback.algorithm";
  return name != "mode" && name != "merchant" && !of_callback_keys;
}

/// The text of a setting as it was sent; a file may be larger than any other.
std::string value_of(Fields& values, const protocol::JsonValue& entry) {
  const bool file = is_picture_setting(entry.key()) && entry.kind() == protocol::JsonKind::kString;
  return file ? std::string(entry.text()) : values.text(entry.key());
}

/// A setting as people read it.
std::string shown(const Project& project, const SettingId& id, const std::string& value) {
  const std::string& name = id.name;
  if (is_sealed(id)) return "(sealed)";
  if (name == "brand.logo") return words_for(project.brand.logo);
  if (name == "brand.logo_dark") return words_for(project.brand.logo_dark);
  return value;
}

/// What is wrong with a setting's value that the domain can't see, or nothing.
std::optional<std::string> wrong_value(const Project& project, const std::string& name,
                                       const std::string& value) {
  if (name.starts_with("url.") &&
      !protocol::has_format(protocol::Format::kUrl, value, project.test)) {
    return "must be an https URL (http in test mode only)";
  }
  if (name != "ip_allow") return std::nullopt;
  const auto words = domain::words_of(value);
  const bool readable = std::ranges::all_of(
      words, [](const auto& word) { return ops::AddressRange::parse(word).has_value(); });
  if (words.empty() || !readable) {
    return "must be addresses and ranges with spaces between: \"203.0.113.7 2001:db8::/32\"";
  }
  return std::nullopt;
}

}  // namespace

http::Response create_project(Gateway& gateway, Fields& fields) {
  const auto merchant = fields.id<domain::MerchantId>("merchant_id");
  const auto name = fields.text("name");
  const auto mode = fields.one_of("mode", {"test", "live"});
  const auto currencies = read_currencies(fields);
  const auto pem = fields.text("public_key");
  const auto key = protocol::PublicKey::from_pem(pem);
  if (!key && !pem.empty()) fields.bad_format("public_key", key.error());
  if (auto wrong = wrong_fields(fields)) return *wrong;

  NewProject project;
  project.set("merchant", merchant.text());
  project.set("name", name);
  project.set("mode", mode);
  project.set("currencies", joined(currencies));
  add_keys(project, gateway, key->token());
  if (mode == "test") add_test_mode(project, currencies);
  return carry_out(gateway, project.change,
                   [&](const auto&) { return render_new(project, key->token()); });
}

http::Response list_projects(Gateway& gateway, Fields&) {
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("projects").begin_array();
  for (const auto& [id, project] : config->projects) {
    json.begin_object();
    write_project(json, project);
    json.end_object();
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response show_project(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const Project* project = find_project(*config, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (project == nullptr) return no_such_project();
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_project(json, *project);
  json.key("settings").begin_object();
  for (auto at = config->settings.lower_bound({"project", project->id.text(), ""});
       at != config->settings.end() && at->first.kind == "project" &&
       at->first.id == project->id.text();
       ++at) {
    json.member(at->first.name, shown(*project, at->first, at->second));
  }
  json.end_object().key("key_sets").begin_array();
  for (const auto& [id, set] : config->key_sets) {
    if (set.project_id != project->id) continue;
    json.begin_object()
        .member("key_set_id", id.text())
        .member("state", set.active ? "active" : "revoked")
        .member("rsa", !set.token.empty())
        .member("hmac", !set.hmac_secret.empty())
        .member("expires_at", set.expires_at_s)
        .end_object();
  }
  json.end_array().key("balance").begin_array();
  for (const auto& balance : gateway.readers.borrow()->balances(project->id)) {
    json.begin_object()
        .member("currency", balance.currency.text())
        .member("amount", balance.available)
        .member("locked_amount", balance.locked)
        .end_object();
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response set_project(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const Project* project = find_project(*config, fields);
  const auto settings = fields.find("settings");
  if (!settings || settings->kind() != protocol::JsonKind::kObject) fields.required("settings");
  ChangeConfig change;
  if (project != nullptr && settings) {
    Fields values(*settings, "settings");
    for (const auto& entry : settings->children()) {
      const std::string name(entry.key());
      const SettingId id{"project", project->id.text(), name};
      if (!may_be_set(name)) {
        values.bad_format(name, "can't be set by hand");
      } else if (entry.kind() == protocol::JsonKind::kNull) {
        change.settings.emplace_back(id, std::nullopt);
      } else {
        const std::string value = value_of(values, entry);
        if (const auto wrong = wrong_value(*project, name, value)) values.bad_format(name, *wrong);
        auto kept = checked_setting(name, value, project->test);
        if (!kept) values.bad_format(name, kept.error());
        change.settings.emplace_back(id, kept.value_or(""));
      }
    }
    fields.merge(values);
  }
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (project == nullptr) return no_such_project();
  return carry_out(gateway, change, [](const auto&) { return std::string(R"({"set":true})"); });
}

}  // namespace kassa::api

// Projects: made with their keys, shown, set, and how their callbacks are signed.
#include <algorithm>

#include "api/admin/desk.hpp"
#include "api/page/brand_settings.hpp"
#include "api/page/picture.hpp"
#include "callbacks/callback_keys.hpp"
#include "domain/simulation.hpp"
#include "encoding/base64.hpp"
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

std::string seal_text(const ops::KeyRing& ring, std::string_view table, const domain::Uuid& row,
                      const std::string& text) {
  return encoding::to_base64(ring.seal(table, row.bytes, text));
}

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

void add_keys(NewProject& project, const ops::KeyRing& ring, const std::string& token) {
  project.set_key("project", project.id.text());
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

const Project* find_project(const domain::Config& config, Fields& fields) {
  return config.project(fields.id<ProjectId>("project_id"));
}

http::Response no_such_project() {
  return error_response(
      {.code = protocol::ErrorCode::kNotFound, .description = "There is no project of this id."});
}

/// Settings that only Kassa itself writes, and those that a project is born with.
bool may_be_set(const std::string& name) {
  return name != "mode" && name != "merchant" && name != "callback.rsa_private" &&
         name != "callback.rsa_public" && name != "callback.hmac";
}

/// The text of a setting as it was sent; a file may be larger than any other.
std::string value_of(Fields& values, const protocol::JsonValue& entry) {
  const bool file = is_picture_setting(entry.key()) && entry.kind() == protocol::JsonKind::kString;
  return file ? std::string(entry.text()) : values.text(entry.key());
}

/// A setting as people read it.
std::string shown(const Project& project, const std::string& name, const std::string& value) {
  if (name == "callback.rsa_private" || name == "callback.hmac") return "(sealed)";
  if (name == "brand.logo") return words_for(project.brand.logo);
  if (name == "brand.logo_dark") return words_for(project.brand.logo_dark);
  return value;
}

std::string_view algorithm_name(domain::CallbackAlgorithm algorithm) {
  return algorithm == domain::CallbackAlgorithm::rsa_sha256 ? "RSA-SHA256" : "HMAC-SHA512";
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
  add_keys(project, gateway.ring, key->token());
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
    json.member(at->first.name, shown(*project, at->first.name, at->second));
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
        const bool is_url = name.starts_with("url.");
        if (is_url && !protocol::has_format(protocol::Format::kUrl, value, project->test)) {
          values.bad_format(name, "must be an https URL (http in test mode only)");
        }
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

http::Response project_callbacks(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const Project* project = find_project(*config, fields);
  std::optional<std::string> algorithm;
  if (fields.find("algorithm")) {
    algorithm = fields.one_of("algorithm", {"RSA-SHA256", "HMAC-SHA512"});
  }
  const bool new_hmac_key = fields.optional_truth("new_hmac_key").value_or(false);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (project == nullptr) return no_such_project();

  ChangeConfig change;
  const auto set = [&](std::string name, std::string value) {
    change.settings.emplace_back(SettingId{"project", project->id.text(), std::move(name)},
                                 std::move(value));
  };
  if (algorithm) set("callback.algorithm", *algorithm);
  std::optional<domain::Secret<std::string>> fresh;
  if (new_hmac_key) {
    fresh = protocol::generate_hmac_key_text();
    set("callback.hmac",
        seal_text(gateway.ring, callbacks::kCallbackKeysTable, project->id.value, fresh->reveal()));
  }
  const auto render = [&](const auto&) {
    std::string out;
    JsonWriter json(out);
    json.begin_object()
        .member("project_id", project->id.text())
        .member("algorithm", algorithm ? std::string_view(*algorithm)
                                       : algorithm_name(project->callback_algorithm))
        .member("public_key", project->callback_rsa_public);
    if (fresh) json.member("hmac_key", fresh->reveal());
    json.end_object();
    return out;
  };
  if (change.settings.empty()) return json_response(render(domain::Answer{}));
  return carry_out(gateway, change, render);
}

}  // namespace kassa::api

// How a project's callbacks are signed, and how one key takes another's place: the next one is told
// to the merchant first, who takes both from then on, and begins when they are ready.
#include "api/admin/desk.hpp"
#include "api/sealed_settings.hpp"
#include "callbacks/callback_keys.hpp"
#include "ops/log.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::ChangeConfig;
using domain::Project;
using domain::SettingId;
using protocol::JsonWriter;

std::string_view name_of(domain::CallbackAlgorithm algorithm) {
  return algorithm == domain::CallbackAlgorithm::rsa_sha256 ? "RSA-SHA256" : "HMAC-SHA512";
}

/// What is asked of a project's callbacks, and what it makes of the settings.
class CallbackChange {
 public:
  CallbackChange(Gateway& gateway, const Project& project)
      : gateway_(gateway),
        project_(project),
        algorithm_(name_of(project.callback_algorithm)),
        now_s_(domain::unix_seconds(gateway.clock.now())),
        secrets_(domain::callback_secrets_at(project, now_s_)),
        next_public_(project.next_callback_rsa_public),
        next_from_s_(project.next_callback_from_s) {}

  void use_algorithm(const std::string& algorithm) {
    algorithm_ = algorithm;
    set("callback.algorithm", algorithm);
  }

  /// At once, in the old one's place.
  void make_hmac_key() {
    settle();
    set("callback.hmac", fresh_hmac_key());
  }

  /// Beside the present one, which goes on until the next one begins.
  void make_next_key() {
    settle();
    next_from_s_ = 0;
    if (algorithm_ == "HMAC-SHA512") {
      set("callback.next_hmac", fresh_hmac_key());
      clear("callback.next_rsa_private");
      clear("callback.next_rsa_public");
      next_public_.clear();
    } else {
      const auto pair = protocol::generate_rsa_key_pair();
      next_public_ = pair.public_pem;
      set("callback.next_rsa_private", sealed(pair.private_pem.reveal()));
      set("callback.next_rsa_public", next_public_);
      clear("callback.next_hmac");
    }
    clear("callback.next_from");
    has_next_ = true;
  }

  /// Whether there is a next key that has not begun: told to the merchant, perhaps with its time.
  [[nodiscard]] bool next_key_waits() const {
    return has_next_key() && !domain::has_begun(next_from_s_, now_s_);
  }

  /// Why the next key can't begin then; nothing when it does.
  [[nodiscard]] std::optional<std::string_view> begin_next(std::int64_t at_s) {
    if (!has_next_ && !has_next_key()) return "The project has no next key: make one first.";
    // The old key would sign again, and the merchant may have put it away.
    if (!has_next_ && !next_key_waits()) {
      return "The next key has begun, and signs: another time would end it again. Make another "
             "next key to change it.";
    }
    next_from_s_ = at_s;
    set("callback.next_from", std::to_string(at_s));
    return std::nullopt;
  }

  [[nodiscard]] const ChangeConfig& change() const { return change_; }

  [[nodiscard]] std::string render() const {
    std::string out;
    JsonWriter json(out);
    const bool begun = domain::has_begun(next_from_s_, now_s_);
    json.begin_object()
        .member("project_id", project_.id.text())
        .member("algorithm", algorithm_)
        .member("public_key", begun && !next_public_.empty() ? next_public_ : secrets_.rsa_public)
        .member("next_public_key",
                begun || next_public_.empty() ? std::nullopt : std::optional(next_public_))
        .member("next_from_s",
                begun || next_from_s_ == 0 ? std::nullopt : std::optional(next_from_s_));
    if (fresh_) json.member("hmac_key", fresh_->reveal());
    json.end_object();
    return out;
  }

 private:
  [[nodiscard]] bool has_next_key() const {
    return !project_.next_callback_rsa_private.empty() || !project_.next_callback_hmac.empty();
  }
  [[nodiscard]] SettingId id_of(std::string name) const {
    return {"project", project_.id.text(), std::move(name)};
  }
  void set(std::string name, std::optional<std::string> value) {
    change_.settings.emplace_back(id_of(std::move(name)), std::move(value));
  }
  void clear(std::string name) { set(std::move(name), std::nullopt); }

  [[nodiscard]] std::string sealed(const std::string& text) const {
    return seal_text(gateway_.ring, callbacks::kCallbackKeysTable, project_.id.value, text);
  }
  [[nodiscard]] std::string fresh_hmac_key() {
    fresh_ = protocol::generate_hmac_key_text();
    return sealed(fresh_->reveal());
  }

  /// A next key that has begun is the present one from now on: its place is needed. What is copied
  /// must still be there: a rotation of the ring may have sealed it with another key meanwhile, and
  /// be about to throw the old one away.
  void settle() {
    if (!domain::has_begun(next_from_s_, now_s_)) return;
    const auto settle_one = [&](const std::string& name, const std::string& value) {
      if (value.empty()) return;
      change_.must_be.emplace_back(id_of("callback.next_" + name), value);
      set("callback." + name, value);
      clear("callback.next_" + name);
    };
    settle_one("rsa_private", project_.next_callback_rsa_private);
    settle_one("rsa_public", project_.next_callback_rsa_public);
    settle_one("hmac", project_.next_callback_hmac);
    clear("callback.next_from");
    next_public_.clear();
    next_from_s_ = 0;
  }

  Gateway& gateway_;
  const Project& project_;
  std::string algorithm_;
  std::int64_t now_s_;
  domain::CallbackSecrets secrets_;
  std::string next_public_;
  std::int64_t next_from_s_;
  bool has_next_ = false;
  std::optional<domain::Secret<std::string>> fresh_;  // an HMAC key, told this once
  ChangeConfig change_;
};

http::Response conflict(std::string_view why) {
  return error_response({.code = protocol::ErrorCode::kConflict, .description = why});
}

}  // namespace

http::Response project_callbacks(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const Project* project = find_project(*config, fields);
  std::optional<std::string> algorithm;
  if (fields.find("algorithm")) {
    algorithm = fields.one_of("algorithm", {"RSA-SHA256", "HMAC-SHA512"});
  }
  const bool new_hmac_key = fields.optional_truth("new_hmac_key").value_or(false);
  const bool next_key = fields.optional_truth("next_key").value_or(false);
  const bool replace = fields.optional_truth("replace").value_or(false);
  const auto begin_s = fields.optional_integer("begin_s", 1, kUnixSecondsMax);
  if (new_hmac_key && next_key) {
    fields.bad_format("next_key",
                      "must not come with new_hmac_key, which ends the old key at once");
  }
  const bool changes = algorithm || new_hmac_key || next_key || begin_s;
  const std::string as = changes ? acting_operator(gateway, fields) : std::string();
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (project == nullptr) return no_such_project();

  CallbackChange change(gateway, *project);
  if (algorithm) change.use_algorithm(*algorithm);
  if (new_hmac_key) change.make_hmac_key();
  if (next_key) {
    if (change.next_key_waits() && !replace) {
      return conflict(
          "The project has a next key already, which the merchant may have been told: --begin it, "
          "or put another in its place with --replace.");
    }
    change.make_next_key();
  }
  if (begin_s) {
    if (const auto why = change.begin_next(*begin_s)) return conflict(*why);
  }
  if (change.change().settings.empty()) return json_response(change.render());
  auto answer = carry_out(gateway, change.change(), [&](const auto&) { return change.render(); });
  if (answer.status == 200) {
    ops::log::warn("project.callbacks_changed", {{"project_id", project->id},
                                                 {"algorithm", algorithm.value_or("-")},
                                                 {"new_hmac_key", new_hmac_key},
                                                 {"next_key", next_key},
                                                 {"begin_s", begin_s.value_or(0)},
                                                 {"by", as}});
  }
  return answer;
}

}  // namespace kassa::api

// Kill switches, draining and the log's level: what an operator turns while Kassa runs.
#include <chrono>

#include "api/admin/desk.hpp"
#include "ops/log.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::ChangeConfig;
using domain::Config;
using domain::SettingId;
using protocol::JsonWriter;

const std::vector<std::string_view> kKinds = {"payins", "payouts", "method",
                                              "bank",   "project", "trader"};

/// One switch as the call names it: `{"what":"bank","which":"kaspi-kzt"}`.
struct Named {
  std::string what;
  std::string which;  // empty for payins and payouts

  /// "bank.kaspi-kzt": what its settings are kept under.
  [[nodiscard]] std::string id() const { return which.empty() ? what : what + "." + which; }
};

bool any_currency_has_method(const Config& config, const std::string& method) {
  for (const auto& [code, rules] : config.currencies) {
    for (const auto* methods : {&rules.payin_methods, &rules.payout_methods}) {
      if (domain::has_word(*methods, method)) return true;
    }
  }
  for (const auto& [id, project] : config.projects) {
    for (const auto& [code, enabled] : project.currencies) {
      if (domain::has_word(enabled.payin_methods, method) ||
          domain::has_word(enabled.payout_methods, method)) {
        return true;
      }
    }
  }
  return false;
}

bool exists(const Config& config, const Named& named) {
  if (named.which.empty()) return true;
  if (named.what == "bank") return config.banks.contains(named.which);
  if (named.what == "method") return any_currency_has_method(config, named.which);
  const auto id = domain::Uuid::parse(named.which);
  if (!id) return false;
  return named.what == "project" ? config.project(domain::ProjectId{*id}) != nullptr
                                 : config.trader(domain::TraderId{*id}) != nullptr;
}

Named read_named(Fields& fields) {
  Named named{fields.one_of("what", kKinds), fields.optional_text("which").value_or("")};
  const bool whole = named.what == "payins" || named.what == "payouts";
  if (whole && !named.which.empty()) fields.bad_format("which", "is for nothing here");
  if (!whole && named.which.empty()) fields.required("which");
  return named;
}

/// A project and a trader have a state of their own, which `set` changes too.
void change_state(const Named& named, bool on, ChangeConfig& change) {
  if (named.what == "project") {
    change.settings.emplace_back(SettingId{"project", named.which, "state"},
                                 on ? "active" : "suspended");
  } else if (named.what == "trader") {
    change.settings.emplace_back(SettingId{"trader", named.which, "state"}, on ? "on" : "off");
  }
}

void write_switch(JsonWriter& json, std::string_view id, const domain::Switch& one) {
  const auto dot = id.find('.');
  json.begin_object().member("what", id.substr(0, dot));
  if (dot != std::string_view::npos) json.member("which", id.substr(dot + 1));
  json.member("state", one.on ? "on" : "off")
      .member("by", one.by)
      .member("at", one.at_s == 0 ? std::nullopt : std::optional(one.at_s))
      .member("why", one.why)
      .end_object();
}

/// Nobody listens in a process that the command line made for one call.
std::optional<http::Response> not_serving(const Gateway& gateway) {
  if (gateway.server_stats) return std::nullopt;
  return error_response({.code = protocol::ErrorCode::kConflict,
                         .description = "Nobody serves this store now: there is nothing to turn."});
}

/// A project's and a trader's state may have been set since without the switch: then it is told as
/// it is, and who did that nobody wrote down.
domain::Switch as_it_is(const Config& config, const std::string& id, const domain::Switch& one) {
  const auto dot = id.find('.');
  const auto which =
      dot == std::string::npos ? std::nullopt : domain::Uuid::parse(id.substr(dot + 1));
  if (!which) return one;
  const auto* project = config.project(domain::ProjectId{*which});
  const auto* trader = config.trader(domain::TraderId{*which});
  const bool on = project != nullptr ? project->active : trader != nullptr ? trader->on : one.on;
  if (on == one.on) return one;
  return {on, "", 0, "set without the switch"};
}

}  // namespace

http::Response set_switch(Gateway& gateway, Fields& fields) {
  const Named named = read_named(fields);
  const bool on = fields.one_of("state", {"on", "off"}) == "on";
  const std::string as = acting_operator(gateway, fields);
  const std::string why = fields.optional_text("why").value_or("");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!exists(*gateway.engine.config(), named)) {
    return error_response({.code = protocol::ErrorCode::kNotFound,
                           .description = "There is no " + named.what + " of this name."});
  }
  ChangeConfig change;
  const domain::Switch flipped{on, as, domain::unix_seconds(gateway.clock.now()), why};
  const auto set = [&](const char* name, std::string value) {
    change.settings.emplace_back(SettingId{"switch", named.id(), name}, std::move(value));
  };
  set("state", on ? "on" : "off");
  set("by", as);
  set("at", std::to_string(flipped.at_s));
  set("why", why);
  change_state(named, on, change);
  auto answer = carry_out(gateway, change, [&](const auto&) {
    std::string out;
    JsonWriter json(out);
    write_switch(json, named.id(), flipped);
    return out;
  });
  if (answer.status == 200) {
    ops::log::warn("switch.flipped", {{"what", named.what},
                                      {"which", named.which.empty() ? "-" : named.which},
                                      {"state", on ? "on" : "off"},
                                      {"by", as}});
  }
  return answer;
}

http::Response list_switches(Gateway& gateway, Fields& fields) {
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("switches").begin_array();
  for (const auto& [id, one] : config->switches) write_switch(json, id, as_it_is(*config, id, one));
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response drain(Gateway& gateway, Fields& fields) {
  const bool on = fields.one_of("state", {"on", "off"}) == "on";
  const std::string as = acting_operator(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (auto refused = not_serving(gateway)) return *refused;
  gateway.engine.set_draining(on);
  ops::log::warn("server.draining", {{"state", on ? "on" : "off"}, {"by", as}});
  std::string out;
  JsonWriter(out)
      .begin_object()
      .member("draining", on)
      .member("commands_waiting", static_cast<std::int64_t>(gateway.engine.queued()))
      .member("callbacks_waiting", static_cast<std::int64_t>(gateway.deliverer.known()))
      .member("connections_open",
              static_cast<std::int64_t>(gateway.server_stats().connections_open))
      .end_object();
  return json_response(std::move(out));
}

http::Response log_level(Gateway& gateway, Fields& fields) {
  const auto word = fields.optional_text("level");
  const auto level = word ? ops::log::parse_level(*word) : std::nullopt;
  const std::string as = word ? acting_operator(gateway, fields) : std::string();
  if (word && !level) fields.bad_format("level", "must be debug, info, warn or error");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (auto refused = not_serving(gateway)) return *refused;
  if (level) {
    ops::log::warn("log.level_changed", {{"level", *word}, {"by", as}});
    ops::log::set_level(*level);
  }
  std::string out;
  JsonWriter(out).begin_object().member("level", name(ops::log::level())).end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

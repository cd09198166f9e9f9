// Merchants and traders: who the money comes to, and who moves it.
#include "api/admin/desk.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::ChangeConfig;
using domain::SettingId;
using protocol::JsonWriter;

std::string object_with_id(std::string_view name, const std::string& id) {
  std::string out;
  JsonWriter(out).begin_object().member(name, id).end_object();
  return out;
}

/// "credit": {"KZT": 1000000} → settings credit.KZT.
void read_credit(Fields& fields, const std::string& id, ChangeConfig& change) {
  const auto credit = fields.find("credit");
  if (!credit) return;
  if (credit->kind() != protocol::JsonKind::kObject) {
    fields.bad_format("credit", "must be an object of currency and minor units");
    return;
  }
  Fields amounts(*credit, "credit");
  for (const auto& entry : credit->children()) {
    const std::string currency(entry.key());
    if (!domain::Currency::parse(currency)) {
      amounts.bad_format(currency, "must be a currency code");
      continue;
    }
    const auto amount = amounts.integer(currency, 0, 1LL << 60);
    change.settings.emplace_back(SettingId{"trader", id, "credit." + currency},
                                 std::to_string(amount));
  }
  fields.merge(amounts);
}

/// "settings": {"payout_methods.KZT": "card-p2p"}; null takes the default again.
void read_payout_settings(Fields& fields, const std::string& id, ChangeConfig& change) {
  const auto settings = fields.find("settings");
  if (!settings) return;
  if (settings->kind() != protocol::JsonKind::kObject) {
    fields.bad_format("settings", "must be an object of names and values");
    return;
  }
  Fields values(*settings, "settings");
  for (const auto& entry : settings->children()) {
    const std::string name(entry.key());
    const bool deleted = entry.kind() == protocol::JsonKind::kNull;
    if (!name.starts_with("payout_")) {
      values.bad_format(name, "can't be set this way");
    } else {
      change.settings.emplace_back(SettingId{"trader", id, name},
                                   deleted ? std::nullopt : std::optional(values.text(name)));
    }
  }
  fields.merge(values);
}

}  // namespace

http::Response create_merchant(Gateway& gateway, Fields& fields) {
  const std::string name = fields.text("name");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const std::string id = ops::random_uuid_v4().text();
  ChangeConfig change;
  change.settings.emplace_back(SettingId{"merchant", id, "name"}, name);
  return carry_out(gateway, change, [&](const auto&) { return object_with_id("merchant_id", id); });
}

http::Response list_merchants(Gateway& gateway, Fields&) {
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("merchants").begin_array();
  for (const auto& [id, name] : config->merchants) {
    json.begin_object().member("merchant_id", id.text()).member("name", name).end_object();
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response create_trader(Gateway& gateway, Fields& fields) {
  const std::string id = ops::random_uuid_v4().text();
  ChangeConfig change;
  change.settings.emplace_back(SettingId{"trader", id, "name"}, fields.text("name"));
  change.settings.emplace_back(SettingId{"trader", id, "mode"},
                               fields.one_of("mode", {"test", "live"}));
  read_credit(fields, id, change);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  return carry_out(gateway, change, [&](const auto&) { return object_with_id("trader_id", id); });
}

http::Response set_trader(Gateway& gateway, Fields& fields) {
  const auto id = fields.id<domain::TraderId>("trader_id");
  ChangeConfig change;
  if (fields.find("state")) {
    change.settings.emplace_back(SettingId{"trader", id.text(), "state"},
                                 fields.one_of("state", {"on", "off"}));
  }
  read_credit(fields, id.text(), change);
  read_payout_settings(fields, id.text(), change);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (gateway.engine.config()->trader(id) == nullptr) {
    return error_response(
        {.code = protocol::ErrorCode::kNotFound, .description = "There is no trader of this id."});
  }
  return carry_out(gateway, change,
                   [&](const auto&) { return object_with_id("trader_id", id.text()); });
}

http::Response list_traders(Gateway& gateway, Fields&) {
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("traders").begin_array();
  for (const auto& [id, trader] : config->traders) {
    json.begin_object()
        .member("trader_id", id.text())
        .member("name", trader.name)
        .member("mode", trader.test ? "test" : "live")
        .member("state", trader.on ? "on" : "off")
        .key("credit")
        .begin_object();
    if (trader.unlimited) json.member("all", "unlimited");
    for (const auto& [currency, amount] : trader.credit) json.member(currency.text(), amount);
    json.end_object().end_object();
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

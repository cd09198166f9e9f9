// Operators: the people who make and approve settlements, by name.
#include "api/admin/desk.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::ChangeConfig;
using domain::SettingId;
using protocol::JsonWriter;

void write_operator(JsonWriter& json, std::string_view name, std::string_view state) {
  json.begin_object().member("name", name).member("state", state).end_object();
}

std::string render(std::string_view name, std::string_view state) {
  std::string out;
  JsonWriter json(out);
  write_operator(json, name, state);
  return out;
}

std::string read_name(Fields& fields) {
  std::string name = fields.text("name");
  if (!name.empty() && !domain::is_operator_name(name)) {
    fields.bad_format("name",
                      "must be 1 to 64 of a-z, 0-9, dot, hyphen and underscore, and begin with a "
                      "letter or digit");
  }
  return name;
}

}  // namespace

http::Response add_operator(Gateway& gateway, Fields& fields) {
  const std::string name = read_name(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const SettingId state{"operator", name, "state"};
  ChangeConfig change;
  change.must_be_new = {state};
  change.settings.emplace_back(state, "on");
  return carry_out(gateway, change, [&](const auto&) { return render(name, "on"); });
}

http::Response set_operator(Gateway& gateway, Fields& fields) {
  const std::string name = read_name(fields);
  const std::string state = fields.one_of("state", {"on", "off"});
  if (auto wrong = wrong_fields(fields)) return *wrong;
  if (!gateway.engine.config()->operators.contains(name)) {
    return error_response({.code = protocol::ErrorCode::kNotFound,
                           .description = "There is no operator of this name."});
  }
  ChangeConfig change;
  change.settings.emplace_back(SettingId{"operator", name, "state"}, state);
  return carry_out(gateway, change, [&](const auto&) { return render(name, state); });
}

http::Response list_operators(Gateway& gateway, Fields&) {
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("operators").begin_array();
  for (const auto& [name, row] : config->operators) {
    write_operator(json, name, row.on ? "on" : "off");
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

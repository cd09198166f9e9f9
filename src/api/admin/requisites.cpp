// Requisites: imported from a trader, listed (masked), switched on and off.
#include <algorithm>
#include <cctype>

#include "api/admin/desk.hpp"
#include "domain/details.hpp"
#include "domain/masks.hpp"
#include "engine/number_hash.hpp"
#include "ops/random.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::Requisites;
using protocol::JsonWriter;

constexpr std::int64_t kMaxMinor = domain::kAmountMinorMax;

/// A card, a phone with its +, or an IBAN.
bool is_number(const std::string& number) {
  const bool iban = number.size() >= 14 && number.size() <= 34 && std::isalpha(number[0]) != 0 &&
                    std::isalpha(number[1]) != 0;
  const std::size_t from = number.starts_with("+") ? 1 : 0;
  const bool digits = number.size() - from >= 7 && number.size() <= 33 &&
                      number.find_first_not_of("0123456789", from) == std::string::npos;
  return digits || (iban && std::ranges::all_of(number, [](unsigned char c) {
                      return std::isdigit(c) != 0 || std::isupper(c) != 0;
                    }));
}

/// Some project could ask for requisites of this method in this currency.
bool is_method(const domain::Config& config, domain::Currency currency, const std::string& method) {
  const auto* rules = config.currency(currency);
  return (rules != nullptr && domain::has_word(rules->payin_methods, method)) ||
         std::ranges::any_of(config.projects, [&](const auto& entry) {
           const auto found = entry.second.currencies.find(currency);
           return found != entry.second.currencies.end() &&
                  domain::has_word(found->second.payin_methods, method);
         });
}

std::string mask_number(const std::string& number) {
  return number.starts_with("+") ? domain::mask_phone(number) : domain::mask_card(number);
}

/// One row of the import. The number is sealed before it goes any further.
Requisites read_row(Gateway& gateway, Fields& row, std::vector<std::string>& older_hashes) {
  Requisites r;
  r.id = domain::RequisitesId{ops::new_uuid_v7(gateway.clock.now())};
  r.trader_id = row.id<domain::TraderId>("trader_id");
  r.pool = row.optional_text("pool").value_or("default");
  const auto currency = domain::Currency::parse(row.text("currency"));
  if (!currency) row.bad_format("currency", "must be a currency code");
  r.currency = currency.value_or(domain::Currency{});
  r.methods = row.text("methods");
  r.bank_symbol = row.text("bank");
  const auto config = gateway.engine.config();
  for (const auto& method : domain::words_of(r.methods)) {
    if (!is_method(*config, r.currency, method)) row.bad_format("methods", "has an unknown method");
  }
  const auto bank = config->banks.find(r.bank_symbol);
  if (bank != config->banks.end()) r.bank_country = bank->second.country;
  r.on = row.optional_truth("on").value_or(true);
  r.amount_min = row.optional_integer("amount_min", 1, kMaxMinor).value_or(1);
  r.amount_max = row.optional_integer("amount_max", 1, kMaxMinor).value_or(kMaxMinor);
  r.day_count_max = row.optional_integer("day_count_max", 0, 1'000'000).value_or(0);
  r.day_sum_max = row.optional_integer("day_sum_max", 0, 1LL << 60).value_or(0);
  r.cool_down_s = row.optional_integer("cool_down_s", 0, 86'400).value_or(0);
  r.weight = row.optional_integer("weight", 1, 1000).value_or(1);
  r.time_zone = row.optional_text("time_zone").value_or("UTC");

  domain::RequisitesDetails details;
  details.number = engine::normalized_number(row.text("number"));
  if (!is_number(details.number)) row.bad_format("number", "must be a card, a phone or an IBAN");
  details.holder = row.optional_text("holder").value_or("");
  r.number_mask = mask_number(details.number);
  const auto hashes = engine::number_hashes(gateway.ring, details.number);
  r.number_hash = hashes.front();
  older_hashes.insert(older_hashes.end(), hashes.begin() + 1, hashes.end());
  r.details =
      gateway.ring.seal(domain::kRequisitesDetailsTable, r.id.value.bytes, domain::encode(details));
  return r;
}

void write_row(JsonWriter& json, const Requisites& r) {
  json.begin_object()
      .member("requisites_id", r.id.text())
      .member("trader_id", r.trader_id.text())
      .member("pool", r.pool)
      .member("currency", r.currency.text())
      .member("methods", domain::words_of(r.methods).empty()
                             ? std::string()
                             : r.methods.substr(1, r.methods.size() - 2))
      .member("bank", r.bank_symbol)
      .member("number", r.number_mask)
      .member("state", r.on ? "on" : "off")
      .member("amount_min", r.amount_min)
      .member("amount_max", r.amount_max)
      .member("day_count_max", r.day_count_max)
      .member("day_sum_max", r.day_sum_max)
      .member("cool_down_s", r.cool_down_s)
      .member("weight", r.weight)
      .member("time_zone", r.time_zone)
      .member("last_used_ms", r.last_used_at ? std::optional(domain::unix_ms(*r.last_used_at))
                                             : std::optional<std::int64_t>())
      .end_object();
}

}  // namespace

http::Response import_requisites(Gateway& gateway, Fields& fields) {
  const auto list = fields.find("requisites");
  if (!list || list->kind() != protocol::JsonKind::kArray) fields.required("requisites");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  domain::ImportRequisites command;
  for (const auto& item : list->children()) {
    Fields row(item, "requisites." + std::to_string(command.requisites.size()));
    command.requisites.push_back(read_row(gateway, row, command.older_hashes));
    fields.merge(row);
  }
  if (command.requisites.empty()) fields.required("requisites");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  return carry_out(gateway, command, [&](const auto&) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("requisites_ids").begin_array();
    for (const auto& r : command.requisites) json.value(r.id.text());
    json.end_array().end_object();
    return out;
  });
}

http::Response list_requisites(Gateway& gateway, Fields& fields) {
  const store::Page page = page_of(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto found = gateway.readers.borrow()->requisites_list(page);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("requisites").begin_array();
  for (const auto& r : found.rows) write_row(json, r);
  json.end_array().member("next_cursor", found.next_cursor).end_object();
  return json_response(std::move(out));
}

http::Response switch_requisites(Gateway& gateway, Fields& fields) {
  domain::SwitchRequisites command;
  command.id = fields.id<domain::RequisitesId>("requisites_id");
  command.on = fields.truth("on");
  if (auto wrong = wrong_fields(fields)) return *wrong;
  return carry_out(gateway, command, [&](const auto&) {
    return std::string(command.on ? R"({"state":"on"})" : R"({"state":"off"})");
  });
}

}  // namespace kassa::api

// POST /api/v1/bank/all, /payment/p2p/bank/all, /payment/p2p/bank/available, /balance/info (wire
// §5.4).
#include <algorithm>
#include <map>
#include <set>

#include "api/merchant/endpoints.hpp"
#include "protocol/json_writer.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {
namespace {

using domain::Bank;
using domain::has_word;
using protocol::BankListRequest;
using protocol::JsonWriter;

bool fits(const Bank& bank, const BankListRequest& request) {
  return (!request.currency || has_word(bank.currencies, request.currency->text())) &&
         (!request.method || has_word(bank.methods, *request.method));
}

void write_words(JsonWriter& json, std::string_view name, const std::vector<std::string>& words) {
  json.key(name).begin_array();
  for (const auto& word : words) json.value(word);
  json.end_array();
}

void write_bank(JsonWriter& json, const Bank& bank) {
  json.begin_object()
      .member("symbol", bank.symbol)
      .member("code", bank.code.empty() ? std::nullopt : std::optional(bank.code))
      .member("name", bank.name)
      .member("country", bank.country);
  write_words(json, "currencies", bank.currencies);
  write_words(json, "methods", bank.methods);
  json.end_object();
}

/// Banks come sorted by symbol, as the configuration keeps them.
template <class Wanted>
void answer_banks(Admitted& admitted, http::Responder& responder, const Wanted& wanted) {
  const auto request = protocol::parse_bank_list(admitted.workspace->document);
  if (!request) {
    responder.send(validation_failed(admitted, request.error()));
    return;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("banks").begin_array();
  for (const auto& [symbol, bank] : admitted.config->banks) {
    if (fits(bank, *request) && wanted(bank, *request)) write_bank(json, bank);
  }
  json.end_array().end_object();
  responder.send(json_response(std::move(out)));
}

/// The bank moves a currency of this project by a method that it has enabled for payins.
bool serves(const Bank& bank, const domain::Project& project) {
  return std::ranges::any_of(project.currencies, [&](const auto& entry) {
    const auto& [currency, rules] = entry;
    return has_word(bank.currencies, currency.text()) &&
           std::ranges::any_of(rules.payin_methods,
                               [&](const auto& method) { return has_word(bank.methods, method); });
  });
}

std::vector<std::string> pools_of(const domain::Project& project) {
  std::set<std::string> pools{project.pool_default};
  for (const auto& [value, pool] : project.pool_by_extra_param) pools.insert(pool);
  for (const auto& [value, pool] : project.pool_by_customer_type) pools.insert(pool);
  return {pools.begin(), pools.end()};
}

/// What a payin of this project could ask for, narrowed to what the request names.
store::BankQuery bank_query(const domain::Project& project, const domain::Config& config,
                            const BankListRequest& request, domain::Instant now) {
  store::BankQuery query;
  query.pools = pools_of(project);
  query.now = now;
  query.config = &config;
  for (const auto& [currency, rules] : project.currencies) {
    if (request.currency && *request.currency != currency) continue;
    auto& methods = query.methods[currency];
    for (const auto& method : rules.payin_methods) {
      if (!request.method || *request.method == method) methods.push_back(method);
    }
  }
  for (const auto& [symbol, bank] : config.banks) {
    if (fits(bank, request) && serves(bank, project)) query.banks.insert(symbol);
  }
  return query;
}

}  // namespace

void all_banks(Gateway&, Admitted admitted, http::Responder responder) {
  answer_banks(admitted, responder, [](const Bank&, const BankListRequest&) { return true; });
}

void payer_banks(Gateway&, Admitted admitted, http::Responder responder) {
  answer_banks(admitted, responder, [&](const Bank& bank, const BankListRequest&) {
    return serves(bank, *admitted.project);
  });
}

void available_banks(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const domain::Project& project = *admitted.project;
  // Simulated traders make requisites of any bank on demand, so in test mode each is available.
  std::optional<std::set<std::string, std::less<>>> with_requisites;
  answer_banks(admitted, responder, [&](const Bank& bank, const BankListRequest& request) {
    if (!serves(bank, project)) return false;
    if (project.test) return true;
    if (!with_requisites) {
      with_requisites = gateway.readers.borrow()->available_banks(
          bank_query(project, *admitted.config, request, gateway.engine.live_now()));
    }
    return with_requisites->contains(bank.symbol);
  });
}

namespace {

/// Of every currency that the project takes, and of those it took once and still has money in.
std::map<domain::Currency, store::BalanceView> balances_told(
    const domain::Project& project, const std::vector<store::BalanceView>& balances) {
  std::map<domain::Currency, store::BalanceView> told;
  for (const auto& [currency, rules] : project.currencies) told[currency].currency = currency;
  for (const auto& view : balances) {
    if (view.available != 0 || view.locked != 0) told[view.currency] = view;
  }
  return told;
}

}  // namespace

void balance_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const auto request = protocol::parse_project_ref(admitted.workspace->document);
  if (!request) {
    responder.send(validation_failed(admitted, request.error()));
    return;
  }
  const auto balances = gateway.readers.borrow()->balances(admitted.project->id);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("balance").begin_array();
  for (const auto& [currency, view] : balances_told(*admitted.project, balances)) {
    json.begin_object()
        .member("currency", currency.text())
        .member("amount", view.available)
        .member("locked_amount", view.locked)
        .end_object();
  }
  json.end_array().end_object();
  responder.send(json_response(std::move(out)));
}

}  // namespace kassa::api

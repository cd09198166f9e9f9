// The books: recomputed, balanced, and listed transfer by transfer.
#include <algorithm>
#include <iterator>
#include <map>

#include "api/admin/desk.hpp"
#include "encoding/base64.hpp"
#include "protocol/json_writer.hpp"
#include "store/receipt_check.hpp"

namespace kassa::api {
namespace {

using protocol::JsonWriter;

/// How many digits of a minor unit the catalogue gives the currency.
std::int64_t digits_of(const domain::Config& config, domain::Currency currency) {
  const domain::CurrencyRules* rules = config.currency(currency);
  KASSA_CHECK(rules != nullptr, "the books have a currency that the catalogue has not");
  return rules->digits;
}

/// Whose accounts are asked for.
struct Owner {
  std::optional<domain::Uuid> id;  // empty: everybody's
  domain::AccountOwner is = domain::AccountOwner::either;

  /// A test project and its simulated trader have one id.
  [[nodiscard]] bool has(const domain::AccountId& account) const {
    using enum domain::AccountOwner;
    const domain::AccountRule* rule = domain::rule_of(account.kind);
    return is == either || (rule != nullptr && (rule->owner == either || rule->owner == is));
  }
};

Owner read_owner(Gateway& gateway, Fields& fields) {
  const auto config = gateway.engine.config();
  const auto project = fields.optional_id<domain::ProjectId>("project_id");
  const auto trader = fields.optional_id<domain::TraderId>("trader_id");
  if (project && config->project(*project) == nullptr) {
    fields.bad_format("project_id", "must be the id of a project");
  }
  if (trader && config->trader(*trader) == nullptr) {
    fields.bad_format("trader_id", "must be the id of a trader");
  }
  if (project && trader) fields.bad_format("trader_id", "can't stand beside project_id");
  if (project) return {project->value, domain::AccountOwner::project};
  if (trader) return {trader->value, domain::AccountOwner::trader};
  return {};
}

void write_account(JsonWriter& json, const domain::Account& account, std::int64_t digits) {
  json.begin_object()
      .member("account", domain::book_name(account.id))
      .member("kind", domain::name(account.id.kind))
      .member("owner", account.id.owner.text())
      .member("currency", account.id.currency.text())
      .member("digits", digits)
      .member("balance", account.balance)
      .end_object();
}

void write_transfer(JsonWriter& json, const domain::Transfer& t, std::int64_t digits) {
  json.begin_object()
      .member("lane", t.lane)
      .member("seq", t.seq)
      .member("at_ms", domain::unix_ms(t.at))
      .member("kind", domain::name(t.kind))
      .member("request_id",
              t.request_id.is_nil() ? std::optional<std::string>() : t.request_id.text())
      .member("correction", std::int64_t{t.correction})
      .member("debit", domain::book_name(t.debit))
      .member("credit", domain::book_name(t.credit))
      .member("amount", t.amount_minor)
      .member("currency", t.debit.currency.text())
      .member("digits", digits)
      .member("chain", encoding::to_hex(t.chain))
      .end_object();
}

}  // namespace

http::Response check_ledger(Gateway& gateway, Fields&) {
  store::LedgerReport report;
  try {
    const auto reader = gateway.readers.borrow();
    report = reader->check_ledger(gateway.stopping.get_token());
    auto missing = store::missing_receipts(*reader, gateway.store.receipt_files(),
                                           gateway.stopping.get_token());
    std::ranges::move(missing, std::back_inserter(report.problems));
  } catch (const store::StoreError&) {
    if (!gateway.stopping.stop_requested()) throw;
    return error_response({.code = protocol::ErrorCode::kUnavailable,
                           .description = "Kassa is shutting down; check again later."});
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("clean", report.problems.empty())
      .member("transfers", report.transfers)
      .member("accounts", report.accounts)
      .member("payments", report.payments)
      .member("settlements", report.settlements)
      .key("lanes")
      .begin_array();
  for (const auto& head : report.heads) {
    json.begin_object()
        .member("lane", head.lane)
        .member("seq", head.seq)
        .member("chain", encoding::to_hex(head.chain))
        .end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const auto& problem : report.problems) json.value(problem);
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response list_balances(Gateway& gateway, Fields& fields) {
  const auto owner = read_owner(gateway, fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto accounts = gateway.readers.borrow()->accounts(owner.id);
  const auto config = gateway.engine.config();
  std::map<domain::Currency, std::int64_t> totals;
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("accounts").begin_array();
  for (const auto& account : accounts) {
    if (!owner.has(account.id)) continue;
    write_account(json, account, digits_of(*config, account.id.currency));
    if (owner.id) continue;  // some accounts add up to nothing in particular
    auto& total = totals[account.id.currency];
    total = domain::checked_add(total, account.balance);
  }
  json.end_array().key("totals").begin_array();
  for (const auto& [currency, total] : totals) {
    json.begin_object()
        .member("currency", currency.text())
        .member("digits", digits_of(*config, currency))
        .member("balance", total)
        .end_object();
  }
  json.end_array().end_object();
  return json_response(std::move(out));
}

http::Response list_transfers(Gateway& gateway, Fields& fields) {
  constexpr std::int64_t kMsMax = 253'402'300'800'000;  // the year 10,000
  const auto instant = [&fields](std::string_view name) {
    const auto ms = fields.optional_integer(name, 0, kMsMax);
    return ms ? std::optional(domain::instant_of_ms(*ms)) : std::nullopt;
  };
  const store::TransferFilter filter{.from = instant("from_ms"), .to = instant("to_ms")};
  const store::Page page = page_of(fields);
  if (auto wrong = wrong_fields(fields)) return *wrong;
  const auto found = gateway.readers.borrow()->ledger(filter, page);
  const auto config = gateway.engine.config();
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("transfers").begin_array();
  for (const auto& transfer : found.rows) {
    write_transfer(json, transfer, digits_of(*config, transfer.debit.currency));
  }
  json.end_array().member("next_cursor", found.next_cursor).end_object();
  return json_response(std::move(out));
}

}  // namespace kassa::api

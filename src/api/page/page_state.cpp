#include "api/page/page_state.hpp"

#include <algorithm>

#include "api/page/texts.hpp"
#include "callbacks/picture.hpp"
#include "domain/methods.hpp"
#include "domain/receipt.hpp"
#include "encoding/base64.hpp"
#include "ops/crypto.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::api {
namespace {

using domain::has_word;
using domain::Payment;
using protocol::JsonWriter;
using protocol::or_null;
namespace state = domain::state;

constexpr std::string_view kLanguageOfNobody = "en";

/// Where the time begins in the JSON: it stands last, so that all else can be compared.
constexpr std::string_view kNowKey = ",\"now_ms\":";

std::string_view kind_of_number(std::string_view method) {
  if (domain::is_phone_method(method)) return "phone";
  if (method == "account-number" || domain::is_qr_method(method)) return "account";
  return "card";
}

/// The banks that move this currency by this method.
std::vector<PageState::BankOffer> banks_of(const domain::Config& config, const Payment& payment,
                                           std::string_view method) {
  std::vector<PageState::BankOffer> banks;
  for (const auto& [symbol, bank] : config.banks) {
    const bool serves =
        has_word(bank.currencies, payment.currency.text()) && has_word(bank.methods, method);
    if (serves) banks.push_back({symbol, bank.name, /*available=*/false});
  }
  std::ranges::sort(banks, {}, &PageState::BankOffer::name);
  return banks;
}

/// Simulated traders make requisites of any bank on demand, so in test mode each is available.
void mark_available(Gateway& gateway, PageState::MethodOffer& offer, const Payment& payment,
                    const domain::Config& config, store::Reader& reader) {
  if (!payment.clock.is_nil()) {
    for (auto& bank : offer.banks) bank.available = true;
    return;
  }
  const domain::Instant now = gateway.engine.live_now();
  const auto available =
      gateway.offered_banks.get({payment.pool, payment.currency, offer.method}, now, [&] {
        store::BankQuery query;
        query.pools = {payment.pool};
        query.methods[payment.currency] = {offer.method};
        for (const auto& bank : offer.banks) query.banks.insert(bank.symbol);
        query.now = now;
        query.config = &config;
        return reader.available_banks(query);
      });
  for (auto& bank : offer.banks) bank.available = available->contains(bank.symbol);
}

PageState::Choice choice_of(Gateway& gateway, const domain::Config& config, const Payment& payment,
                            store::Reader& reader) {
  PageState::Choice choice{payment.chosen, {}};
  const domain::Project* project = config.project(payment.project_id);
  if (project == nullptr) return choice;
  const auto rules = project->currencies.find(payment.currency);
  if (rules == project->currencies.end()) return choice;
  for (const auto& widget_method : rules->second.widget_methods) {
    const auto method = domain::method_of_widget_method(widget_method);
    if (!method) continue;
    PageState::MethodOffer offer{widget_method, std::string(*method),
                                 banks_of(config, payment, *method)};
    mark_available(gateway, offer, payment, config, reader);
    choice.methods.push_back(std::move(offer));
  }
  return choice;
}

PageState::Recipient recipient_of(const protocol::Recipient& recipient, std::string_view method,
                                  const domain::Config& config) {
  const auto bank = config.banks.find(recipient.bank_name);
  return {std::string(kind_of_number(method)),
          recipient.number,
          recipient.holder,
          recipient.bank_name,
          bank == config.banks.end() ? recipient.bank_name : bank->second.name,
          recipient.bank_country};
}

std::string language_of(const domain::PaymentDetails& details, const domain::Config& config) {
  // One that the page doesn't speak is as good as none (wire §5).
  if (Texts::has(details.customer_language)) return details.customer_language;
  const auto country = config.countries.find(details.customer_country);
  const bool known = country != config.countries.end() && !country->second.language.empty();
  return known ? country->second.language : std::string(kLanguageOfNobody);
}

void fill_from_row(PageState& page, const Payment& payment) {
  page.request_id = payment.request_id;
  page.version = payment.last_event;
  page.kind = payment.kind;
  page.state = payment.state;
  page.payment_id = payment.payment_id;
  page.status_description = payment.status_description;
  page.amount = payment.amount;
  page.old_amount = payment.old_amount;
  page.initial_amount = payment.initial_amount;
  page.currency = payment.currency.text();
  page.created_at_s = domain::unix_seconds(payment.created_at);
  page.expires_at_s = domain::unix_seconds(payment.expires_at);
  page.lifetime_s = payment.lifetime_s;
  page.method = payment.method;
  page.widget_method = payment.widget_method;
  page.bank = payment.bank_symbol;
  page.test = !payment.clock.is_nil();
  page.can_choose =
      payment.kind == domain::PaymentKind::widget && payment.state == state::requisites;
  page.can_confirm = payment.state == state::awaiting_confirm;
  page.can_show_receipt =
      domain::takes_receipts(payment) && payment.receipts < domain::kReceiptsMax;
  page.receipts = payment.receipts;
  page.can_cancel =
      domain::find_edge(payment.kind, payment.state, domain::Cause::cancelled) != nullptr;
}

void write_amount(JsonWriter& json, const PageState& page) {
  json.key("amount")
      .begin_object()
      .member("minor", page.amount)
      .member("old_minor", page.old_amount)
      .member("initial_minor", page.initial_amount)
      .member("currency", page.currency)
      .member("digits", std::int64_t{page.digits})
      .end_object();
}

void write_choice(JsonWriter& json, const PageState& page) {
  json.key("choice");
  if (!page.choice) {
    json.null();
    return;
  }
  json.begin_object().member("made", page.choice->made).key("methods").begin_array();
  for (const auto& method : page.choice->methods) {
    json.begin_object()
        .member("widget_method", method.widget_method)
        .member("method", method.method)
        .key("banks")
        .begin_array();
    for (const auto& bank : method.banks) {
      json.begin_object()
          .member("symbol", bank.symbol)
          .member("name", bank.name)
          .member("available", bank.available)
          .end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

void write_recipient(JsonWriter& json, const PageState& page) {
  json.key("recipient");
  if (!page.recipient) {
    json.null();
    return;
  }
  const auto& to = *page.recipient;
  json.begin_object()
      .member("kind", to.kind)
      .member("number", to.number)
      .member("holder", or_null(to.holder))
      .key("bank")
      .begin_object()
      .member("symbol", to.bank_symbol)
      .member("name", to.bank_name)
      .member("country", to.bank_country)
      .end_object()
      .end_object();
}

void write_qr(JsonWriter& json, const PageState& page) {
  json.key("qr");
  if (page.qr_text.empty()) {
    json.null();
    return;
  }
  json.begin_object().member("text", page.qr_text).end_object();
}

void write_brand(JsonWriter& json, const PageBrand& brand) {
  const auto& colours = brand.colours;
  json.key("brand")
      .begin_object()
      .member("name", or_null(brand.name))
      .member("logo", or_null(brand.logo.path))
      .member("logo_dark", or_null(brand.logo_dark.path))
      .member("colour", or_null(colours ? hex(colours->light) : ""))
      .member("colour_dark", or_null(colours ? hex(colours->dark) : ""))
      .member("support", or_null(brand.support ? brand.support->href : ""))
      .end_object();
}

void write_actions(JsonWriter& json, const PageState& page) {
  json.key("actions").begin_array();
  if (page.can_choose) json.value("choose");
  if (page.can_confirm) json.value("confirm");
  if (page.can_cancel) json.value("cancel");
  if (page.can_show_receipt) json.value("receipt");
  json.end_array();
}

}  // namespace

std::optional<PageState> read_page_state(Gateway& gateway, domain::RequestId id) {
  const auto reader = gateway.readers.borrow();
  const auto view = reader->payment(id);
  if (!view || view->payment.kind == domain::PaymentKind::payout) return std::nullopt;
  const Payment& payment = view->payment;
  const auto config = gateway.engine.config();
  const auto picture = gateway.pictures.of_payment(payment, view->requisites, *config);
  const auto details = gateway.pictures.details(payment).value_or(domain::PaymentDetails{});

  PageState page;
  fill_from_row(page, payment);
  const std::int64_t ahead_ms =
      payment.clock.is_nil() ? 0 : reader->test_clock(payment.clock).offset_ms;
  page.now = gateway.clock.now() + domain::Duration{ahead_ms};
  if (const auto* rules = config->currency(payment.currency)) page.digits = rules->digits;
  if (page.bank.empty()) page.bank = details.sender_bank_symbol;
  if (page.can_choose) page.choice = choice_of(gateway, *config, payment, *reader);
  if (protocol::tells_recipient(picture)) {
    page.recipient = recipient_of(*picture.recipient, payment.method, *config);
    if (domain::is_qr_method(payment.method)) page.qr_text = page.recipient->number;
  }
  page.redirect_url = picture.redirect_url;
  page.language = language_of(details, *config);
  if (const auto* project = config->project(payment.project_id)) page.brand = brand_of(*project);
  return page;
}

std::string render_page_state(const PageState& page) {
  constexpr std::size_t kBytesUsual = 2048;
  const bool widget = page.kind == domain::PaymentKind::widget;
  std::string out;
  out.reserve(kBytesUsual);
  JsonWriter json(out);
  json.begin_object()
      .member("version", std::int64_t{page.version})
      .member("kind", widget ? "widget" : "payin")
      .member("status", domain::wire_name(page.state.status))
      .member("sub_status", or_null(domain::wire_name(page.state.sub)))
      .member("status_description", or_null(page.status_description));
  write_amount(json, page);
  json.member("created_at", page.created_at_s)
      .member("expires_at", page.expires_at_s)
      .member("lifetime_s", page.lifetime_s)
      .member("method", or_null(page.method))
      .member("widget_method", or_null(page.widget_method))
      .member("bank", or_null(page.bank));
  write_choice(json, page);
  write_recipient(json, page);
  write_qr(json, page);
  json.member("redirect_url", or_null(page.redirect_url)).member("language", page.language);
  write_actions(json, page);
  json.key("receipts")
      .begin_object()
      .member("shown", std::int64_t{page.receipts})
      .member("max", std::int64_t{domain::kReceiptsMax})
      .end_object();
  write_brand(json, page.brand);
  json.member("test", page.test);
  json.member("now_ms", domain::unix_ms(page.now)).end_object();
  return out;
}

std::string etag_of_page_state(const std::string& json) {
  constexpr std::size_t kBytesShown = 12;
  const std::string_view lasting = std::string_view(json).substr(0, json.rfind(kNowKey));
  // The key is no secret: only whoever holds the link sees the digest, and they see the state too.
  const auto digest = ops::hmac_sha256(ops::bytes_of("page state"), {ops::bytes_of(lasting)});
  return "\"" + encoding::to_base64(ops::chars_of(digest).substr(0, kBytesShown)) + "\"";
}

}  // namespace kassa::api

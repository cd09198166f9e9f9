#include "protocol/requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "protocol/json_writer.hpp"
#include "protocol/phone_pattern.hpp"
#include "protocol/schema.hpp"
#include "unit/protocol/signing_vectors.hpp"

namespace kassa::protocol {

void PrintTo(const FieldError& error, std::ostream* out) {
  *out << error.field << " " << field_error_name(error.code);
}

namespace {

using test::parsed;
using testing::ElementsAre;
using testing::IsEmpty;

// A project with KZT and TJS as delivered (wire §4.1).
class KztAndTjs : public ValidationContext {
 public:
  bool http = false;

  static domain::Currency currency(std::string_view text) {
    return domain::Currency::parse(text).value();
  }
  [[nodiscard]] bool currency_enabled(domain::Currency of) const override {
    return of == currency("KZT") || of == currency("TJS");
  }
  [[nodiscard]] bool method_enabled(Operation operation, domain::Currency of,
                                    std::string_view method) const override {
    if (operation == Operation::kWidget)
      return method == "payin-p2p-card" || method == "payin-p2p-phone";
    const bool international = method == "international-card-p2p" && of == currency("KZT") &&
                               operation == Operation::kPayin;
    return method == "card-p2p" || method == "phone-p2p" || international;
  }
  [[nodiscard]] bool bank_known(std::string_view symbol) const override {
    return symbol == "kaspi-kzt" || symbol == "dushanbe-city-bank";
  }
  [[nodiscard]] bool phone_allowed(domain::Currency of, std::string_view phone) const override {
    return phone_matches(
        of == currency("KZT") ? R"(^\+7\d{10}$)" : R"(^\+7\d{10}$|^\+992\d{7,12}$)", phone);
  }
  [[nodiscard]] BankCodeRule bank_code_rule(domain::Currency of,
                                            std::string_view method) const override {
    if (of == currency("KZT")) return BankCodeRule::kIgnored;
    return method == "phone-p2p" ? BankCodeRule::kRequired : BankCodeRule::kOptional;
  }
  [[nodiscard]] bool http_urls_allowed() const override { return http; }
};

constexpr std::string_view kKzPayin = R"({
"general":{"project_id":"57aff4db-b45d-42bf-bc5f-b7a499a01782","payment_id":"KZT-VISA-123456",
 "merchant_callback_url":"https://your-domain.com/internal",
 "merchant_success_callback_url":"https://your-domain.com/success",
 "merchant_decline_callback_url":"https://your-domain.com/decline",
 "redirect_url":"https://your-domain.com/order/page"},
"payment":{"method":"international-card-p2p","amount":500000,"currency":"KZT","lifetime":300,
 "description":"Comment about the payment","extra_param":"example"},
"sender":{"pan":"4400430140020306"},
"customer":{"id":"cus_12345","ip_address":"192.0.2.1","first_name":"Alex","last_name":"Johnson",
 "customer_type":"ftd","country":"KZ","language":"kk","email":"customer@example.com",
 "browser":"Google Chrome v15.12","device_type":"iPhone 15 Pro"}})";

constexpr std::string_view kTjPayin = R"({
"general":{"project_id":"57aff4db-b45d-42bf-bc5f-b7a499a01782","payment_id":"TJS-PAYMENT-123456",
 "merchant_callback_url":"https://your-domain.com/internal",
 "merchant_success_callback_url":"https://your-domain.com/sucess",
 "merchant_decline_callback_url":"https://your-domain.com/decline",
 "redirect_url":"https://your-domain.com/order/page"},
"payment":{"method":"card-p2p","amount":150000,"currency":"TJS","lifetime":300,
 "description":"Comment about the payment","extra_param":"example"},
"sender":{"pan":"4850788018041726","card_holder":"Erik Ackerman"},
"customer":{"id":"random-customer-id","ip_address":"1.1.1.1","first_name":"John","last_name":"Snow",
 "customer_type":"ftd","country":"TJ","language":"tg","email":"[email protected]",
 "browser":"Google Chrome v15.12","device_type":"Iphone 15 Pro"}})";

constexpr std::string_view kWidget = R"({
"general":{"project_id":"57aff4db-b45d-42bf-bc5f-b7a499a01782","payment_id":"PAYMENT-TJS-123456",
 "merchant_callback_url":"https://your-callback-domain.com/internal",
 "merchant_success_callback_url":"https://your-callback-domain.com/success",
 "merchant_decline_callback_url":"https://your-callback-domain.com/decline",
 "redirect_url":"https://your-web-site-url.com/order/page"},
"payment":{"amount":1500000,"currency":"TJS","lifetime":300,
 "description":"Comment about the payment","extra_param":"example","widget_method":"payin-p2p-card"},
"sender":{"bank_symbol":"dushanbe-city-bank"},
"customer":{"id":"cus_12345","ip_address":"192.0.2.1","country":"TJ","language":"tg",
 "customer_type":"ftd","email":"customer@example.com"}})";

constexpr std::string_view kTjPayout = R"({
"general":{"project_id":"57aff4db-b45d-42bf-bc5f-b7a499a01782","payment_id":"TJS-PAYOUT-123456",
 "merchant_callback_url":"https://your-domain.com/internal",
 "merchant_success_callback_url":"https://your-domain.com/sucess",
 "merchant_decline_callback_url":"https://your-domain.com/decline"},
"receiver":{"pan":"4850788018041726","card_holder":"Erik Ackerman"},
"payment":{"method":"card-p2p","amount":100,"currency":"TJS",
 "description":"Comment about the payout","extra_param":"example"},
"customer":{"id":"random-customer-id","ip_address":"1.1.1.1","first_name":"John","last_name":"Snow",
 "country":"RU","email":"customer@example.com","browser":"Google Chrome v15.12",
 "device_type":"Iphone 15 Pro"}})";

std::string replaced(std::string_view body, std::string_view what, std::string_view with) {
  std::string out(body);
  const auto at = out.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return out.replace(at, what.size(), with);
}

// The errors as "field code", in order.
template <class Request>
std::vector<std::string> errors_of(const Validated<Request>& result) {
  std::vector<std::string> out;
  if (result) return out;
  for (const FieldError& error : result.error()) {
    EXPECT_THAT(error.message, testing::StartsWith(error.field + " "));
    out.push_back(error.field + " " + std::string(field_error_name(error.code)));
  }
  return out;
}

class Requests : public testing::Test {
 protected:
  KztAndTjs context_;

  std::vector<std::string> payin_errors(std::string_view body) {
    return errors_of(parse_payin(parsed(body), context_));
  }
  std::vector<std::string> widget_errors(std::string_view body) {
    return errors_of(parse_widget(parsed(body), context_));
  }
  std::vector<std::string> payout_errors(std::string_view body) {
    return errors_of(parse_payout(parsed(body), context_));
  }
};

TEST_F(Requests, TakeTheKazakhPayin) {
  const auto payin = parse_payin(parsed(kKzPayin), context_);
  ASSERT_THAT(errors_of(payin), IsEmpty());
  EXPECT_EQ(payin->general.project_id.text(), "57aff4db-b45d-42bf-bc5f-b7a499a01782");
  EXPECT_EQ(payin->general.payment_id, "KZT-VISA-123456");
  EXPECT_EQ(payin->general.redirect_url, "https://your-domain.com/order/page");
  EXPECT_EQ(payin->payment.method, "international-card-p2p");
  EXPECT_EQ(payin->payment.amount_minor, 500'000);
  EXPECT_EQ(payin->payment.currency.text(), "KZT");
  EXPECT_EQ(payin->payment.lifetime_seconds, 300);
  EXPECT_EQ(payin->payment.extra_param, "example");
  EXPECT_EQ(payin->party.pan, "4400430140020306");
  EXPECT_EQ(payin->party.phone, std::nullopt);
  EXPECT_EQ(payin->customer.ip_address, "192.0.2.1");
  EXPECT_EQ(payin->customer.device_type, "iPhone 15 Pro");
  EXPECT_EQ(payin->customer.user_agent, std::nullopt);
}

TEST_F(Requests, RefuseOnlyTheGarbledEmailOfTheTajikPayin) {
  EXPECT_THAT(payin_errors(kTjPayin), ElementsAre("customer.email bad_format"));
  EXPECT_THAT(payin_errors(replaced(kTjPayin, "[email protected]", "customer@example.com")),
              IsEmpty());
}

TEST_F(Requests, TakeTheTajikWidget) {
  const auto widget = parse_widget(parsed(kWidget), context_);
  ASSERT_THAT(errors_of(widget), IsEmpty());
  EXPECT_EQ(widget->payment.widget_method, "payin-p2p-card");
  EXPECT_EQ(widget->payment.method, "");
  EXPECT_EQ(widget->party.bank_symbol, "dushanbe-city-bank");
}

TEST_F(Requests, TakeTheTajikPayout) {
  const auto payout = parse_payout(parsed(kTjPayout), context_);
  ASSERT_THAT(errors_of(payout), IsEmpty());
  EXPECT_EQ(payout->party.pan, "4850788018041726");
  EXPECT_EQ(payout->payment.amount_minor, 100);
}

TEST_F(Requests, ReportEverythingMissingAtOnce) {
  EXPECT_THAT(
      payin_errors("{}"),
      ElementsAre("general required", "general.project_id required", "general.payment_id required",
                  "payment required", "payment.method required", "payment.amount required",
                  "payment.currency required", "sender required", "customer required",
                  "customer.id required", "customer.ip_address required",
                  "customer.country required"));
}

TEST_F(Requests, ReportEverythingWrongAtOnceInTheOrderOfTheSchema) {
  EXPECT_THAT(
      payin_errors(R"({"general":{"project_id":"no","payment_id":5,"redirect_url":""},
        "payment":{"method":"cash","amount":"100","currency":"USD","lifetime":601},
        "sender":[],"customer":{"id":"","ip_address":"1.2.3","country":"ZZ","language":"EN"}})"),
      ElementsAre("general.project_id bad_format", "general.payment_id wrong_type",
                  "general.redirect_url empty", "payment.amount wrong_type",
                  "payment.currency not_enabled", "payment.lifetime out_of_range",
                  "sender wrong_type", "customer.id empty", "customer.ip_address bad_format",
                  "customer.country unknown_value", "customer.language bad_format"));
}

TEST_F(Requests, TreatNullAsAbsentInOptionalFieldsOnly) {
  EXPECT_THAT(payin_errors(replaced(kKzPayin, "\"kk\"", "null")), IsEmpty());
  EXPECT_THAT(payin_errors(replaced(kKzPayin, "\"lifetime\":300", "\"lifetime\":null")), IsEmpty());
  EXPECT_THAT(payin_errors(replaced(kKzPayin, "500000", "null")),
              ElementsAre("payment.amount required"));
  EXPECT_THAT(payin_errors(replaced(kKzPayin, R"({"pan":"4400430140020306"})", "null")),
              ElementsAre("sender required"));
  EXPECT_THAT(payin_errors(replaced(kKzPayin, R"({"pan":"4400430140020306"})", "{}")), IsEmpty());
  EXPECT_THAT(widget_errors(replaced(kWidget, R"({"bank_symbol":"dushanbe-city-bank"})", "null")),
              ElementsAre("sender required"));
  EXPECT_THAT(widget_errors(replaced(kWidget, R"({"bank_symbol":"dushanbe-city-bank"})", "{}")),
              IsEmpty());
  EXPECT_THAT(
      widget_errors(replaced(kWidget, R"("sender":{"bank_symbol":"dushanbe-city-bank"},)", "")),
      IsEmpty());
}

TEST_F(Requests, TakeAnEmptyPayerBankForNone) {
  const auto payin = parse_payin(
      parsed(replaced(kKzPayin, R"("pan":"4400430140020306")", R"("bank_symbol":"")")), context_);
  ASSERT_THAT(errors_of(payin), IsEmpty());
  EXPECT_EQ(payin->party.bank_symbol, std::nullopt);
}

TEST_F(Requests, FillTheLifetimeIn) {
  const auto payin = parse_payin(parsed(replaced(kKzPayin, "\"lifetime\":300,", "")), context_);
  ASSERT_TRUE(payin.has_value());
  EXPECT_EQ(payin->payment.lifetime_seconds, 600);
}

TEST_F(Requests, IgnoreUnknownFields) {
  EXPECT_THAT(
      payin_errors(replaced(kKzPayin, "\"sender\"", R"("further":{"deep":[1,{}]},"sender")")),
      IsEmpty());
}

// ── one field at a time ──────────────────────────────────────────────────────────────────────────
std::string times(std::string_view text, std::size_t count) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}
std::string json_text(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

struct FieldRow {
  std::string path;
  std::string json;  // its value
  std::string code;  // empty: fine
};
std::ostream& operator<<(std::ostream& out, const FieldRow& row) {
  return out << row.path << " = " << row.json.substr(0, 60) << " → " << row.code;
}

// `kKzPayin` with one value set in its place.
std::string with_value(const FieldRow& row) {
  std::string out;
  JsonWriter json(out);
  const auto document = parsed(kKzPayin);
  const auto dot = row.path.find('.');
  json.begin_object();
  for (const auto section : document.root().children()) {
    json.key(section.key()).begin_object();
    for (const auto field : section.children()) {
      if (std::string(section.key()) + "." + std::string(field.key()) == row.path) continue;
      json.key(field.key());
      field.kind() == JsonKind::kString ? json.value(field.text()) : json.raw(field.text());
    }
    if (section.key() == row.path.substr(0, dot)) json.key(row.path.substr(dot + 1)).raw(row.json);
    json.end_object();
  }
  json.end_object();
  return out;
}

const std::vector<FieldRow>& payin_rows() {
  static const std::vector<FieldRow> rows{
      FieldRow{"general.project_id", R"("57AFF4DB-B45D-42BF-BC5F-B7A499A01782")", ""},
      FieldRow{"general.project_id", R"("57aff4dbb45d42bfbc5fb7a499a01782")", "bad_format"},
      FieldRow{"general.project_id", "\"\"", "empty"},
      FieldRow{"general.project_id", "7", "wrong_type"},
      FieldRow{"general.payment_id", json_text(times("ж", 255)), ""},
      FieldRow{"general.payment_id", json_text(times("😀", 255)), ""},
      FieldRow{"general.payment_id", json_text(times("ж", 256)), "too_long"},
      FieldRow{"general.payment_id", "\"\"", "empty"},
      FieldRow{"general.payment_id", "\" \"", ""},
      FieldRow{"general.payment_id", "12", "wrong_type"},
      FieldRow{"general.redirect_url", R"("https://a.example/x?y=z#w")", ""},
      FieldRow{"general.redirect_url", R"("HTTPS://a.example")", ""},
      FieldRow{"general.redirect_url", R"("https://user:pw@a.example:8443/")", ""},
      FieldRow{"general.redirect_url", R"("https://[2001:db8::1]:8443/x")", ""},
      FieldRow{"general.redirect_url", R"("https://пример.рф/путь")", ""},
      FieldRow{"general.redirect_url", json_text("https://a.example/" + times("x", 2030)), ""},
      FieldRow{"general.redirect_url", json_text("https://a.example/" + times("x", 2031)),
               "too_long"},
      FieldRow{"general.redirect_url", R"("http://a.example/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https:///x")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://?x")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://user@/x")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://a.example:0/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://a.example:65536/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://a.example:x/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://[::g]/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://a b.example/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://a.example/\r\nx: y")", "bad_format"},
      FieldRow{"general.redirect_url", R"("https://a.example\\@b/")", "bad_format"},
      FieldRow{"general.redirect_url", R"("javascript:alert")", "bad_format"},
      FieldRow{"general.redirect_url", R"("a.example")", "bad_format"},
      FieldRow{"general.redirect_url", "\"\"", "empty"},
      FieldRow{"general.merchant_callback_url", R"("ftp://a.example")", "bad_format"},
      FieldRow{"general.merchant_success_callback_url", R"("ftp://a.example")", "bad_format"},
      FieldRow{"general.merchant_decline_callback_url", "true", "wrong_type"},
      FieldRow{"payment.method", R"("card-p2p")", ""},
      FieldRow{"payment.method", R"("sbp-p2p")", "not_enabled"},
      FieldRow{"payment.method", R"("CARD-P2P")", "not_enabled"},
      FieldRow{"payment.method", json_text(times("m", 32)), "not_enabled"},
      FieldRow{"payment.method", json_text(times("m", 33)), "too_long"},
      FieldRow{"payment.method", "\"\"", "empty"},
      FieldRow{"payment.payment_system", "\"\"", ""},
      FieldRow{"payment.payment_system", json_text(times("s", 32)), ""},
      FieldRow{"payment.payment_system", json_text(times("s", 33)), "too_long"},
      FieldRow{"payment.amount", "1", ""},
      FieldRow{"payment.amount", "10000000000000", ""},
      FieldRow{"payment.amount", "10000000000001", "out_of_range"},
      FieldRow{"payment.amount", "0", "out_of_range"},
      FieldRow{"payment.amount", "-0", "out_of_range"},
      FieldRow{"payment.amount", "-1", "out_of_range"},
      FieldRow{"payment.amount", "99999999999999999999", "out_of_range"},
      FieldRow{"payment.amount", "1.0", "wrong_type"},
      FieldRow{"payment.amount", "1e3", "wrong_type"},
      FieldRow{"payment.amount", "\"100\"", "wrong_type"},
      FieldRow{"payment.amount", "true", "wrong_type"},
      FieldRow{"payment.amount", "[100]", "wrong_type"},
      FieldRow{"payment.amount", "null", "required"},
      FieldRow{"payment.currency", R"("kzt")", "bad_format"},
      FieldRow{"payment.currency", R"("KZTT")", "bad_format"},
      FieldRow{"payment.currency", R"("USD")", "not_enabled"},
      FieldRow{"payment.currency", "398", "wrong_type"},
      FieldRow{"payment.lifetime", "300", ""},
      FieldRow{"payment.lifetime", "600", ""},
      FieldRow{"payment.lifetime", "299", "out_of_range"},
      FieldRow{"payment.lifetime", "601", "out_of_range"},
      FieldRow{"payment.lifetime", "900", "out_of_range"},
      FieldRow{"payment.lifetime", "300.0", "wrong_type"},
      FieldRow{"payment.bank_symbol", R"("kaspi-kzt")", ""},
      FieldRow{"payment.bank_symbol", R"("no-such-bank")", "unknown_value"},
      FieldRow{"payment.bank_symbol", json_text(times("b", 33)), "too_long"},
      FieldRow{"payment.bank_symbol", "\"\"", "empty"},
      FieldRow{"payment.description", "\"\"", ""},
      FieldRow{"payment.description", json_text(times("д", 255)), ""},
      FieldRow{"payment.description", json_text(times("д", 256)), "too_long"},
      FieldRow{"payment.extra_param", R"("aZ09_-")", ""},
      FieldRow{"payment.extra_param", json_text(times("x", 16)), ""},
      FieldRow{"payment.extra_param", json_text(times("x", 17)), "bad_format"},
      FieldRow{"payment.extra_param", R"("a b")", "bad_format"},
      FieldRow{"payment.extra_param", R"("a\n")", "bad_format"},
      FieldRow{"payment.extra_param", "\"\"", "empty"},
      FieldRow{"sender.pan", json_text(times("1", 12)), ""},
      FieldRow{"sender.pan", json_text(times("1", 32)), ""},
      FieldRow{"sender.pan", json_text(times("1", 11)), "bad_format"},
      FieldRow{"sender.pan", json_text(times("1", 33)), "too_long"},
      FieldRow{"sender.pan", R"("4400 4301 4002 0306")", "bad_format"},
      FieldRow{"sender.pan", R"("٤٤٠٠٤٣٠١٤٠٠٢")", "bad_format"},
      FieldRow{"sender.pan", "4400430140020306", "wrong_type"},
      FieldRow{"sender.pan", "\"\"", "empty"},
      FieldRow{"sender.phone", R"("+77012345678")", ""},
      FieldRow{"sender.phone", R"("+7701234567")", "bad_format"},
      FieldRow{"sender.phone", R"("+770123456789")", "bad_format"},
      FieldRow{"sender.phone", R"("77012345678")", "bad_format"},
      FieldRow{"sender.phone", R"("+992123456789")", "bad_format"},
      FieldRow{"sender.phone", json_text("+" + times("7", 24)), "too_long"},
      FieldRow{"sender.bank_symbol", R"("kaspi-kzt")", ""},
      FieldRow{"sender.bank_symbol", R"("no-such-bank")", "unknown_value"},
      FieldRow{"sender.bank_symbol", json_text(times("b", 33)), "too_long"},
      FieldRow{"sender.bank_symbol", "\"\"", ""},
      FieldRow{"sender.card_holder", R"("Жанна д'Арк-Ёлкина Jr. 2")", ""},
      FieldRow{"sender.card_holder", R"("Ґудзь Їжак Іван Єва")", ""},
      FieldRow{"sender.card_holder", json_text(times("ж", 255)), ""},
      FieldRow{"sender.card_holder", json_text(times("ж", 256)), "too_long"},
      FieldRow{"sender.card_holder", R"("<b>")", "bad_format"},
      FieldRow{"sender.card_holder", R"("Ҷӯраев")", "bad_format"},
      FieldRow{"sender.card_holder", "\"\"", "empty"},
      FieldRow{"customer.id", json_text(times("i", 255)), ""},
      FieldRow{"customer.id", json_text(times("i", 256)), "too_long"},
      FieldRow{"customer.id", "\"\"", "empty"},
      FieldRow{"customer.id", "5", "wrong_type"},
      FieldRow{"customer.ip_address", R"("2001:db8::1")", ""},
      FieldRow{"customer.ip_address", R"("::ffff:192.0.2.1")", ""},
      FieldRow{"customer.ip_address", R"("256.0.0.1")", "bad_format"},
      FieldRow{"customer.ip_address", R"("192.0.2.1 ")", "bad_format"},
      FieldRow{"customer.ip_address", R"("192.0.2.1/24")", "bad_format"},
      FieldRow{"customer.ip_address", R"("fe80::1%eth0")", "bad_format"},
      FieldRow{"customer.ip_address", json_text(times("1", 256)), "too_long"},
      FieldRow{"customer.ip_address", "\"\"", "empty"},
      FieldRow{"customer.first_name", "\"\"", ""},
      FieldRow{"customer.first_name", json_text(times("Ҷ", 255)), ""},
      FieldRow{"customer.first_name", json_text(times("Ҷ", 256)), "too_long"},
      FieldRow{"customer.last_name", json_text("<>&'" + times("x", 251)), ""},
      FieldRow{"customer.last_name", json_text(times("x", 256)), "too_long"},
      FieldRow{"customer.customer_type", R"("trust")", ""},
      FieldRow{"customer.customer_type", R"("FTD")", "unknown_value"},
      FieldRow{"customer.customer_type", R"("vip")", "unknown_value"},
      FieldRow{"customer.customer_type", "\"\"", "empty"},
      FieldRow{"customer.country", R"("RU")", ""},
      FieldRow{"customer.country", R"("AD")", ""},
      FieldRow{"customer.country", R"("ZW")", ""},
      FieldRow{"customer.country", R"("ZZ")", "unknown_value"},
      FieldRow{"customer.country", R"("kz")", "bad_format"},
      FieldRow{"customer.country", R"("KAZ")", "bad_format"},
      FieldRow{"customer.country", "null", "required"},
      FieldRow{"customer.language", R"("xx")", ""},
      FieldRow{"customer.language", R"("KK")", "bad_format"},
      FieldRow{"customer.language", R"("kaz")", "bad_format"},
      FieldRow{"customer.email", R"("a.b+c@mail.example.co")", ""},
      FieldRow{"customer.email", R"("имя@почта.рф")", ""},
      FieldRow{"customer.email", R"("[email protected]")", "bad_format"},
      FieldRow{"customer.email", R"("a@b")", "bad_format"},
      FieldRow{"customer.email", R"("@b.c")", "bad_format"},
      FieldRow{"customer.email", R"("a@@b.c")", "bad_format"},
      FieldRow{"customer.email", R"("a@b..c")", "bad_format"},
      FieldRow{"customer.email", R"("a@-b.c")", "bad_format"},
      FieldRow{"customer.email", R"("a b@c.d")", "bad_format"},
      FieldRow{"customer.email", R"("a@b.c\n")", "bad_format"},
      FieldRow{"customer.email",
               json_text(times("a", 60) + "@" + times("b", 63) + "." + times("c", 63) + "." +
                         times("d", 63) + ".x"),
               ""},
      FieldRow{"customer.email", json_text("a@" + times("b.", 126) + "cc"), "too_long"},
      FieldRow{"customer.email", "\"\"", "empty"},
      FieldRow{"customer.browser", json_text(times("b", 512)), ""},
      FieldRow{"customer.browser", json_text(times("b", 513)), "too_long"},
      FieldRow{"customer.browser", "\"\"", ""},
      FieldRow{"customer.device_type", json_text(times("d", 512)), ""},
      FieldRow{"customer.device_type", json_text(times("d", 513)), "too_long"},
      FieldRow{"customer.user_agent", json_text(times("u", 1024)), ""},
      FieldRow{"customer.user_agent", json_text(times("u", 1025)), "too_long"},
  };
  return rows;
}

TEST_F(Requests, HoldEveryFieldToItsRow) {
  for (const FieldRow& row : payin_rows()) {
    const auto errors = payin_errors(with_value(row));
    std::vector<std::string> expected;
    if (!row.code.empty()) expected.push_back(row.path + " " + row.code);
    EXPECT_EQ(errors, expected) << row;
  }
}

TEST_F(Requests, HaveARowHereForEveryFieldOfAPayin) {
  std::set<std::string> tried;
  for (const FieldRow& row : payin_rows()) tried.insert(row.path);
  for (const FieldRule& rule : kPayinSchema.fields)
    EXPECT_TRUE(rule.type == FieldType::kObject || tried.contains(std::string(rule.path)))
        << rule.path;
}

TEST_F(Requests, AllowHttpUrlsWhereTheContextDoes) {
  context_.http = true;
  const FieldRow row{"general.redirect_url", R"("http://localhost:8080/x")", ""};
  EXPECT_THAT(payin_errors(with_value(row)), IsEmpty());
}

TEST_F(Requests, CheckPhonesByTheCurrency) {
  const std::string body =
      replaced(replaced(kKzPayin, "international-card-p2p", "phone-p2p"), "\"KZT\"", "\"TJS\"");
  const auto with_phone = [&](std::string_view phone) {
    return payin_errors(
        replaced(body, R"("pan":"4400430140020306")", R"("phone":")" + std::string(phone) + "\""));
  };
  EXPECT_THAT(with_phone("+9921234567"), IsEmpty());
  EXPECT_THAT(with_phone("+992123456789012"), IsEmpty());
  EXPECT_THAT(with_phone("+77012345678"), IsEmpty());
  EXPECT_THAT(with_phone("+992123456"), ElementsAre("sender.phone bad_format"));
  EXPECT_THAT(with_phone("+9921234567890123"), ElementsAre("sender.phone bad_format"));
}

TEST_F(Requests, KeepAPayoutsReceiverToItsMethod) {
  const std::string receiver =
      R"("receiver":{"pan":"4850788018041726","card_holder":"Erik Ackerman"})";
  const auto with_receiver = [&](std::string_view method, std::string_view currency,
                                 const std::string& json) {
    std::string body = replaced(kTjPayout, receiver, "\"receiver\":" + json);
    body = replaced(body, "\"card-p2p\"", json_text(method));
    return payout_errors(replaced(body, "\"TJS\"", json_text(currency)));
  };
  EXPECT_THAT(with_receiver("card-p2p", "TJS", "{}"), ElementsAre("receiver.pan required"));
  EXPECT_THAT(with_receiver("card-p2p", "TJS", "null"), ElementsAre("receiver required"));
  EXPECT_THAT(with_receiver("card-p2p", "TJS", "5"), ElementsAre("receiver wrong_type"));
  EXPECT_THAT(with_receiver("phone-p2p", "TJS", "{}"),
              ElementsAre("receiver.phone required", "receiver.bank_code required"));
  EXPECT_THAT(
      with_receiver("phone-p2p", "TJS", R"({"phone":"+9921234567","bank_code":"100000000111"})"),
      IsEmpty());
  EXPECT_THAT(with_receiver("phone-p2p", "TJS", R"({"phone":"+9921234567","bank_code":"1"})"),
              ElementsAre("receiver.bank_code bad_format"));
  EXPECT_THAT(with_receiver("phone-p2p", "TJS", R"({"phone":"+9921234567","bank_code":5})"),
              ElementsAre("receiver.bank_code wrong_type"));
  EXPECT_THAT(with_receiver("phone-p2p", "KZT", R"({"phone":"+77012345678","bank_code":"1"})"),
              IsEmpty());
  EXPECT_THAT(with_receiver("phone-p2p", "KZT", R"({"phone":"+9921234567"})"),
              ElementsAre("receiver.phone bad_format"));
}

TEST_F(Requests, ReadTheSmallBodies) {
  const std::string id = "57aff4db-b45d-42bf-bc5f-b7a499a01782";
  const std::string general = R"("general":{"project_id":")" + id + "\"";
  EXPECT_EQ(parse_payment_ref(parsed("{" + general + R"(,"payment_id":"p"}})"))->payment_id, "p");
  EXPECT_THAT(errors_of(parse_payment_ref(parsed("{" + general + "}}"))),
              ElementsAre("general.payment_id required"));
  EXPECT_EQ(parse_project_ref(parsed("{" + general + "}}"))->project_id.text(), id);
  EXPECT_THAT(errors_of(parse_project_ref(parsed(R"({"general":{"project_id":null}})"))),
              ElementsAre("general.project_id required"));

  const auto banks = parse_bank_list(parsed("{" + general + R"(},"payment":{"currency":"TJS"}})"));
  EXPECT_EQ(banks->currency->text(), "TJS");
  EXPECT_EQ(banks->method, std::nullopt);
  EXPECT_EQ(parse_bank_list(parsed("{" + general + R"(},"payment":null})"))->currency,
            std::nullopt);
  EXPECT_THAT(errors_of(parse_bank_list(
                  parsed("{" + general + R"(},"payment":{"currency":"x","method":""}})"))),
              ElementsAre("payment.currency bad_format", "payment.method empty"));

  const auto advance = [&](std::string_view seconds) {
    return parse_clock_advance(
        parsed("{" + general + "},\"seconds\":" + std::string(seconds) + "}"));
  };
  EXPECT_EQ(advance("1")->seconds, 1);
  EXPECT_EQ(advance("31536000")->seconds, 31'536'000);
  for (const char* out : {"0", "-5", "31536001"})
    EXPECT_THAT(errors_of(advance(out)), ElementsAre("seconds out_of_range")) << out;
  EXPECT_THAT(errors_of(advance("1.5")), ElementsAre("seconds wrong_type"));
  EXPECT_THAT(errors_of(advance("null")), ElementsAre("seconds required"));
}

TEST_F(Requests, FindTheProjectOfAnyBody) {
  EXPECT_EQ(project_id_of(parsed(kKzPayin))->text(), "57aff4db-b45d-42bf-bc5f-b7a499a01782");
  for (const char* body : {"{}", R"({"general":5})", R"({"general":{"project_id":null}})",
                           R"({"general":{"project_id":"x"}})", R"({"general":{"project_id":7}})"})
    EXPECT_EQ(project_id_of(parsed(body)), std::nullopt) << body;
}

TEST_F(Requests, FingerprintTheContentAndNothingElse) {
  const auto print = [&](std::string_view body) {
    return content_fingerprint(parse_payin(parsed(body), context_).value());
  };
  const std::string original = print(kKzPayin);
  // The same content, written otherwise.
  EXPECT_EQ(print(replaced(kKzPayin, "\"kk\"", "\"\\u006bk\"")), original);
  EXPECT_EQ(print(replaced(kKzPayin, "\"sender\"", "\"unknown\":1,\"sender\"")), original);
  EXPECT_EQ(print(replaced(kKzPayin, R"({"pan":"4400430140020306"})",
                           R"({"bank_symbol":"","phone":null,"pan":"4400430140020306"})")),
            original);
  EXPECT_EQ(print(replaced(kKzPayin, "57aff4db", "57AFF4DB")), original);
  // The default counts as if it had been sent.
  EXPECT_EQ(print(replaced(kKzPayin, "\"lifetime\":300,", "")),
            print(replaced(kKzPayin, "\"lifetime\":300", "\"lifetime\":600")));
  // Every field that differs makes a difference.
  for (const FieldRow& row : payin_rows()) {
    const bool is_original = row.json == "300" || row.path == "general.project_id" ||
                             (row.path == "sender.bank_symbol" && row.json == "\"\"");
    if (!row.code.empty() || is_original) continue;
    EXPECT_NE(print(with_value(row)), original) << row;
  }
  EXPECT_NE(print(replaced(kKzPayin, "\"browser\":\"Google Chrome v15.12\",", "\"browser\":\"\",")),
            print(replaced(kKzPayin, "\"browser\":\"Google Chrome v15.12\",", "")));
}

TEST_F(Requests, FingerprintsOfTheThreeKindsNeverMeet) {
  EXPECT_NE(content_fingerprint(WidgetRequest{}), content_fingerprint(PayinRequest{}));
  EXPECT_NE(content_fingerprint(WidgetRequest{}), content_fingerprint(PayoutRequest{}));
  // Stable: what is stored today must be found again after an upgrade.
  const auto payout = parse_payout(parsed(kTjPayout), context_).value();
  EXPECT_THAT(
      content_fingerprint(payout),
      testing::StartsWith("6:payout16:customer.browser20:Google Chrome v15.12"
                          "16:customer.country2:RU20:customer.device_type13:Iphone 15 Pro"));
}

// Printed for the eye, like timing_test.cpp.
TEST_F(Requests, TakeLittleTime) {
  constexpr int kRounds = 10'000;
  const auto body = parsed(kKzPayin);
  std::size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kRounds; ++i) bytes += parse_payin(body, context_)->general.payment_id.size();
  const auto checked = std::chrono::steady_clock::now();
  const auto payin = parse_payin(body, context_).value();
  for (int i = 0; i < kRounds; ++i) bytes += content_fingerprint(payin).size();
  const auto end = std::chrono::steady_clock::now();
  const auto us = [](auto span) {
    return std::chrono::duration<double, std::micro>(span).count() / kRounds;
  };
  std::printf("[   TIME   ] validate %.2f us, fingerprint %.2f us\n", us(checked - start),
              us(end - checked));
  EXPECT_GT(bytes, 0U);
}

TEST(PhonePattern, MatchesWholePhones) {
  const std::string pattern = R"(\+7\d{10})";
  EXPECT_EQ(pattern_error(pattern), std::nullopt);
  EXPECT_TRUE(phone_matches(pattern, "+77012345678"));
  EXPECT_FALSE(phone_matches(pattern, "x+77012345678"));
  EXPECT_FALSE(phone_matches(pattern, "+77012345678\n"));
  EXPECT_TRUE(phone_matches("", "anything"));
}

TEST(PhonePattern, ABrokenOneTakesNothing) {
  EXPECT_TRUE(pattern_error("(").has_value());
  EXPECT_FALSE(phone_matches("(", "("));
}

}  // namespace
}  // namespace kassa::protocol

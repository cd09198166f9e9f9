#include "protocol/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "encoding/utf8.hpp"
#include "protocol/iso_codes.hpp"

namespace kassa::protocol {
namespace {

using enum FieldType;
using enum Presence;

template <auto kBlock, auto kMember>
consteval auto slot() {
  using T = std::remove_cvref_t<decltype(std::declval<CreateRequest&>().*kBlock.*kMember)>;
  return Slot<T>{[](CreateRequest& request) -> T& { return request.*kBlock.*kMember; },
                 [](const CreateRequest& request) -> const T& { return request.*kBlock.*kMember; }};
}
template <auto kMember>
constexpr AnySlot kGeneral = slot<&CreateRequest::general, kMember>();
template <auto kMember>
constexpr AnySlot kPayment = slot<&CreateRequest::payment, kMember>();
template <auto kMember>
constexpr AnySlot kParty = slot<&CreateRequest::party, kMember>();
template <auto kMember>
constexpr AnySlot kCustomer = slot<&CreateRequest::customer, kMember>();

// ── general ──────────────────────────────────────────────────────────────────────────────────────
constexpr FieldRule kGeneralObject{.path = "general",
                                   .type = kObject,
                                   .presence = kRequired,
                                   .description = "Which payment of which project this is about."};
constexpr FieldRule kProjectId{.path = "general.project_id",
                               .presence = kRequired,
                               .min = 1,
                               .max = 255,
                               .format = Format::kUuid,
                               .description = "The project, as it was given to you.",
                               .example = "57aff4db-b45d-42bf-bc5f-b7a499a01782",
                               .slot = kGeneral<&GeneralFields::project_id>};
constexpr FieldRule kPaymentId{
    .path = "general.payment_id",
    .presence = kRequired,
    .min = 1,
    .max = 255,
    .description =
        "Your own name for the payment, unique in the project over payins, payouts and "
        "widgets. Compared byte for byte.",
    .example = "order-1042",
    .slot = kGeneral<&GeneralFields::payment_id>};

constexpr FieldRule url_field(std::string_view path, std::string_view description,
                              std::string_view example, AnySlot where) {
  return {.path = path,
          .min = 1,
          .max = 2048,
          .format = Format::kUrl,
          .description = description,
          .example = example,
          .slot = where};
}
constexpr FieldRule kCallbackUrl =
    url_field("general.merchant_callback_url",
              "Gets a callback for every state that is not final. Absent: the project's own URL.",
              "https://shop.example/kassa/events", kGeneral<&GeneralFields::merchant_callback_url>);
constexpr FieldRule kSuccessUrl = url_field(
    "general.merchant_success_callback_url",
    "Gets the callback of success. Absent: the project's own URL.",
    "https://shop.example/kassa/paid", kGeneral<&GeneralFields::merchant_success_callback_url>);
constexpr FieldRule kDeclineUrl = url_field(
    "general.merchant_decline_callback_url",
    "Gets the callback of a decline. Absent: the project's own URL.",
    "https://shop.example/kassa/declined", kGeneral<&GeneralFields::merchant_decline_callback_url>);
constexpr FieldRule kRedirectUrl = url_field(
    "general.redirect_url", "Where the payment page sends the payer back to when it is done.",
    "https://shop.example/order/1042", kGeneral<&GeneralFields::redirect_url>);

// ── payment ──────────────────────────────────────────────────────────────────────────────────────
constexpr FieldRule kPaymentObject{.path = "payment",
                                   .type = kObject,
                                   .presence = kRequired,
                                   .description = "How much, in what, and how."};
constexpr FieldRule kMethod{.path = "payment.method",
                            .presence = kRequired,
                            .min = 1,
                            .max = 32,
                            .format = Format::kMethod,
                            .description =
                                "How the money travels; one of the methods that are "
                                "enabled for the project in this currency.",
                            .example = "card-p2p",
                            .slot = kPayment<&PaymentFields::method>};
constexpr FieldRule kPaymentSystem{.path = "payment.payment_system",
                                   .max = 32,
                                   .description = "The payment system, given back in info.",
                                   .slot = kPayment<&PaymentFields::payment_system>};
constexpr FieldRule kAmount{.path = "payment.amount",
                            .type = kInteger,
                            .presence = kRequired,
                            .min = 1,
                            .max = domain::kAmountMinorMax,
                            .description =
                                "In minor units (100 is one tenge, one somoni). An "
                                "integer: no fraction, no exponent, no quotes.",
                            .example = "500000",
                            .slot = kPayment<&PaymentFields::amount_minor>};
constexpr FieldRule kCurrency{.path = "payment.currency",
                              .presence = kRequired,
                              .min = 1,
                              .max = 255,
                              .format = Format::kCurrency,
                              .description = "ISO 4217, enabled for the project.",
                              .example = "KZT",
                              .slot = kPayment<&PaymentFields::currency>};
constexpr FieldRule kLifetime{.path = "payment.lifetime",
                              .type = kInteger,
                              .min = kLifetimeSecondsMin,
                              .max = kLifetimeSecondsMax,
                              .description =
                                  "Seconds that the payer has, counted from the "
                                  "creation. Absent: 600.",
                              .example = "600",
                              .slot = kPayment<&PaymentFields::lifetime_seconds>};
constexpr FieldRule kPayeeBank{.path = "payment.bank_symbol",
                               .min = 1,
                               .max = 32,
                               .format = Format::kBankSymbol,
                               .description =
                                   "The bank to be paid to, from the bank list. Absent: "
                                   "any, which finds requisites more often.",
                               .slot = kPayment<&PaymentFields::bank_symbol>};
constexpr FieldRule kDescription{.path = "payment.description",
                                 .max = 255,
                                 .description = "A note of your own.",
                                 .example = "Order 1042",
                                 .slot = kPayment<&PaymentFields::description>};
constexpr FieldRule kExtraParam{.path = "payment.extra_param",
                                .min = 1,
                                .max = 255,
                                .format = Format::kExtraParam,
                                .description =
                                    "A routing hint agreed with the operator; an "
                                    "unknown one changes nothing.",
                                .slot = kPayment<&PaymentFields::extra_param>};
constexpr FieldRule kWidgetMethod{.path = "payment.widget_method",
                                  .min = 1,
                                  .max = 32,
                                  .format = Format::kWidgetMethod,
                                  .description =
                                      "The method that is selected when the page opens; "
                                      "the payer may choose another.",
                                  .example = "payin-p2p-card",
                                  .slot = kPayment<&PaymentFields::widget_method>};

// ── sender, receiver ─────────────────────────────────────────────────────────────────────────────
constexpr FieldRule pan_field(std::string_view path, std::string_view description,
                              std::string_view example) {
  return {.path = path,
          .min = 1,
          .max = 32,
          .format = Format::kPan,
          .description = description,
          .example = example,
          .slot = kParty<&PartyFields::pan>};
}
constexpr FieldRule phone_field(std::string_view path, std::string_view description) {
  return {.path = path,
          .min = 1,
          .max = 24,
          .format = Format::kPhone,
          .description = description,
          .slot = kParty<&PartyFields::phone>};
}
constexpr FieldRule holder_field(std::string_view path, std::string_view example) {
  return {.path = path,
          .min = 1,
          .max = 255,
          .format = Format::kCardHolder,
          .description = "The holder's name as the card shows it.",
          .example = example,
          .slot = kParty<&PartyFields::card_holder>};
}
constexpr FieldRule kSenderObject{.path = "sender",
                                  .type = kObject,
                                  .presence = kRequired,
                                  .description =
                                      "What the payer pays from, as far as you know "
                                      "it; {} if you don't."};
constexpr FieldRule kWidgetSenderObject{.path = "sender",
                                        .type = kObject,
                                        .presence = kNotNull,
                                        .description = "What the payer pays from."};
constexpr FieldRule kPayerBank{.path = "sender.bank_symbol",
                               .max = 32,
                               .format = Format::kPayerBankSymbol,
                               .description =
                                   "The bank that the payer pays from, from the bank "
                                   "list; empty or absent if you don't know it.",
                               .slot = kParty<&PartyFields::bank_symbol>};
constexpr FieldRule kReceiverObject{
    .path = "receiver", .type = kObject, .presence = kRequired, .description = "Whom to pay."};
constexpr FieldRule kReceiverBankCode{.path = "receiver.bank_code",
                                      .min = 1,
                                      .max = 255,
                                      .format = Format::kBankCode,
                                      .description =
                                          "The receiver's bank, from the bank list. "
                                          "Whether it is needed depends on currency "
                                          "and method; elsewhere it is ignored.",
                                      .slot = kParty<&PartyFields::bank_code>};

// ── customer ─────────────────────────────────────────────────────────────────────────────────────
constexpr FieldRule kCustomerObject{.path = "customer",
                                    .type = kObject,
                                    .presence = kRequired,
                                    .description = "The person behind the payment."};
constexpr FieldRule kCustomerId{.path = "customer.id",
                                .presence = kRequired,
                                .min = 1,
                                .max = 255,
                                .description = "Your own name for the person; limits count by it.",
                                .example = "customer-7",
                                .slot = kCustomer<&CustomerFields::id>};
constexpr FieldRule kIpAddress{.path = "customer.ip_address",
                               .presence = kRequired,
                               .min = 1,
                               .max = 255,
                               .format = Format::kIp,
                               .description = "The person's address, IPv4 or IPv6.",
                               .example = "192.0.2.1",
                               .slot = kCustomer<&CustomerFields::ip_address>};
constexpr FieldRule kCountry{.path = "customer.country",
                             .presence = kRequired,
                             .min = 1,
                             .max = 255,
                             .format = Format::kCountry,
                             .description = "ISO 3166-1; need not be the currency's country.",
                             .example = "KZ",
                             .slot = kCustomer<&CustomerFields::country>};
constexpr FieldRule kLanguage{.path = "customer.language",
                              .min = 1,
                              .max = 255,
                              .format = Format::kLanguage,
                              .description =
                                  "ISO 639-1: the payment page's language. Absent or "
                                  "not spoken by the page: the country's.",
                              .example = "kk",
                              .slot = kCustomer<&CustomerFields::language>};
constexpr FieldRule kCustomerType{.path = "customer.customer_type",
                                  .min = 1,
                                  .max = 255,
                                  .format = Format::kCustomerType,
                                  .description =
                                      "ftd: the person's first payments; trust: known "
                                      "to you.",
                                  .example = "trust",
                                  .slot = kCustomer<&CustomerFields::customer_type>};
constexpr FieldRule kEmail{.path = "customer.email",
                           .min = 1,
                           .max = 255,
                           .format = Format::kEmail,
                           .description = "The person's e-mail address.",
                           .example = "customer@example.com",
                           .slot = kCustomer<&CustomerFields::email>};

constexpr FieldRule free_text(std::string_view path, std::int64_t max, std::string_view description,
                              AnySlot where) {
  return {.path = path, .max = max, .description = description, .slot = where};
}
constexpr FieldRule kFirstName = free_text("customer.first_name", 255, "The person's first name.",
                                           kCustomer<&CustomerFields::first_name>);
constexpr FieldRule kLastName = free_text("customer.last_name", 255, "The person's last name.",
                                          kCustomer<&CustomerFields::last_name>);
constexpr FieldRule kBrowser = free_text("customer.browser", 512, "The browser and its version.",
                                         kCustomer<&CustomerFields::browser>);
constexpr FieldRule kDeviceType =
    free_text("customer.device_type", 512, "The device.", kCustomer<&CustomerFields::device_type>);
constexpr FieldRule kUserAgent =
    free_text("customer.user_agent", 1024, "The User-Agent header of the person's browser.",
              kCustomer<&CustomerFields::user_agent>);

// ── the requests ─────────────────────────────────────────────────────────────────────────────────
constexpr std::array kPayinFields{
    kGeneralObject,
    kProjectId,
    kPaymentId,
    kCallbackUrl,
    kSuccessUrl,
    kDeclineUrl,
    kRedirectUrl,
    kPaymentObject,
    kMethod,
    kPaymentSystem,
    kAmount,
    kCurrency,
    kLifetime,
    kPayeeBank,
    kDescription,
    kExtraParam,
    kSenderObject,
    pan_field("sender.pan", "The card that the payer pays from.", ""),
    phone_field("sender.phone", "The phone that the payer pays from."),
    kPayerBank,
    holder_field("sender.card_holder", ""),
    kCustomerObject,
    kCustomerId,
    kIpAddress,
    kFirstName,
    kLastName,
    kCustomerType,
    kCountry,
    kLanguage,
    kEmail,
    kBrowser,
    kDeviceType,
    kUserAgent};

constexpr std::array kWidgetFields{
    kGeneralObject, kProjectId,      kPaymentId,     kCallbackUrl,  kSuccessUrl,
    kDeclineUrl,    kRedirectUrl,    kPaymentObject, kAmount,       kCurrency,
    kLifetime,      kDescription,    kExtraParam,    kWidgetMethod, kWidgetSenderObject,
    kPayerBank,     kCustomerObject, kCustomerId,    kIpAddress,    kCountry,
    kLanguage,      kCustomerType,   kEmail};

constexpr std::array kPayoutFields{
    kGeneralObject,
    kProjectId,
    kPaymentId,
    kCallbackUrl,
    kSuccessUrl,
    kDeclineUrl,
    kReceiverObject,
    pan_field("receiver.pan", "The card to be paid to; required for card-p2p.", "4400430140020306"),
    phone_field("receiver.phone", "The phone to be paid to; required for phone-p2p."),
    kReceiverBankCode,
    holder_field("receiver.card_holder", "ALEX JOHNSON"),
    kPaymentObject,
    kMethod,
    kPaymentSystem,
    kAmount,
    kCurrency,
    kDescription,
    kExtraParam,
    kCustomerObject,
    kCustomerId,
    kIpAddress,
    kFirstName,
    kLastName,
    kCountry,
    kEmail,
    kBrowser,
    kDeviceType,
    kUserAgent};

constexpr std::array kPaymentRefFields{kGeneralObject, kProjectId, kPaymentId};
constexpr std::array kProjectRefFields{kGeneralObject, kProjectId};

constexpr std::array kBankListFields{
    kGeneralObject, kProjectId,
    FieldRule{.path = "payment", .type = kObject, .description = "Narrows the list."},
    FieldRule{.path = "payment.currency",
              .min = 1,
              .max = 255,
              .format = Format::kCurrency,
              .description = "Only banks of this currency.",
              .example = "KZT",
              .slot = kPayment<&PaymentFields::currency>},
    FieldRule{.path = "payment.method",
              .min = 1,
              .max = 32,
              .description = "Only banks that do this method.",
              .example = "card-p2p",
              .slot = kPayment<&PaymentFields::method>}};

constexpr std::array kClockAdvanceFields{
    kGeneralObject, kProjectId,
    FieldRule{.path = "seconds",
              .type = kInteger,
              .presence = kRequired,
              .min = 1,
              .max = kClockAdvanceSecondsMax,
              .description = "How far the test project's clock goes forward.",
              .example = "600"}};

// ── the walk ─────────────────────────────────────────────────────────────────────────────────────
std::string_view type_name(FieldType type) {
  return type == kString ? "a string" : type == kInteger ? "an integer" : "an object";
}

bool has_type(FieldType type, const JsonValue& value) {
  switch (type) {
    case kString:
      return value.kind() == JsonKind::kString;
    case kInteger:
      return value.is_integer_literal();
    case kObject:
      return value.kind() == JsonKind::kObject;
  }
  return false;
}

void store_text(const AnySlot& slot, std::string_view text, CreateRequest& into) {
  if (const auto* optional = std::get_if<Slot<std::optional<std::string>>>(&slot))
    optional->write(into) = std::string(text);
  else if (const auto* required = std::get_if<Slot<std::string>>(&slot))
    required->write(into) = std::string(text);
  else if (const auto* project = std::get_if<Slot<domain::ProjectId>>(&slot))
    project->write(into) = domain::ProjectId::parse(text).value();
  else if (const auto* currency = std::get_if<Slot<domain::Currency>>(&slot))
    currency->write(into) = domain::Currency::parse(text).value();
}

struct Wrong {
  FieldErrorCode code;
  std::string message;
};

std::optional<Wrong> wrong_text(const FieldRule& rule, std::string_view text, bool http_allowed) {
  if (text.empty())
    return rule.min == 0 ? std::nullopt
                         : std::optional<Wrong>({FieldErrorCode::kEmpty, "must not be empty"});
  if (encoding::count_code_points(text) > static_cast<std::size_t>(rule.max))
    return Wrong{FieldErrorCode::kTooLong,
                 fmt::format("must have at most {} characters", rule.max)};
  if (!has_format(rule.format, text, http_allowed)) {
    const bool is_choice = rule.format == Format::kCustomerType;
    return Wrong{is_choice ? FieldErrorCode::kUnknownValue : FieldErrorCode::kBadFormat,
                 fmt::format("must be {}", format_row(rule.format).wanted)};
  }
  if (rule.format == Format::kCountry && !is_country(text))
    return Wrong{FieldErrorCode::kUnknownValue, "must be a country of ISO 3166-1"};
  return std::nullopt;
}

std::optional<Wrong> check_value(const FieldRule& rule, const JsonValue& value, bool http_allowed,
                                 CreateRequest& into) {
  if (!has_type(rule.type, value))
    return Wrong{FieldErrorCode::kWrongType, fmt::format("must be {}", type_name(rule.type))};
  if (rule.type == kString) {
    if (auto wrong = wrong_text(rule, value.text(), http_allowed)) return wrong;
    const bool means_absent = rule.format == Format::kPayerBankSymbol && value.text().empty();
    if (!means_absent) store_text(rule.slot, value.text(), into);
  }
  if (rule.type == kInteger) {
    const auto number = value.integer();
    if (!number || *number < rule.min || *number > rule.max)
      return Wrong{FieldErrorCode::kOutOfRange,
                   fmt::format("must be from {} to {}", rule.min, rule.max)};
    if (const auto* integer = std::get_if<Slot<std::int64_t>>(&rule.slot))
      integer->write(into) = *number;
  }
  return std::nullopt;
}

// Something that is not an object stands where the field's object should be: that is reported once.
bool is_below_wrong_object(const JsonValue& root, std::string_view path) {
  const auto dot = path.find('.');
  if (dot == std::string_view::npos) return false;
  const auto parent = value_at(root, path.substr(0, dot));
  return parent && parent->kind() != JsonKind::kObject;
}

}  // namespace

constinit const RequestSchema kPayinSchema{
    "PayinRequest", "A payin: the payer pays to requisites that are found for it.", kPayinFields};
constinit const RequestSchema kWidgetSchema{
    "WidgetRequest", "A payin whose method the payer chooses on the hosted page.", kWidgetFields};
constinit const RequestSchema kPayoutSchema{
    "PayoutRequest", "A payout: a trader pays to the receiver.", kPayoutFields};
constinit const RequestSchema kPaymentRefSchema{"PaymentRef", "Names one payment.",
                                                kPaymentRefFields};
constinit const RequestSchema kProjectRefSchema{"ProjectRef", "Names the project.",
                                                kProjectRefFields};
constinit const RequestSchema kBankListSchema{"BankListRequest", "Asks for banks.",
                                              kBankListFields};
constinit const RequestSchema kClockAdvanceSchema{
    "ClockAdvanceRequest", "Moves a test project's clock forward.", kClockAdvanceFields};

std::span<const RequestSchema* const> request_schemas() {
  static constexpr std::array kAll{&kPayinSchema,       &kWidgetSchema,     &kPayoutSchema,
                                   &kPaymentRefSchema,  &kProjectRefSchema, &kBankListSchema,
                                   &kClockAdvanceSchema};
  return kAll;
}

std::optional<JsonValue> value_at(const JsonValue& root, std::string_view path) {
  const auto dot = path.find('.');
  auto value = root.find(path.substr(0, dot));
  if (value && dot != std::string_view::npos) value = value->find(path.substr(dot + 1));
  if (value && value->kind() == JsonKind::kNull) return std::nullopt;
  return value;
}

void check_fields(const RequestSchema& schema, const JsonValue& root, bool http_allowed,
                  CreateRequest& into, std::vector<Finding>& findings) {
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const FieldRule& rule = schema.fields[i];
    if (is_below_wrong_object(root, rule.path)) continue;
    const auto value = value_at(root, rule.path);
    if (!value) {
      const bool is_null = rule.presence == kNotNull && root.find(rule.path).has_value();
      if (rule.presence == kRequired || is_null)
        findings.push_back({i, FieldErrorCode::kRequired, "is required"});
      continue;
    }
    if (rule.format == Format::kBankCode) continue;  // whether it counts depends on the method
    if (auto wrong = check_value(rule, *value, http_allowed, into))
      findings.push_back({i, wrong->code, std::move(wrong->message)});
  }
}

}  // namespace kassa::protocol

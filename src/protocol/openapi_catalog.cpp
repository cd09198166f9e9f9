#include "protocol/openapi_catalog.hpp"

#include <array>

namespace kassa::protocol {
namespace {

using enum AnswerType;

template <std::size_t... kSizes>
constexpr auto joined(const std::array<AnswerField, kSizes>&... parts) {
  std::array<AnswerField, (kSizes + ...)> all{};
  std::size_t at = 0;
  const auto append = [&](const auto& part) {
    for (const AnswerField& field : part) all[at++] = field;
  };
  (append(parts), ...);
  return all;
}

// ── pieces ───────────────────────────────────────────────────────────────────────────────────────
constexpr std::array kSix{
    AnswerField{"status", kStatus, false,
                "Where the payment stands; success and decline are final."},
    AnswerField{"sub_status", kSubStatus, true, "The step inside the status."},
    AnswerField{"status_description", kString, true, "Why, for declines, disputes and errors."},
    AnswerField{"request_id", kString, false, "Our id of the payment, a UUID."},
    AnswerField{"project_id", kString, false, "The project."},
    AnswerField{"payment_id", kString, false, "Your id of the payment."}};

constexpr std::array kIntegration{
    AnswerField{"integration", kObject, false, "Links for the payer."},
    AnswerField{"integration.form_url", kString, true, "The payment page."},
    AnswerField{"integration.redirect_url", kString, true, "Where the page sends the payer back."}};

constexpr std::array kAmounts{
    AnswerField{"payment_info", kObject, false, "The payment in numbers."},
    AnswerField{"payment_info.amount", kInteger, false, "What counts now, in minor units."},
    AnswerField{"payment_info.old_amount", kInteger, false,
                "What counted before the last correction."},
    AnswerField{"payment_info.initial_amount", kInteger, false, "What the create asked for."},
    AnswerField{"payment_info.currency", kString, false, "ISO 4217."}};
constexpr std::array kLife{
    AnswerField{"payment_info.lifetime", kInteger, false, "Seconds that the payer has."},
    AnswerField{"payment_info.expiration_date", kInteger, false, "Unix seconds; never moves."}};
constexpr std::array kDates{
    AnswerField{"payment_info.updated_date", kInteger, false, "Unix seconds of this change."},
    AnswerField{"payment_info.created_date", kInteger, false, "Unix seconds of the create."}};
constexpr std::array kMethodField{AnswerField{"payment_info.method", kString, true, "The method."}};
constexpr std::array kWidgetMethodField{
    AnswerField{"payment_info.widget_method", kString, true, "The method as the widget names it."}};
constexpr std::array kPaymentSystemField{
    AnswerField{"payment_info.payment_system", kString, true, "As the create gave it."}};
constexpr std::array kTypeField{
    AnswerField{"payment_info.type", kString, false, "payin or payout."}};

constexpr std::array kRecipient{
    AnswerField{"recipient_requisites", kObject, true,
                "Whom to pay; null unless awaiting_confirm or paid."},
    AnswerField{"recipient_requisites.pan", kString, false, "Card, phone or account."},
    AnswerField{"recipient_requisites.card_holder", kString, false, "Holder; dashes if unknown."},
    AnswerField{"recipient_requisites.bank_name", kString, false, "The bank's symbol."},
    AnswerField{"recipient_requisites.bank_country", kString, false, "ISO 3166-1."},
    AnswerField{"recipient_requisites.currency", kString, false, "ISO 4217."}};
constexpr std::array kMaskedRecipient{
    AnswerField{"recipient_requisites", kObject, true,
                "Whom the payer pays, masked; null unless awaiting_confirm or paid."},
    AnswerField{"recipient_requisites.pan_hidden", kString, false,
                "Card, phone or account, masked."},
    AnswerField{"recipient_requisites.card_holder_hidden", kString, false, "Always masked."},
    AnswerField{"recipient_requisites.bank_name", kString, false, "The bank's symbol."},
    AnswerField{"recipient_requisites.bank_country", kString, false, "ISO 3166-1."},
    AnswerField{"recipient_requisites.currency", kString, false, "ISO 4217."}};
constexpr std::array kSender{
    AnswerField{"sender", kObject, false, "What the payer pays from, masked."},
    AnswerField{"sender.pan_hidden", kString, true, "Card or phone."},
    AnswerField{"sender.card_holder_hidden", kString, true, "Holder."}};
constexpr std::array kAdditional{
    AnswerField{"additional_info", kObject, true, "null unless awaiting_confirm or paid."},
    AnswerField{"additional_info.display_data", kDisplayData, false,
                "What to show to the payer, in this order."}};
constexpr std::array kEmptyAdditional{
    AnswerField{"additional_info", kObject, false, "Empty; absent from final callbacks."}};

constexpr std::array kCallbackHead{
    AnswerField{"project_id", kString, false, "The project."},
    AnswerField{"general", kObject, false, "Which payment."},
    AnswerField{"general.request_id", kString, false, "Our id of the payment."},
    AnswerField{"general.payment_id", kString, false, "Your id of the payment."},
    AnswerField{"status", kObject, false, "What it changed to."},
    AnswerField{"status.status", kStatus, false, "The status."},
    AnswerField{"status.sub_status", kSubStatus, true, "The step inside the status."},
    AnswerField{"status.status_description", kString, true, "Why."}};

// ── answers ──────────────────────────────────────────────────────────────────────────────────────
constexpr auto kCreated = joined(kSix, kIntegration);
constexpr auto kPayinInfo = joined(kSix, kAmounts, kLife, kMethodField, kPaymentSystemField,
                                   kTypeField, kRecipient, kSender, kIntegration, kAdditional);
constexpr auto kWidgetInfo =
    joined(kSix, kAmounts, kLife, kMethodField, kWidgetMethodField, kTypeField, kIntegration);
constexpr auto kPayoutInfo = joined(kSix, kAmounts, kMethodField, kPaymentSystemField, kTypeField);
constexpr std::array kBanks{
    AnswerField{"banks", kObjects, false, "Sorted by symbol."},
    AnswerField{"banks.symbol", kString, false, "For bank_symbol."},
    AnswerField{"banks.code", kString, true, "For receiver.bank_code."},
    AnswerField{"banks.name", kString, false, "For people."},
    AnswerField{"banks.country", kString, false, "ISO 3166-1."},
    AnswerField{"banks.currencies", kStrings, false, "ISO 4217."},
    AnswerField{"banks.methods", kStrings, false, "Methods that go with it."}};
constexpr std::array kBalances{
    AnswerField{"balance", kObjects, false, "Every enabled currency, zeros included."},
    AnswerField{"balance.currency", kString, false, "ISO 4217."},
    AnswerField{"balance.amount", kInteger, false, "Available, in minor units."},
    AnswerField{"balance.locked_amount", kInteger, false, "Held for payouts that are under way."}};
constexpr std::array kClock{
    AnswerField{"now", kInteger, false, "The test project's time, Unix seconds."},
    AnswerField{"fired", kInteger, false, "How many timers fell due on the way."}};

constexpr auto kPayinCallback =
    joined(kCallbackHead, kAmounts, kLife, kDates, kMethodField, kPaymentSystemField, kTypeField,
           kRecipient, kIntegration, kAdditional);
constexpr auto kWidgetCallback =
    joined(kCallbackHead, kAmounts, kLife, kDates, kMethodField, kWidgetMethodField, kTypeField,
           kMaskedRecipient, kIntegration);
constexpr auto kPayoutCallback = joined(kCallbackHead, kAmounts, kDates, kMethodField,
                                        kPaymentSystemField, kTypeField, kEmptyAdditional);
constexpr auto kFinalCallback =
    joined(kCallbackHead, kAmounts, kLife, kDates, kMethodField, kPaymentSystemField, kTypeField);

constexpr std::array kAnswers{
    AnswerSchema{"PaymentState", "Where a payment stands.", kSix},
    AnswerSchema{"CreatedPayin", "A payin or widget payment, as it was created or stands now.",
                 kCreated},
    AnswerSchema{"PayinInfo", "All about a payin.", kPayinInfo},
    AnswerSchema{"WidgetInfo", "All about a widget payment.", kWidgetInfo},
    AnswerSchema{"PayoutInfo", "All about a payout; payment_system only if the create had it.",
                 kPayoutInfo},
    AnswerSchema{"BankList", "Banks.", kBanks},
    AnswerSchema{"Balance", "Balances of the project.", kBalances},
    AnswerSchema{"TestClock", "The test clock after it was moved.", kClock},
    AnswerSchema{"PayinCallback", "A payin's change to a state that is not final.", kPayinCallback},
    AnswerSchema{"WidgetCallback", "A widget payment's change to a state that is not final.",
                 kWidgetCallback},
    AnswerSchema{"PayoutCallback", "A payout's change to a state that is not final.",
                 kPayoutCallback},
    AnswerSchema{"FinalCallback",
                 "Success or decline. Widgets have widget_method instead of payment_system; "
                 "payouts have no lifetime and expiration_date.",
                 kFinalCallback}};

constexpr std::array kCommonErrors{ErrorCode::kInvalidJson,      ErrorCode::kUnauthorized,
                                   ErrorCode::kIpNotAllowed,     ErrorCode::kWrongProject,
                                   ErrorCode::kNotFound,         ErrorCode::kMethodNotAllowed,
                                   ErrorCode::kBodyTooLarge,     ErrorCode::kUnsupportedMediaType,
                                   ErrorCode::kValidationFailed, ErrorCode::kRateLimited,
                                   ErrorCode::kInternalError,    ErrorCode::kUnavailable};
constexpr std::array kOfCreate{ErrorCode::kProjectNotActive, ErrorCode::kPaymentIdConflict};
constexpr std::array kOfInfo{ErrorCode::kPaymentNotFound};
constexpr std::array kOfCommand{ErrorCode::kPaymentNotFound, ErrorCode::kTransitionNotAllowed};

const std::array kEndpoints{
    Endpoint{"/api/v1/payment/p2p/payin", "Payins", "createPayin", "Create a payin", &kPayinSchema,
             "CreatedPayin", kOfCreate},
    Endpoint{"/api/v1/payment/p2p/payin/info", "Payins", "getPayin",
             "State, requisites and display data", &kPaymentRefSchema, "PayinInfo", kOfInfo},
    Endpoint{"/api/v1/payment/p2p/payin/cancel", "Payins", "cancelPayin",
             "The payer does not want to pay", &kPaymentRefSchema, "PaymentState", kOfCommand},
    Endpoint{"/api/v1/payment/p2p/payin/confirm", "Payins", "confirmPayin",
             "The payer says it is paid", &kPaymentRefSchema, "PaymentState", kOfCommand},
    Endpoint{"/api/v1/payment/p2p/payout", "Payouts", "createPayout", "Create a payout",
             &kPayoutSchema, "PaymentState", kOfCreate},
    Endpoint{"/api/v1/payment/p2p/payout/info", "Payouts", "getPayout", "A payout's state",
             &kPaymentRefSchema, "PayoutInfo", kOfInfo},
    Endpoint{"/api/v1/widget/payin", "Widgets", "createWidget",
             "Create a payment for the hosted page", &kWidgetSchema, "CreatedPayin", kOfCreate},
    Endpoint{"/api/v1/widget/payin/info", "Widgets", "getWidget", "A widget payment's state",
             &kPaymentRefSchema, "WidgetInfo", kOfInfo},
    Endpoint{"/api/v1/bank/all",
             "Banks and balances",
             "listBanks",
             "Every bank",
             &kBankListSchema,
             "BankList",
             {}},
    Endpoint{"/api/v1/payment/p2p/bank/all",
             "Banks and balances",
             "listPayerBanks",
             "Banks a payer may pay from",
             &kBankListSchema,
             "BankList",
             {}},
    Endpoint{"/api/v1/payment/p2p/bank/available",
             "Banks and balances",
             "listAvailableBanks",
             "Banks whose requisites could be given now",
             &kBankListSchema,
             "BankList",
             {}},
    Endpoint{"/api/v1/balance/info",
             "Banks and balances",
             "getBalance",
             "Balances",
             &kProjectRefSchema,
             "Balance",
             {}},
    Endpoint{"/api/v1/test/clock/advance",
             "Test mode",
             "advanceTestClock",
             "Move a test project's clock forward",
             &kClockAdvanceSchema,
             "TestClock",
             {}}};

constexpr std::array kCallbacks{
    Callback{"payinChanged", "A payin changed to an intermediate state", "PayinCallback",
             "/api/v1/payment/p2p/payin"},
    Callback{"widgetChanged", "A widget payment changed to an intermediate state", "WidgetCallback",
             "/api/v1/widget/payin"},
    Callback{"payoutChanged", "A payout changed to an intermediate state", "PayoutCallback",
             "/api/v1/payment/p2p/payout"},
    Callback{"paymentFinished", "A payment reached success or decline", "FinalCallback",
             "/api/v1/payment/p2p/payin"}};

}  // namespace

std::span<const AnswerSchema> answer_schemas() {
  return kAnswers;
}
std::span<const Endpoint> endpoints() {
  return kEndpoints;
}
std::span<const Callback> callbacks() {
  return kCallbacks;
}
std::span<const ErrorCode> common_errors() {
  return kCommonErrors;
}

}  // namespace kassa::protocol

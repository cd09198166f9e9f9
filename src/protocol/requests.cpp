#include "protocol/requests.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "domain/check.hpp"
#include "protocol/schema.hpp"

namespace kassa::protocol {
namespace {

// One body being validated: what was found wrong, and what was read so far.
class Validation {
 public:
  Validation(const RequestSchema& schema, const JsonDocument& body, bool http_allowed)
      : schema_(schema), root_(body.root()) {
    check_fields(schema, root_, http_allowed, request_, findings_);
  }

  [[nodiscard]] CreateRequest& request() { return request_; }
  [[nodiscard]] const JsonValue& root() const { return root_; }

  /// The field is there and nothing is wrong with it yet.
  [[nodiscard]] bool has(std::string_view path) const {
    return value_at(root_, path).has_value() && is_fine(path);
  }
  [[nodiscard]] bool is_fine(std::string_view path) const {
    return std::ranges::none_of(
        findings_, [&](const Finding& finding) { return rule_path(finding.rule) == path; });
  }
  void refuse(std::string_view path, FieldErrorCode code, std::string message) {
    const auto rule = std::ranges::find(schema_.fields, path, &FieldRule::path);
    KASSA_CHECK(rule != schema_.fields.end(), "a check names a field that its schema lacks");
    findings_.push_back(
        {static_cast<std::size_t>(rule - schema_.fields.begin()), code, std::move(message)});
  }

  /// `request` made from what was read, or the errors in the order of the schema.
  template <class Request>
  Validated<Request> finish(Request request) {
    if (findings_.empty()) return request;
    std::ranges::sort(findings_, {}, &Finding::rule);  // a field has at most one
    std::vector<FieldError> errors;
    for (Finding& finding : findings_) {
      const std::string field(rule_path(finding.rule));
      errors.push_back({field, finding.code, field + " " + finding.message + "."});
    }
    return std::unexpected(std::move(errors));
  }

 private:
  [[nodiscard]] std::string_view rule_path(std::size_t rule) const {
    return schema_.fields[rule].path;
  }

  const RequestSchema& schema_;
  JsonValue root_;
  CreateRequest request_;
  std::vector<Finding> findings_;
};

void check_currency_and_method(Validation& validation, const ValidationContext& context,
                               Operation operation) {
  const PaymentFields& payment = validation.request().payment;
  if (!validation.has("payment.currency")) return;
  if (!context.currency_enabled(payment.currency))
    return validation.refuse("payment.currency", FieldErrorCode::kNotEnabled,
                             "is not enabled for the project");
  const bool widget = operation == Operation::kWidget;
  const std::string_view field = widget ? "payment.widget_method" : "payment.method";
  if (!validation.has(field)) return;
  const std::string_view method = widget ? *payment.widget_method : payment.method;
  if (!context.method_enabled(operation, payment.currency, method))
    validation.refuse(field, FieldErrorCode::kNotEnabled,
                      "is not enabled for the project in this currency");
}

void check_bank(Validation& validation, const ValidationContext& context, std::string_view field,
                const std::optional<std::string>& symbol) {
  if (symbol && validation.is_fine(field) && !context.bank_known(*symbol))
    validation.refuse(field, FieldErrorCode::kUnknownValue,
                      "must be the symbol of a bank of the bank list");
}

void check_phone(Validation& validation, const ValidationContext& context, std::string_view field) {
  if (!validation.has(field) || !validation.has("payment.currency")) return;
  const CreateRequest& request = validation.request();
  if (!context.phone_allowed(request.payment.currency, *request.party.phone))
    validation.refuse(field, FieldErrorCode::kBadFormat,
                      "must be " + std::string(format_row(Format::kPhone).wanted));
}

void check_bank_code(Validation& validation, const ValidationContext& context) {
  constexpr std::string_view kField = "receiver.bank_code";
  const PaymentFields& payment = validation.request().payment;
  const BankCodeRule rule = context.bank_code_rule(payment.currency, payment.method);
  if (rule == BankCodeRule::kIgnored) return;
  const auto code = value_at(validation.root(), kField);
  if (!code) {
    if (rule == BankCodeRule::kRequired)
      validation.refuse(kField, FieldErrorCode::kRequired,
                        "is required for this method and currency");
    return;
  }
  if (code->kind() != JsonKind::kString)
    return validation.refuse(kField, FieldErrorCode::kWrongType, "must be a string");
  if (code->text().empty())
    return validation.refuse(kField, FieldErrorCode::kEmpty, "must not be empty");
  if (!has_format(Format::kBankCode, code->text(), /*http_allowed=*/false))
    return validation.refuse(kField, FieldErrorCode::kBadFormat,
                             "must be " + std::string(format_row(Format::kBankCode).wanted));
  validation.request().party.bank_code = std::string(code->text());
}

// What the method needs to reach the receiver (wire §6).
void check_receiver(Validation& validation, const ValidationContext& context) {
  if (!validation.has("payment.method") || !validation.is_fine("receiver")) return;
  const std::string& method = validation.request().payment.method;
  for (const auto& [of, field] :
       {std::pair{"card-p2p", "receiver.pan"}, std::pair{"phone-p2p", "receiver.phone"}})
    if (method == of && !value_at(validation.root(), field))
      validation.refuse(field, FieldErrorCode::kRequired, "is required for " + method);
  if (validation.has("payment.currency")) check_bank_code(validation, context);
}

// A request's slots by path, so that the order of the declarations doesn't matter.
std::vector<const FieldRule*> rules_by_path(const RequestSchema& schema) {
  std::vector<const FieldRule*> rules;
  for (const FieldRule& rule : schema.fields)
    if (!std::holds_alternative<std::monostate>(rule.slot)) rules.push_back(&rule);
  std::ranges::sort(rules, {}, &FieldRule::path);
  return rules;
}

void append_sized(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

std::optional<std::string> text_of(const AnySlot& slot, const CreateRequest& request) {
  if (const auto* optional = std::get_if<Slot<std::optional<std::string>>>(&slot))
    return optional->read(request);
  if (const auto* required = std::get_if<Slot<std::string>>(&slot)) return required->read(request);
  if (const auto* integer = std::get_if<Slot<std::int64_t>>(&slot))
    return std::to_string(integer->read(request));
  if (const auto* project = std::get_if<Slot<domain::ProjectId>>(&slot))
    return project->read(request).text();
  return std::get<Slot<domain::Currency>>(slot).read(request).text();
}

std::string fingerprint(std::string_view kind, const std::vector<const FieldRule*>& rules,
                        const CreateRequest& request) {
  std::string out;
  append_sized(out, kind);
  for (const FieldRule* rule : rules) {
    const auto text = text_of(rule->slot, request);
    if (!text) continue;
    append_sized(out, rule->path);
    append_sized(out, *text);
  }
  return out;
}

}  // namespace

Validated<PayinRequest> parse_payin(const JsonDocument& body, const ValidationContext& context) {
  Validation validation(kPayinSchema, body, context.http_urls_allowed());
  check_currency_and_method(validation, context, Operation::kPayin);
  check_bank(validation, context, "payment.bank_symbol", validation.request().payment.bank_symbol);
  check_bank(validation, context, "sender.bank_symbol", validation.request().party.bank_symbol);
  check_phone(validation, context, "sender.phone");
  return validation.finish(PayinRequest{std::move(validation.request())});
}

Validated<WidgetRequest> parse_widget(const JsonDocument& body, const ValidationContext& context) {
  Validation validation(kWidgetSchema, body, context.http_urls_allowed());
  check_currency_and_method(validation, context, Operation::kWidget);
  check_bank(validation, context, "sender.bank_symbol", validation.request().party.bank_symbol);
  return validation.finish(WidgetRequest{std::move(validation.request())});
}

Validated<PayoutRequest> parse_payout(const JsonDocument& body, const ValidationContext& context) {
  Validation validation(kPayoutSchema, body, context.http_urls_allowed());
  check_currency_and_method(validation, context, Operation::kPayout);
  check_phone(validation, context, "receiver.phone");
  check_receiver(validation, context);
  return validation.finish(PayoutRequest{std::move(validation.request())});
}

Validated<PaymentRef> parse_payment_ref(const JsonDocument& body) {
  Validation validation(kPaymentRefSchema, body, /*http_allowed=*/false);
  GeneralFields& general = validation.request().general;
  return validation.finish(PaymentRef{general.project_id, std::move(general.payment_id)});
}

Validated<ProjectRef> parse_project_ref(const JsonDocument& body) {
  Validation validation(kProjectRefSchema, body, /*http_allowed=*/false);
  return validation.finish(ProjectRef{validation.request().general.project_id});
}

Validated<BankListRequest> parse_bank_list(const JsonDocument& body) {
  Validation validation(kBankListSchema, body, /*http_allowed=*/false);
  const CreateRequest& read = validation.request();
  BankListRequest request{read.general.project_id, std::nullopt, std::nullopt};
  if (validation.has("payment.currency")) request.currency = read.payment.currency;
  if (validation.has("payment.method")) request.method = read.payment.method;
  return validation.finish(std::move(request));
}

Validated<ClockAdvanceRequest> parse_clock_advance(const JsonDocument& body) {
  Validation validation(kClockAdvanceSchema, body, /*http_allowed=*/false);
  ClockAdvanceRequest request{validation.request().general.project_id};
  if (validation.has("seconds"))
    request.seconds = value_at(validation.root(), "seconds")->integer().value();
  return validation.finish(request);
}

std::optional<domain::ProjectId> project_id_of(const JsonDocument& body) {
  const auto value = value_at(body.root(), kProjectRefSchema.fields[1].path);
  if (!value || value->kind() != JsonKind::kString) return std::nullopt;
  return domain::ProjectId::parse(value->text());
}

std::string content_fingerprint(const PayinRequest& request) {
  static const auto rules = rules_by_path(kPayinSchema);
  return fingerprint("payin", rules, request);
}
std::string content_fingerprint(const WidgetRequest& request) {
  static const auto rules = rules_by_path(kWidgetSchema);
  return fingerprint("widget", rules, request);
}
std::string content_fingerprint(const PayoutRequest& request) {
  static const auto rules = rules_by_path(kPayoutSchema);
  return fingerprint("payout", rules, request);
}

}  // namespace kassa::protocol

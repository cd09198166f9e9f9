// POST /api/v1/widget/payin and /widget/payin/info (wire §7).
#include "api/merchant/create_payment.hpp"
#include "api/merchant/validation.hpp"
#include "domain/methods.hpp"

namespace kassa::api {
namespace {

domain::PaymentDetails details_of(const protocol::WidgetRequest& request) {
  domain::PaymentDetails details = common_details(request);
  details.sender_bank_symbol = request.party.bank_symbol.value_or("");
  return details;
}

}  // namespace

void create_widget(Gateway& gateway, Admitted admitted, http::Responder responder) {
  if (auto refused = may_not_create(admitted)) return responder.send(std::move(*refused));
  const domain::Project& project = *admitted.project;
  const auto request =
      protocol::parse_widget(admitted.workspace->document, ProjectRules(*admitted.config, project));
  if (!request) return responder.send(validation_failed(admitted, request.error()));
  domain::CreatePayin command;
  fill_create(gateway, project, *request, protocol::content_fingerprint(*request),
              details_of(*request), command);
  command.kind = domain::PaymentKind::widget;
  command.widget_method = request->payment.widget_method.value_or("");
  command.method = domain::method_of_widget_method(command.widget_method).value_or("");
  command.lifetime_s = static_cast<std::int32_t>(request->payment.lifetime_seconds);
  submit_create(gateway, admitted, *request, std::move(command), std::move(responder));
}

void widget_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  answer_info(gateway, admitted, domain::PaymentKind::widget, std::move(responder));
}

}  // namespace kassa::api

// POST /api/v1/widget/payin and /widget/payin/info (wire §7).
#include "api/merchant/create_payment.hpp"
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
  auto read = read_create<protocol::WidgetRequest>(admitted);
  if (!read) return responder.send(std::move(read.error()));
  const protocol::WidgetRequest& request = read->request;
  domain::CreatePayin command;
  fill_create(gateway, *admitted.project, *read, details_of(request), command);
  command.kind = domain::PaymentKind::widget;
  command.widget_method = request.payment.widget_method.value_or("");
  command.method = domain::method_of_widget_method(command.widget_method).value_or("");
  command.lifetime_s = static_cast<std::int32_t>(request.payment.lifetime_seconds);
  submit_create(gateway, admitted, request, std::move(command), std::move(read->refused),
                std::move(responder));
}

void widget_info(Gateway& gateway, Admitted admitted, http::Responder responder) {
  answer_info(gateway, admitted, domain::PaymentKind::widget, std::move(responder));
}

}  // namespace kassa::api

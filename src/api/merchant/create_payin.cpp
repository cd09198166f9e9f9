// POST /api/v1/payment/p2p/payin (wire §4).
#include "api/merchant/endpoints.hpp"
#include "api/merchant/validation.hpp"
#include "callbacks/picture.hpp"
#include "domain/details.hpp"
#include "ops/random.hpp"
#include "protocol/answers.hpp"
#include "protocol/requests.hpp"

namespace kassa::api {
namespace {

domain::PaymentDetails details_of(const protocol::PayinRequest& request) {
  domain::PaymentDetails details;
  const auto put = [](std::string& to, const std::optional<std::string>& from) {
    if (from) to = *from;
  };
  put(details.sender_pan, request.party.pan);
  put(details.sender_phone, request.party.phone);
  put(details.sender_bank_symbol, request.party.bank_symbol);
  put(details.sender_card_holder, request.party.card_holder);
  details.customer_id = request.customer.id;
  details.customer_ip_address = request.customer.ip_address;
  details.customer_country = request.customer.country;
  put(details.customer_first_name, request.customer.first_name);
  put(details.customer_last_name, request.customer.last_name);
  put(details.customer_type, request.customer.customer_type);
  put(details.customer_language, request.customer.language);
  put(details.customer_email, request.customer.email);
  put(details.customer_browser, request.customer.browser);
  put(details.customer_device_type, request.customer.device_type);
  put(details.customer_user_agent, request.customer.user_agent);
  put(details.callback_url, request.general.merchant_callback_url);
  put(details.success_callback_url, request.general.merchant_success_callback_url);
  put(details.decline_callback_url, request.general.merchant_decline_callback_url);
  put(details.redirect_url, request.general.redirect_url);
  put(details.description, request.payment.description);
  put(details.extra_param, request.payment.extra_param);
  return details;
}

ops::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The keyed hash of what the create says, under the key that an earlier create of this payment_id
/// was hashed with, so that a rotation of the ring does not make the same call another one.
domain::ContentHash content_hash(Gateway& gateway, const domain::PaymentKeyId& id,
                                 const protocol::PayinRequest& request) {
  const std::string content = protocol::content_fingerprint(request);
  auto hash = gateway.ring.content_hash(bytes_of(content));
  if (gateway.ring.key_ids().size() > 1) {
    const auto earlier = gateway.readers.borrow()->payment_key(id);
    if (earlier && earlier->content.key_id != hash.key_id) {
      if (const auto again =
              gateway.ring.content_hash_with(earlier->content.key_id, bytes_of(content))) {
        hash = *again;
      }
    }
  }
  return {hash.key_id, hash.digest};
}

domain::CreatePayin command_of(Gateway& gateway, const domain::Project& project,
                               const protocol::PayinRequest& request) {
  domain::CreatePayin command;
  command.project_id = project.id;
  command.payment_id = request.general.payment_id;
  command.request_id = ops::new_request_id(gateway.clock.now());
  command.content = content_hash(gateway, {project.id, command.payment_id}, request);
  command.amount = request.payment.amount_minor;
  command.currency = request.payment.currency;
  command.method = request.payment.method;
  command.payment_system = request.payment.payment_system.value_or("");
  command.bank_symbol = request.payment.bank_symbol.value_or("");
  command.extra_param = request.payment.extra_param.value_or("");
  command.customer_type = request.customer.customer_type.value_or("");
  command.lifetime_s = static_cast<std::int32_t>(request.payment.lifetime_seconds);
  command.own_urls = {request.general.merchant_callback_url.has_value(),
                      request.general.merchant_success_callback_url.has_value(),
                      request.general.merchant_decline_callback_url.has_value()};
  command.details = gateway.ring.seal(domain::kPaymentDetailsTable, command.request_id.value.bytes,
                                      domain::encode(details_of(request)));
  return command;
}

/// The payment that a conflicting payment_id belongs to; nothing for other refusals.
std::optional<domain::RequestId> existing_payment(Gateway& gateway, const domain::Refusal& refusal,
                                                  const domain::PaymentKeyId& id) {
  if (refusal.code != domain::RefusalCode::payment_id_conflict) return std::nullopt;
  const auto key = gateway.readers.borrow()->payment_key(id);
  return key ? std::optional(key->request_id) : std::nullopt;
}

}  // namespace

void create_payin(Gateway& gateway, Admitted admitted, http::Responder responder) {
  const domain::Project& project = *admitted.project;
  if (!project.active) {
    const std::string project_id = project.id.text();
    responder.send(error_response({.code = protocol::ErrorCode::kProjectNotActive,
                                   .project_id = project_id,
                                   .payment_id = admitted.payment_id()}));
    return;
  }
  const auto request =
      protocol::parse_payin(admitted.workspace->document, ProjectRules(*admitted.config, project));
  if (!request) {
    responder.send(validation_failed(admitted, request.error()));
    return;
  }
  // On the loop's thread nothing is opened that was sealed here: the same create again says the
  // same.
  const std::string redirect_url = request->general.redirect_url.value_or(project.redirect_url);
  gateway.engine.submit(
      command_of(gateway, project, *request), engine::Source::api,
      [&gateway, redirect_url, project_id = project.id, payment_id = request->general.payment_id,
       responder = std::move(responder)](domain::Decision&& decision) mutable {
        if (!decision) {
          responder.send(refusal_response(
              decision.error(), project_id.text(), payment_id,
              existing_payment(gateway, decision.error(), {project_id, payment_id})));
          return;
        }
        const auto& payment = std::get<domain::PaymentAnswer>(*decision).payment;
        auto picture = callbacks::six_of(payment);
        picture.form_url = gateway.pictures.form_url(payment);
        picture.redirect_url = redirect_url;
        responder.send(json_response(protocol::render_create_answer(picture)));
      });
}

}  // namespace kassa::api

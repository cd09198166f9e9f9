#include "api/merchant/create_payment.hpp"

#include "callbacks/picture.hpp"
#include "ops/crypto.hpp"
#include "ops/random.hpp"
#include "protocol/answers.hpp"

namespace kassa::api {
namespace {

/// The keyed hash of what the create says, under the key that an earlier create of this payment_id
/// was hashed with, so that a rotation of the ring does not make the same call another one.
void hash_content(Gateway& gateway, const domain::PaymentKeyId& id, const std::string& content,
                  domain::NewPayment& create) {
  auto hash = gateway.ring.content_hash(ops::bytes_of(content));
  if (const auto too = gateway.ring.content_hash_too(ops::bytes_of(content))) {
    create.content_too = domain::ContentHash{too->key_id, too->digest};
  }
  if (gateway.ring.key_ids().size() > 1) {
    const auto earlier = gateway.readers.borrow()->payment_key(id);
    if (earlier && earlier->content.key_id != hash.key_id) {
      if (const auto again =
              gateway.ring.content_hash_with(earlier->content.key_id, ops::bytes_of(content))) {
        hash = *again;
      }
    }
  }
  create.content = {hash.key_id, hash.digest};
}

/// The payment that a conflicting payment_id belongs to; nothing for other refusals.
std::optional<domain::RequestId> existing_payment(Gateway& gateway, const domain::Refusal& refusal,
                                                  const domain::PaymentKeyId& id) {
  if (refusal.code != domain::RefusalCode::payment_id_conflict) return std::nullopt;
  const auto key = gateway.readers.borrow()->payment_key(id);
  return key ? std::optional(key->request_id) : std::nullopt;
}

}  // namespace

std::optional<http::Response> may_not_create(const Admitted& admitted) {
  if (admitted.project->active) return std::nullopt;
  const std::string project_id = admitted.project->id.text();
  return error_response({.code = protocol::ErrorCode::kProjectNotActive,
                         .project_id = project_id,
                         .payment_id = admitted.payment_id()});
}

domain::PaymentDetails common_details(const protocol::CreateRequest& request) {
  domain::PaymentDetails details;
  details.customer_id = request.customer.id;
  details.customer_ip_address = request.customer.ip_address;
  details.customer_country = request.customer.country;
  details.customer_first_name = request.customer.first_name.value_or("");
  details.customer_last_name = request.customer.last_name.value_or("");
  details.customer_type = request.customer.customer_type.value_or("");
  details.customer_language = request.customer.language.value_or("");
  details.customer_email = request.customer.email.value_or("");
  details.customer_browser = request.customer.browser.value_or("");
  details.customer_device_type = request.customer.device_type.value_or("");
  details.customer_user_agent = request.customer.user_agent.value_or("");
  details.callback_url = request.general.merchant_callback_url.value_or("");
  details.success_callback_url = request.general.merchant_success_callback_url.value_or("");
  details.decline_callback_url = request.general.merchant_decline_callback_url.value_or("");
  details.redirect_url = request.general.redirect_url.value_or("");
  details.description = request.payment.description.value_or("");
  details.extra_param = request.payment.extra_param.value_or("");
  return details;
}

void fill_create(Gateway& gateway, const domain::Project& project,
                 const protocol::CreateRequest& request, const std::string& content,
                 const domain::PaymentDetails& details, domain::NewPayment& create) {
  create.project_id = project.id;
  create.payment_id = request.general.payment_id;
  create.request_id = ops::new_request_id(gateway.clock.now());
  hash_content(gateway, {project.id, create.payment_id}, content, create);
  create.amount = request.payment.amount_minor;
  create.currency = request.payment.currency;
  create.method = request.payment.method;
  create.payment_system = request.payment.payment_system.value_or("");
  create.extra_param = request.payment.extra_param.value_or("");
  create.customer_type = request.customer.customer_type.value_or("");
  create.own_urls = {request.general.merchant_callback_url.has_value(),
                     request.general.merchant_success_callback_url.has_value(),
                     request.general.merchant_decline_callback_url.has_value()};
  create.details = gateway.ring.seal(domain::kPaymentDetailsTable, create.request_id.value.bytes,
                                     domain::encode(details));
}

void submit_create(Gateway& gateway, const Admitted& admitted,
                   const protocol::CreateRequest& request, domain::Command command,
                   http::Responder responder) {
  // On the loop's thread nothing is opened that was sealed here: the same create again says the
  // same.
  const std::string redirect_url =
      request.general.redirect_url.value_or(admitted.project->redirect_url);
  gateway.engine.submit(
      std::move(command), engine::Source::api,
      [&gateway, redirect_url, project_id = admitted.project->id,
       payment_id = request.general.payment_id,
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
        responder.send(json_response(protocol::render_create_answer(picture), payment.request_id));
      });
}

}  // namespace kassa::api

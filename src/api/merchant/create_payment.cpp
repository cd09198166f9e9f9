#include "api/merchant/create_payment.hpp"

#include <algorithm>
#include <type_traits>

#include "api/merchant/validation.hpp"
#include "callbacks/picture.hpp"
#include "ops/crypto.hpp"
#include "ops/random.hpp"
#include "protocol/answers.hpp"

namespace kassa::api {
namespace {

using protocol::BankCodeRule;

domain::ContentHash content_hash_of(const ops::KeyedHash& hash) {
  return {hash.key_id, hash.digest};
}

/// The keyed hashes of what the create says, under the key that an earlier create of this
/// payment_id was hashed with too, so that a rotation of the ring does not make the same call
/// another one.
void hash_contents(Gateway& gateway, const domain::PaymentKeyId& id,
                   const std::vector<std::string>& contents, domain::NewPayment& create) {
  const auto& ring = gateway.ring;
  std::optional<domain::PaymentKey> earlier;
  if (ring.key_ids().size() > 1) earlier = gateway.readers.borrow()->payment_key(id);
  create.content = content_hash_of(ring.content_hash(ops::bytes_of(contents.front())));
  for (const std::string& content : contents) {
    const auto bytes = ops::bytes_of(content);
    if (&content != &contents.front()) {
      create.content_too.push_back(content_hash_of(ring.content_hash(bytes)));
    }
    if (const auto too = ring.content_hash_too(bytes)) {
      create.content_too.push_back(content_hash_of(*too));
    }
    if (!earlier) continue;
    if (const auto then = ring.content_hash_with(earlier->content.key_id, bytes)) {
      create.content_too.push_back(content_hash_of(*then));
    }
  }
}

/// The payment that a conflicting payment_id belongs to; nothing for other refusals.
std::optional<domain::RequestId> existing_payment(Gateway& gateway, const domain::Refusal& refusal,
                                                  const domain::PaymentKeyId& id) {
  if (refusal.code != domain::RefusalCode::payment_id_conflict) return std::nullopt;
  const auto key = gateway.readers.borrow()->payment_key(id);
  return key ? std::optional(key->request_id) : std::nullopt;
}

/// Wrong fields come before what becomes of the payment_id (wire §10.1); that the loop can't say
/// now comes before both.
bool says_it_is_not_the_same(const domain::Refusal& refusal) {
  return refusal.code == domain::RefusalCode::payment_not_found ||
         refusal.code == domain::RefusalCode::payment_id_conflict;
}

http::Response project_not_active(const Admitted& admitted) {
  const std::string project_id = admitted.project->id.text();
  return error_response({.code = protocol::ErrorCode::kProjectNotActive,
                         .project_id = project_id,
                         .payment_id = admitted.payment_id()});
}

template <class Request>
protocol::Validated<Request> parse(const protocol::JsonDocument& body,
                                   const protocol::ValidationContext& context) {
  if constexpr (std::is_same_v<Request, protocol::PayinRequest>) {
    return protocol::parse_payin(body, context);
  } else if constexpr (std::is_same_v<Request, protocol::WidgetRequest>) {
    return protocol::parse_widget(body, context);
  } else {
    return protocol::parse_payout(body, context);
  }
}

/// Whether a valid body may have been read otherwise by another configuration: a payout's bank code
/// is a field or not, by the rules of its currency.
template <class Request>
bool has_other_readings(const Workspace& workspace) {
  if constexpr (!std::is_same_v<Request, protocol::PayoutRequest>) return false;
  const auto receiver = workspace.document.root().find("receiver");
  return receiver && receiver->find("bank_code");
}

template <class Request>
void add_reading(protocol::Validated<Request> reading, ReadCreate<Request>& read) {
  if (!reading) return;
  auto content = protocol::content_fingerprint(*reading);
  if (std::ranges::find(read.contents, content) != read.contents.end()) return;
  if (read.contents.empty()) read.request = std::move(*reading);
  read.contents.push_back(std::move(content));
}

}  // namespace

template <class Request>
std::expected<ReadCreate<Request>, http::Response> read_create(const Admitted& admitted) {
  ReadCreate<Request> read;
  const ProjectRules today(*admitted.config, *admitted.project);
  auto valid = parse<Request>(admitted.workspace->document, today);
  if (!admitted.project->active) {
    read.refused = project_not_active(admitted);
  } else if (!valid) {
    read.refused = validation_failed(admitted, valid.error());
  }
  const bool one_reading = valid.has_value() && !has_other_readings<Request>(*admitted.workspace);
  add_reading(std::move(valid), read);
  if (one_reading) return read;
  // Never as if a code were no field that is one: then another bank would be the same call.
  add_reading(parse<Request>(admitted.workspace->document, AnyRules(today)), read);
  add_reading(
      parse<Request>(admitted.workspace->document, AnyRules(today, BankCodeRule::kOptional)), read);
  if (read.contents.empty()) return std::unexpected(std::move(*read.refused));
  return read;
}

template std::expected<ReadCreate<protocol::PayinRequest>, http::Response> read_create(
    const Admitted& admitted);
template std::expected<ReadCreate<protocol::WidgetRequest>, http::Response> read_create(
    const Admitted& admitted);
template std::expected<ReadCreate<protocol::PayoutRequest>, http::Response> read_create(
    const Admitted& admitted);

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
                 const protocol::CreateRequest& request, const std::vector<std::string>& contents,
                 const domain::PaymentDetails& details, domain::NewPayment& create) {
  create.project_id = project.id;
  create.payment_id = request.general.payment_id;
  create.request_id = ops::new_request_id(gateway.clock.now());
  hash_contents(gateway, {project.id, create.payment_id}, contents, create);
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
                   std::optional<http::Response> refused, http::Responder responder) {
  // On the loop's thread nothing is opened that was sealed here: the same create again says the
  // same.
  const std::string redirect_url =
      request.general.redirect_url.value_or(admitted.project->redirect_url);
  gateway.engine.submit(
      std::move(command), engine::Source::api,
      [&gateway, redirect_url, project_id = admitted.project->id,
       payment_id = request.general.payment_id, refused = std::move(refused),
       responder = std::move(responder)](domain::Decision&& decision) mutable {
        if (!decision && refused && says_it_is_not_the_same(decision.error())) {
          responder.send(std::move(*refused));
          return;
        }
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

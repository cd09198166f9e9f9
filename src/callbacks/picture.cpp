#include "callbacks/picture.hpp"

#include "ops/log.hpp"

namespace kassa::callbacks {
namespace {

using domain::PaymentKind;
using protocol::PaymentPicture;
using protocol::Recipient;

std::string without_trailing_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string why(std::string_view what, ops::OpenError error) {
  return "The details of the " + std::string(what) +
         " can't be opened: " + std::string(ops::text_of(error));
}

void log_unopened(const domain::Payment& payment, const PictureError& error) {
  ops::log::error("payment.details_unopened", {{"request_id", payment.request_id}, {"why", error}});
}

}  // namespace

PaymentPicture six_of(const domain::Payment& payment) {
  PaymentPicture picture;
  picture.kind = payment.kind;
  picture.request_id = payment.request_id.text();
  picture.project_id = payment.project_id.text();
  picture.payment_id = payment.payment_id;
  picture.state = payment.state;
  picture.status_description = payment.status_description;
  return picture;
}

Pictures::Pictures(const ops::KeyRing& ring, PublicBases bases)
    : ring_(ring),
      bases_{without_trailing_slash(std::move(bases.api)),
             without_trailing_slash(std::move(bases.page))} {}

std::expected<domain::PaymentDetails, PictureError> Pictures::details(
    const domain::Payment& payment) const {
  const auto opened =
      ring_.open(domain::kPaymentDetailsTable, payment.request_id.value.bytes, payment.details);
  if (!opened) return std::unexpected(why("payment", opened.error()));
  auto details = domain::decode_payment_details(opened->reveal());
  if (!details) return std::unexpected(why("payment", ops::OpenError::malformed));
  return std::move(*details);
}

std::expected<Recipient, PictureError> Pictures::recipient(
    const domain::Requisites& requisites) const {
  const auto opened =
      ring_.open(domain::kRequisitesDetailsTable, requisites.id.value.bytes, requisites.details);
  if (!opened) return std::unexpected(why("requisites", opened.error()));
  auto details = domain::decode_requisites_details(opened->reveal());
  if (!details) return std::unexpected(why("requisites", ops::OpenError::malformed));
  return Recipient{std::move(details->number), std::move(details->holder), requisites.bank_symbol,
                   requisites.bank_country};
}

std::string Pictures::form_url(const domain::Payment& payment) const {
  const char* between = payment.kind == PaymentKind::widget ? "/widget/" : "/";
  return bases_.page + between + ring_.page_token(payment.request_id);
}

/// What never changes in a payment's life; its state is that of now.
PaymentPicture Pictures::lasting(const domain::Payment& payment,
                                 const domain::PaymentDetails& details,
                                 const domain::Config& config) const {
  PaymentPicture picture = six_of(payment);
  picture.initial_amount = payment.initial_amount;
  picture.currency = payment.currency.text();
  picture.payment_system = payment.payment_system;
  picture.lifetime_s = payment.lifetime_s;
  picture.expiration_date = domain::unix_seconds(payment.expires_at);
  picture.created_date = domain::unix_seconds(payment.created_at);
  if (const auto* rules = config.currency(payment.currency)) {
    picture.unknown_holder = rules->unknown_holder;
  }
  picture.sender_pan = details.sender_pan;
  picture.sender_phone = details.sender_phone;
  picture.sender_card_holder = details.sender_card_holder;
  picture.form_url = form_url(payment);
  picture.redirect_url = details.redirect_url;
  if (const auto* project = config.project(payment.project_id);
      project != nullptr && picture.redirect_url.empty()) {
    picture.redirect_url = project->redirect_url;
  }
  picture.public_api_base = bases_.api;
  return picture;
}

PaymentPicture Pictures::of_payment(const domain::Payment& payment,
                                    const std::optional<domain::Requisites>& requisites,
                                    const domain::Config& config) const {
  auto opened = details(payment);
  if (!opened) {
    log_unopened(payment, opened.error());
    opened.emplace();
  }
  PaymentPicture picture = lasting(payment, *opened, config);
  picture.amount = payment.amount;
  picture.old_amount = payment.old_amount;
  picture.method = payment.method;
  picture.widget_method = payment.widget_method;
  picture.updated_date = domain::unix_seconds(payment.updated_at);
  if (requisites && domain::shows_requisites(payment.state)) {
    if (auto whom = recipient(*requisites)) {
      picture.recipient = std::move(*whom);
    } else {
      log_unopened(payment, whom.error());
    }
  }
  return picture;
}

std::expected<PaymentPicture, PictureError> Pictures::of_event(
    const domain::Payment& payment, const domain::PaymentDetails& details,
    const domain::PaymentEvent& event, const std::optional<domain::Requisites>& requisites,
    const domain::Config& config) const {
  PaymentPicture picture = lasting(payment, details, config);
  picture.state = event.to;
  picture.status_description = event.status_description;
  picture.amount = event.amount;
  picture.old_amount = event.old_amount;
  picture.method = event.method;
  picture.widget_method = event.widget_method;
  picture.updated_date = domain::unix_seconds(event.at);
  if (domain::shows_requisites(event.to)) {
    if (!requisites) return std::unexpected("The requisites of the event are missing.");
    auto whom = recipient(*requisites);
    if (!whom) return std::unexpected(whom.error());
    picture.recipient = std::move(*whom);
  }
  return picture;
}

std::string callback_url(const domain::PaymentDetails& details, const domain::Project& project,
                         domain::State state) {
  const bool success = state == domain::state::success;
  const bool decline = state == domain::state::decline;
  const std::string& own = success   ? details.success_callback_url
                           : decline ? details.decline_callback_url
                                     : details.callback_url;
  if (!own.empty()) return own;
  return success   ? project.urls.success
         : decline ? project.urls.decline
                   : project.urls.intermediate;
}

}  // namespace kassa::callbacks

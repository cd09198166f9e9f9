#include "protocol/callback_body.hpp"

namespace kassa::protocol {
namespace {

using domain::PaymentKind;

constexpr std::size_t kBodyBytesUsual = 2048;

/// The four keys that every callback has.
void write_four(JsonWriter& json, const PaymentPicture& picture) {
  json.member("project_id", picture.project_id)
      .key("general")
      .begin_object()
      .member("request_id", picture.request_id)
      .member("payment_id", picture.payment_id)
      .end_object()
      .key("status")
      .begin_object()
      .member("status", domain::wire_name(picture.state.status))
      .member("sub_status", or_null(domain::wire_name(picture.state.sub)))
      .member("status_description", or_null(picture.status_description))
      .end_object();
  write_payment_info(json, picture, /*with_dates=*/true);
}

void write_intermediate(JsonWriter& json, const PaymentPicture& picture) {
  if (picture.kind == PaymentKind::payout) {
    json.key("additional_info").begin_object().end_object();
    return;
  }
  write_recipient_requisites(json, picture);
  write_integration(json, picture);
  if (picture.kind == PaymentKind::payin) write_additional_info(json, picture);
}

}  // namespace

std::string render_callback(const PaymentPicture& picture) {
  std::string body;
  body.reserve(kBodyBytesUsual);
  JsonWriter json(body);
  json.begin_object();
  write_four(json, picture);
  if (!domain::is_final(picture.state)) write_intermediate(json, picture);
  json.end_object();
  return body;
}

}  // namespace kassa::protocol

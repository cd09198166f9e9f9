// What merchants read about a payment: answers of the API (wire §4 to §7) and bodies of callbacks
// (wire §9). Pure rendering: everything is opened and resolved before it comes here.
//
//   PaymentPicture ─┬─▶ render_six              cancel, confirm
//                   ├─▶ render_create_answer    create, and the same create again
//                   ├─▶ render_info             …/info
//                   └─▶ render_callback         callback_body.hpp
//
// A picture shows the payment as it is, or as it was at one event: who makes it decides
// (callbacks/picture.hpp). The kind of the payment chooses the key set; key order is the one that
// the published examples print, because merchants' logs and golden tests hold it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/states.hpp"
#include "protocol/json_writer.hpp"

namespace kassa::protocol {

/// Whom the payer pays.
struct Recipient {
  std::string number;  // card, phone or account
  std::string holder;  // empty: unknown
  std::string bank_name;
  std::string bank_country;  // ISO 3166-1 alpha-2
};

/// Personal data in the clear: lives as long as the rendering, and never goes to a log.
/// Where a comment says so, an empty text is `null` on the wire. Dates are Unix seconds.
struct PaymentPicture {
  domain::PaymentKind kind = domain::PaymentKind::payin;
  std::string request_id;
  std::string project_id;
  std::string payment_id;

  domain::State state;
  std::string status_description;  // empty: null
  std::int64_t amount = 0;         // minor units
  std::int64_t old_amount = 0;
  std::int64_t initial_amount = 0;
  std::string currency;
  std::string method;          // empty: null
  std::string payment_system;  // empty: null; a payout then has no such key
  std::string widget_method;   // empty: null
  std::int64_t lifetime_s = 0;
  std::int64_t expiration_date = 0;
  std::int64_t updated_date = 0;
  std::int64_t created_date = 0;

  std::optional<Recipient> recipient;  // shown in awaiting_confirm and paid only (wire §5.1)
  std::string unknown_holder;          // what `card_holder` says where nobody knows it

  std::string sender_pan;
  std::string sender_phone;
  std::string sender_card_holder;

  std::string form_url;
  std::string redirect_url;     // empty: null
  std::string public_api_base;  // without trailing slash: of confirm_url and reject_url
};

/// The six fields that every answer begins with, as a whole answer: cancel and confirm.
[[nodiscard]] std::string render_six(const PaymentPicture& picture);

/// A create's answer: the six, and `integration` unless it is a payout.
[[nodiscard]] std::string render_create_answer(const PaymentPicture& picture);

/// An info's answer, of the picture's kind (wire §5.1, §6, §7).
[[nodiscard]] std::string render_info(const PaymentPicture& picture);

// ---- pieces that answers and callbacks share ----------------------------------------------------

/// Whether whom to pay may be told in this picture.
[[nodiscard]] bool tells_recipient(const PaymentPicture& picture);

/// `payment_info`; `with_dates` adds the updated_date and created_date of callbacks.
void write_payment_info(JsonWriter& json, const PaymentPicture& picture, bool with_dates);
void write_recipient_requisites(JsonWriter& json, const PaymentPicture& picture);
void write_integration(JsonWriter& json, const PaymentPicture& picture);
/// `additional_info{display_data}` of a payin (wire §5.2), or null where nothing may be shown.
void write_additional_info(JsonWriter& json, const PaymentPicture& picture);

/// A text, or nothing where it is empty: `json.member("x", or_null(text))`.
[[nodiscard]] std::optional<std::string_view> or_null(std::string_view text);

}  // namespace kassa::protocol

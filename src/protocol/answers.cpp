#include "protocol/answers.hpp"

#include "domain/masks.hpp"
#include "domain/methods.hpp"

namespace kassa::protocol {
namespace {

using domain::PaymentKind;

/// Room for the largest usual answer, so that rendering allocates once.
constexpr std::size_t kAnswerBytesUsual = 1536;

void write_six(JsonWriter& json, const PaymentPicture& picture) {
  json.member("status", domain::wire_name(picture.state.status))
      .member("sub_status", or_null(domain::wire_name(picture.state.sub)))
      .member("status_description", or_null(picture.status_description))
      .member("request_id", picture.request_id)
      .member("project_id", picture.project_id)
      .member("payment_id", picture.payment_id);
}

void write_masked_requisites(JsonWriter& json, const PaymentPicture& picture) {
  const Recipient& recipient = *picture.recipient;
  const std::string number = domain::is_phone_method(picture.method)
                                 ? domain::mask_phone(recipient.number)
                                 : domain::mask_card_for_widget(recipient.number);
  json.member("pan_hidden", number).member("card_holder_hidden", " **** ");
}

/// `pan_hidden` masks the card, else the phone; nothing sent: both are null (wire §5.3).
void write_sender(JsonWriter& json, const PaymentPicture& picture) {
  std::optional<std::string> number;
  if (!picture.sender_pan.empty()) {
    number = domain::mask_card(picture.sender_pan);
  } else if (!picture.sender_phone.empty()) {
    number = domain::mask_phone(picture.sender_phone);
  }
  std::optional<std::string> holder;
  if (!picture.sender_card_holder.empty()) holder = domain::mask_holder(picture.sender_card_holder);
  json.key("sender")
      .begin_object()
      .member("pan_hidden", number)
      .member("card_holder_hidden", holder)
      .end_object();
}

class DisplayData {
 public:
  explicit DisplayData(JsonWriter& json) : json_(json) {}

  /// A text that is empty is left out.
  DisplayData& add(std::string_view title, std::string_view text) {
    if (!text.empty()) begin(title).value(text).end_object();
    return *this;
  }
  DisplayData& add(std::string_view title, std::int64_t number) {
    begin(title).value(number).end_object();
    return *this;
  }

 private:
  JsonWriter& begin(std::string_view title) {
    return json_.begin_object().member("type", "add_info").member("title", title).key("data");
  }

  JsonWriter& json_;
};

void write_display_data(JsonWriter& json, const PaymentPicture& picture) {
  constexpr std::string_view kPayin = "/api/v1/payment/p2p/payin";
  const Recipient& recipient = *picture.recipient;
  const std::string payin = picture.public_api_base + std::string(kPayin);
  json.key("display_data").begin_array();
  DisplayData(json)
      .add("recipient_card_holder", recipient.holder)
      .add(domain::is_phone_method(picture.method) ? "recipient_phone" : "recipient_pan",
           recipient.number)
      .add("lifetime", picture.lifetime_s)
      .add("valid_until", picture.expiration_date)
      .add("amount", picture.amount)
      .add("currency", picture.currency)
      .add("bank_name", recipient.bank_name)
      .add("bank_country", recipient.bank_country)
      .add("confirm_url", payin + "/confirm")
      .add("reject_url", payin + "/cancel");
  json.end_array();
}

/// An answer that begins with the six; `rest` writes what follows them.
template <class Rest>
std::string render_answer(const PaymentPicture& picture, const Rest& rest) {
  std::string body;
  body.reserve(kAnswerBytesUsual);
  JsonWriter json(body);
  json.begin_object();
  write_six(json, picture);
  rest(json);
  json.end_object();
  return body;
}

}  // namespace

std::optional<std::string_view> or_null(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

bool tells_recipient(const PaymentPicture& picture) {
  return picture.recipient.has_value() && domain::shows_requisites(picture.state);
}

void write_payment_info(JsonWriter& json, const PaymentPicture& picture, bool with_dates) {
  const bool payout = picture.kind == PaymentKind::payout;
  const bool widget = picture.kind == PaymentKind::widget;
  json.key("payment_info")
      .begin_object()
      .member("amount", picture.amount)
      .member("old_amount", picture.old_amount)
      .member("initial_amount", picture.initial_amount)
      .member("currency", picture.currency);
  if (!payout) {
    json.member("lifetime", picture.lifetime_s).member("expiration_date", picture.expiration_date);
  }
  if (with_dates) {
    json.member("updated_date", picture.updated_date).member("created_date", picture.created_date);
  }
  json.member("method", or_null(picture.method));
  if (widget) json.member("widget_method", or_null(picture.widget_method));
  // A widget's decline callback alone has the key, always null; a payout has it if its create had.
  const bool widget_decline = widget && with_dates && picture.state == domain::state::decline;
  if (widget_decline) {
    json.key("payment_system").null();
  } else if (!widget && (!payout || !picture.payment_system.empty())) {
    json.member("payment_system", or_null(picture.payment_system));
  }
  json.member("type", domain::wire_name(picture.kind)).end_object();
}

void write_recipient_requisites(JsonWriter& json, const PaymentPicture& picture) {
  json.key("recipient_requisites");
  if (!tells_recipient(picture)) {
    json.null();
    return;
  }
  const Recipient& recipient = *picture.recipient;
  json.begin_object();
  if (picture.kind == PaymentKind::widget) {
    write_masked_requisites(json, picture);
  } else {
    json.member("pan", recipient.number)
        .member("card_holder",
                recipient.holder.empty() ? picture.unknown_holder : recipient.holder);
  }
  json.member("bank_name", recipient.bank_name)
      .member("bank_country", recipient.bank_country)
      .member("currency", picture.currency)
      .end_object();
}

void write_integration(JsonWriter& json, const PaymentPicture& picture) {
  json.key("integration")
      .begin_object()
      .member("form_url", picture.form_url)
      .member("redirect_url", or_null(picture.redirect_url))
      .end_object();
}

void write_additional_info(JsonWriter& json, const PaymentPicture& picture) {
  json.key("additional_info");
  if (!tells_recipient(picture)) {
    json.null();
    return;
  }
  json.begin_object();
  write_display_data(json, picture);
  json.end_object();
}

std::string render_six(const PaymentPicture& picture) {
  return render_answer(picture, [](JsonWriter&) {});
}

std::string render_create_answer(const PaymentPicture& picture) {
  return render_answer(picture, [&](JsonWriter& json) {
    if (picture.kind != PaymentKind::payout) write_integration(json, picture);
  });
}

std::string render_info(const PaymentPicture& picture) {
  return render_answer(picture, [&](JsonWriter& json) {
    write_payment_info(json, picture, /*with_dates=*/false);
    if (picture.kind == PaymentKind::payout) return;
    if (picture.kind == PaymentKind::payin) {
      write_recipient_requisites(json, picture);
      write_sender(json, picture);
    }
    write_integration(json, picture);
    if (picture.kind == PaymentKind::payin) write_additional_info(json, picture);
  });
}

}  // namespace kassa::protocol

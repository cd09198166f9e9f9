// The personal data of a payment and of requisites, in the clear: what gets sealed into `details`.
//
// Encoded as (tag, length, bytes) for each field that is not empty, so that a field added later is
// skipped by an older version. Tags are stored: never renumber one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/secret.hpp"

namespace kassa::domain {

struct PaymentDetails {
  std::string sender_pan;
  std::string sender_phone;
  std::string sender_bank_symbol;
  std::string sender_card_holder;
  std::string customer_id;
  std::string customer_ip_address;
  std::string customer_first_name;
  std::string customer_last_name;
  std::string customer_type;
  std::string customer_country;
  std::string customer_language;
  std::string customer_email;
  std::string customer_browser;
  std::string customer_device_type;
  std::string customer_user_agent;
  std::string callback_url;
  std::string success_callback_url;
  std::string decline_callback_url;
  std::string redirect_url;
  std::string description;
  std::string extra_param;
  std::string receiver_pan;
  std::string receiver_phone;
  std::string receiver_bank_code;
  std::string receiver_card_holder;

  bool operator==(const PaymentDetails&) const = default;
};

struct RequisitesDetails {
  std::string number;  // card, phone or account
  std::string holder;  // empty: unknown

  bool operator==(const RequisitesDetails&) const = default;
};

/// What came with a notice.
struct NoticeDetails {
  std::string reference;  // the bank's own number or words
  std::string note;       // of whoever recorded it

  bool operator==(const NoticeDetails&) const = default;
};

[[nodiscard]] std::string encode(const PaymentDetails& details);
[[nodiscard]] std::string encode(const NoticeDetails& details);
[[nodiscard]] std::string encode(const RequisitesDetails& details);

/// Nothing when the bytes are not such an encoding.
[[nodiscard]] std::optional<PaymentDetails> decode_payment_details(std::string_view bytes);
[[nodiscard]] std::optional<NoticeDetails> decode_notice_details(std::string_view bytes);
[[nodiscard]] std::optional<RequisitesDetails> decode_requisites_details(std::string_view bytes);

/// Table names that sealing binds to (with the row's id), so that no blob opens in another place.
inline constexpr std::string_view kPaymentDetailsTable = "payments";
inline constexpr std::string_view kRequisitesDetailsTable = "requisites";
inline constexpr std::string_view kNoticeDetailsTable = "notices";
inline constexpr std::string_view kEventNoteTable = "payment_events.note";  // by request_id
inline constexpr std::string_view kNoticeNoteTable = "notices.note";
inline constexpr std::string_view kReceiptFilesTable = "receipts.file";
inline constexpr std::string_view kSettlementReferenceTable = "settlements";
inline constexpr std::string_view kSettlementNoteTable = "settlements.note";

}  // namespace kassa::domain

#include "domain/details.hpp"

#include <array>
#include <cstdint>

namespace kassa::domain {
namespace {

template <class Record>
struct Field {
  char tag;
  std::string Record::* member;
};

constexpr std::array<Field<PaymentDetails>, 25> kPaymentFields = {{
    {1, &PaymentDetails::sender_pan},
    {2, &PaymentDetails::sender_phone},
    {3, &PaymentDetails::sender_bank_symbol},
    {4, &PaymentDetails::sender_card_holder},
    {5, &PaymentDetails::customer_id},
    {6, &PaymentDetails::customer_ip_address},
    {7, &PaymentDetails::customer_first_name},
    {8, &PaymentDetails::customer_last_name},
    {9, &PaymentDetails::customer_type},
    {10, &PaymentDetails::customer_country},
    {11, &PaymentDetails::customer_language},
    {12, &PaymentDetails::customer_email},
    {13, &PaymentDetails::customer_browser},
    {14, &PaymentDetails::customer_device_type},
    {15, &PaymentDetails::customer_user_agent},
    {16, &PaymentDetails::callback_url},
    {17, &PaymentDetails::success_callback_url},
    {18, &PaymentDetails::decline_callback_url},
    {19, &PaymentDetails::redirect_url},
    {20, &PaymentDetails::description},
    {21, &PaymentDetails::extra_param},
    {22, &PaymentDetails::receiver_pan},
    {23, &PaymentDetails::receiver_phone},
    {24, &PaymentDetails::receiver_bank_code},
    {25, &PaymentDetails::receiver_card_holder},
}};

constexpr std::array<Field<RequisitesDetails>, 2> kRequisitesFields = {{
    {1, &RequisitesDetails::number},
    {2, &RequisitesDetails::holder},
}};

constexpr std::array<Field<NoticeDetails>, 2> kNoticeFields = {{
    {1, &NoticeDetails::reference},
    {2, &NoticeDetails::note},
}};

template <class Record, std::size_t n>
std::string encode_fields(const Record& record, const std::array<Field<Record>, n>& fields) {
  std::string out;
  for (const auto& field : fields) {
    const std::string& value = record.*field.member;
    if (value.empty()) continue;
    out += field.tag;
    const auto size = static_cast<std::uint32_t>(value.size());
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((size >> shift) & 0xFF);
    out += value;
  }
  return out;
}

template <class Record, std::size_t n>
std::optional<Record> decode_fields(std::string_view bytes,
                                    const std::array<Field<Record>, n>& fields) {
  Record record;
  while (!bytes.empty()) {
    if (bytes.size() < 5) return std::nullopt;
    const char tag = bytes[0];
    std::uint32_t size = 0;
    for (std::size_t i = 1; i < 5; ++i) {
      size = (size << 8) | static_cast<unsigned char>(bytes[i]);
    }
    bytes.remove_prefix(5);
    if (bytes.size() < size) return std::nullopt;
    for (const auto& field : fields) {
      if (field.tag == tag) record.*field.member = bytes.substr(0, size);
    }
    bytes.remove_prefix(size);
  }
  return record;
}

}  // namespace

std::string encode(const PaymentDetails& details) {
  return encode_fields(details, kPaymentFields);
}
std::string encode(const RequisitesDetails& details) {
  return encode_fields(details, kRequisitesFields);
}
std::string encode(const NoticeDetails& details) {
  return encode_fields(details, kNoticeFields);
}
std::optional<NoticeDetails> decode_notice_details(std::string_view bytes) {
  return decode_fields(bytes, kNoticeFields);
}
std::optional<PaymentDetails> decode_payment_details(std::string_view bytes) {
  return decode_fields(bytes, kPaymentFields);
}
std::optional<RequisitesDetails> decode_requisites_details(std::string_view bytes) {
  return decode_fields(bytes, kRequisitesFields);
}

}  // namespace kassa::domain

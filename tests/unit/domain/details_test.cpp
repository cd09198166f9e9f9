// Personal data in the form that gets sealed: read back as it was written, by older and newer
// versions.
#include "domain/details.hpp"

#include <gtest/gtest.h>

namespace kassa::domain::test {
namespace {

PaymentDetails everything() {
  PaymentDetails d;
  std::string* const fields[] = {
      &d.sender_pan,          &d.sender_phone,         &d.sender_bank_symbol,
      &d.sender_card_holder,  &d.customer_id,          &d.customer_ip_address,
      &d.customer_first_name, &d.customer_last_name,   &d.customer_type,
      &d.customer_country,    &d.customer_language,    &d.customer_email,
      &d.customer_browser,    &d.customer_device_type, &d.customer_user_agent,
      &d.callback_url,        &d.success_callback_url, &d.decline_callback_url,
      &d.redirect_url,        &d.description,          &d.extra_param};
  int number = 0;
  for (std::string* field : fields) *field = "value " + std::to_string(++number);
  d.sender_card_holder = "Пётр Ломоносов";
  d.description = std::string("a zero \0 and high \xFF bytes", 25) + std::string(1000, 'x');
  return d;
}

TEST(Details, AreReadBackAsTheyWereWritten) {
  const PaymentDetails all = everything();
  EXPECT_TRUE(decode_payment_details(encode(all)) == all);
  EXPECT_EQ(encode(PaymentDetails{}), "");
  EXPECT_TRUE(decode_payment_details("") == PaymentDetails{});
  const RequisitesDetails requisites{"4850788018041726", "Erik Ackerman"};
  EXPECT_TRUE(decode_requisites_details(encode(requisites)) == requisites);
}

TEST(Details, AFieldOfALaterVersionIsSkipped) {
  const std::string later = encode(RequisitesDetails{"1", ""}) + std::string("\x63\0\0\0\2zz", 7);
  EXPECT_TRUE(decode_requisites_details(later) == (RequisitesDetails{"1", ""}));
}

TEST(Details, BytesThatAreCutOffAreNone) {
  const std::string whole = encode(RequisitesDetails{"485078", "Erik"});
  const std::size_t second_field = 5 + 6;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(decode_requisites_details(whole.substr(0, size)).has_value(), size == second_field)
        << size;
  }
}

}  // namespace
}  // namespace kassa::domain::test

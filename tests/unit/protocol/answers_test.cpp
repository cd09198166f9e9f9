// Answers and callback bodies against the examples of the published integration pages: the same
// keys, in the same order, with the same values. The examples are tests/data/seeds/*.json.
#include "protocol/answers.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "protocol/callback_body.hpp"
#include "protocol/json_document.hpp"

namespace kassa::protocol {
namespace {

using domain::PaymentKind;
namespace state = domain::state;

/// An example without the white space between its tokens.
std::string seed(const std::string& name) {
  std::ifstream file(std::string(KASSA_SOURCE_DIR) + "/tests/data/seeds/" + name + ".json");
  EXPECT_TRUE(file.is_open()) << name;
  std::stringstream text;
  text << file.rdbuf();
  std::string out;
  bool in_string = false;
  for (const char c : text.str()) {
    if (c == '"') in_string = !in_string;  // no example has an escaped quote
    if (in_string || (c != ' ' && c != '\n')) out += c;
  }
  return out;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from << " is not in " << text;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

struct Dialect {
  std::string name;  // of the example files
  std::string currency;
  std::string payin_id;
  std::string payout_id;
  std::string method;
  std::string holder;
  std::string bank;
  std::string country;
  std::string sender_holder;  // whose mask the info example shows
};

const Dialect kKazakhstan{"kzt",
                          "KZT",
                          "KZT-VISA-123456",
                          "PAYOUT-KZT-MASTER-123456",
                          "international-card-p2p",
                          "Alex Johnson",
                          "kaspi-kzt",
                          "KZ",
                          "Alex Johnson"};
const Dialect kTajikistan{"tjs",          "TJS",        "TJS-PAYMENT-123456", "TJS-PAYOUT-123456",
                          "card-p2p",     "Khal Drogo", "dushanbe-city-bank", "TJ",
                          "Erik Ackerman"};

PaymentPicture base_picture() {
  PaymentPicture picture;
  picture.request_id = "16a10539-fcb3-4ff5-a3e2-86625a2dc3d3";
  picture.project_id = "57aff4db-b45d-42bf-bc5f-b7a499a01782";
  picture.amount = picture.old_amount = 7000;
  picture.initial_amount = 3000;
  picture.lifetime_s = 300;
  picture.expiration_date = picture.updated_date = picture.created_date = 1721647251;
  picture.public_api_base = "https://api.hh-processing.com";
  return picture;
}

PaymentPicture payin(const Dialect& dialect, domain::State at) {
  PaymentPicture picture = base_picture();
  picture.state = at;
  picture.payment_id = dialect.payin_id;
  picture.currency = dialect.currency;
  picture.method = dialect.method;
  picture.recipient = Recipient{"4850788018041726", dialect.holder, dialect.bank, dialect.country};
  picture.unknown_holder = "--";
  picture.sender_pan = "4850788018041726";
  picture.sender_card_holder = dialect.sender_holder;
  picture.form_url = "https://ppage.hh-processing.com/24a9249ae10e15232c123409b625daf7e0ea627c";
  picture.redirect_url = "https://your-domain.com/order/page";
  return picture;
}

PaymentPicture payout(const Dialect& dialect, domain::State at) {
  PaymentPicture picture = base_picture();
  picture.kind = PaymentKind::payout;
  picture.state = at;
  picture.payment_id = dialect.payout_id;
  picture.currency = dialect.currency;
  picture.method = "card-p2p";
  return picture;
}

PaymentPicture widget(domain::State at) {
  PaymentPicture picture = base_picture();
  picture.kind = PaymentKind::widget;
  picture.state = at;
  picture.payment_id = "PAYMENT-TJS-123456";
  picture.currency = "TJS";
  picture.method = "card-p2p";
  picture.widget_method = "payin-p2p-card";
  picture.recipient = Recipient{"2202208812346980", "Khal Drogo", "dushanbe-city-bank", "TJ"};
  picture.form_url =
      "https://ppage.hh-processing.com/widget/24a9249ae10e15232c123409b625daf7e0ea627c";
  picture.redirect_url = "https://your-web-site-url.com/order/page";
  return picture;
}

/// The info examples have other amounts than the callbacks'.
PaymentPicture with_info_amounts(PaymentPicture picture) {
  picture.amount = picture.old_amount = 10000;
  return picture;
}

PaymentPicture declined(PaymentPicture picture, const std::string& description) {
  picture.state = state::decline;
  picture.status_description = description;
  return picture;
}

class SeedAnswers : public testing::TestWithParam<Dialect> {
 protected:
  static std::string example(const std::string& rest) { return seed(GetParam().name + rest); }
};
INSTANTIATE_TEST_SUITE_P(Dialects, SeedAnswers, testing::Values(kKazakhstan, kTajikistan),
                         [](const auto& dialect) { return dialect.param.name; });

TEST_P(SeedAnswers, CreateConfirmCancel) {
  EXPECT_EQ(render_create_answer(payin(GetParam(), state::requisites)), example("_payin_create"));
  EXPECT_EQ(render_six(payin(GetParam(), state::paid)), example("_payin_confirm"));
  EXPECT_EQ(render_six(declined(payin(GetParam(), {}), "Canceled by client")),
            example("_payin_cancel"));
  EXPECT_EQ(render_create_answer(payout(GetParam(), state::new_)), example("_payout_create"));
}

TEST_P(SeedAnswers, PayinInfoAddsDisplayDataOnly) {
  const auto picture = with_info_amounts(payin(GetParam(), state::awaiting_confirm));
  const std::string answer = render_info(picture);
  const auto extra = answer.find(",\"additional_info\":");
  ASSERT_NE(extra, std::string::npos) << answer;
  EXPECT_EQ(answer.substr(0, extra) + "}", example("_payin_info"));
}

TEST_P(SeedAnswers, PayinCallbacks) {
  // The example's display_data names another amount than its payment_info; ours are one.
  EXPECT_EQ(
      render_callback(payin(GetParam(), state::awaiting_confirm)),
      replaced(example("_payin_callback_awaiting_confirm"), "\"data\":10000", "\"data\":7000"));
  auto success = payin(GetParam(), state::success);
  success.old_amount = 5000;
  EXPECT_EQ(render_callback(success), example("_payin_callback_success"));
  EXPECT_EQ(render_callback(declined(payin(GetParam(), {}), "Declined by anti-fraud")),
            example("_payin_callback_decline"));
}

TEST_P(SeedAnswers, Payouts) {
  EXPECT_EQ(render_info(with_info_amounts(payout(GetParam(), state::payout_process))),
            example("_payout_info"));
  EXPECT_EQ(render_callback(payout(GetParam(), state::payout_process)),
            example("_payout_callback_payout_process"));
  EXPECT_EQ(render_callback(payout(GetParam(), state::success)),
            example("_payout_callback_success"));
  EXPECT_EQ(render_callback(declined(payout(GetParam(), {}), "Declined by anti-fraud")),
            example("_payout_callback_decline"));
}

TEST(SeedWidget, AnswersAndCallbacks) {
  EXPECT_EQ(render_create_answer(widget(state::requisites)), seed("widget_create"));
  EXPECT_EQ(render_info(with_info_amounts(widget(state::awaiting_confirm))), seed("widget_info"));
  EXPECT_EQ(render_callback(widget(state::awaiting_confirm)),
            seed("widget_callback_awaiting_confirm"));
  auto success = widget(state::success);
  success.old_amount = 5000;
  EXPECT_EQ(render_callback(success), seed("widget_callback_success"));
  auto never_chosen = declined(widget({}), "Declined by anti-fraud");
  never_chosen.method.clear();
  never_chosen.widget_method.clear();
  EXPECT_EQ(render_callback(never_chosen), seed("widget_callback_decline"));
}

// ---- what the examples leave open ---------------------------------------------------------------

bool has(const std::string& body, const std::string& part) {
  return body.find(part) != std::string::npos;
}

TEST(Answers, RequisitesAreToldInTwoStatesOnly) {
  for (const auto& at : state::all_of_payin) {
    for (const std::string& body :
         {render_info(payin(kKazakhstan, at)), render_callback(payin(kKazakhstan, at))}) {
      const bool told = at == state::awaiting_confirm || at == state::paid;
      EXPECT_EQ(has(body, "Alex Johnson"), told) << body;
      EXPECT_EQ(has(body, "\"display_data\""), told) << body;
    }
    const std::string info = render_info(payin(kKazakhstan, at));
    if (!domain::shows_requisites(at)) {
      EXPECT_TRUE(has(info, "\"recipient_requisites\":null")) << info;
      EXPECT_TRUE(has(info, "\"additional_info\":null")) << info;
    }
  }
}

TEST(Answers, IntermediateCallbackWithoutRequisitesSaysNull) {
  const std::string body = render_callback(payin(kKazakhstan, state::no_payment));
  EXPECT_TRUE(has(body, "\"recipient_requisites\":null,\"integration\":{")) << body;
  EXPECT_TRUE(body.ends_with("\"additional_info\":null}")) << body;
}

TEST(Answers, UnknownHolderIsTheDialectsWordAndNotDisplayed) {
  auto picture = payin(kTajikistan, state::paid);
  picture.recipient->holder.clear();
  picture.unknown_holder = "---";
  const std::string body = render_info(picture);
  EXPECT_TRUE(has(body, "\"card_holder\":\"---\"")) << body;
  EXPECT_FALSE(has(body, "recipient_card_holder")) << body;
}

TEST(Answers, PhoneMethodsDisplayAPhone) {
  auto picture = payin(kKazakhstan, state::paid);
  picture.method = "phone-p2p";
  picture.recipient->number = "+77001234567";
  const std::string body = render_info(picture);
  EXPECT_TRUE(has(body, R"({"type":"add_info","title":"recipient_phone","data":"+77001234567"})"))
      << body;
  EXPECT_FALSE(has(body, "recipient_pan")) << body;
}

TEST(Answers, WidgetMasksAPhoneToo) {
  auto picture = widget(state::paid);
  picture.method = "phone-p2p";
  picture.recipient->number = "+992001234567";
  const std::string body = render_callback(picture);
  EXPECT_TRUE(has(body, "\"pan_hidden\":\"+9920****67\"")) << body;
}

TEST(Answers, SenderIsMaskedByWhatWasSent) {
  auto picture = payin(kKazakhstan, state::paid);
  picture.sender_pan.clear();
  picture.sender_phone = "+77001234567";
  picture.sender_card_holder.clear();
  EXPECT_TRUE(has(render_info(picture),
                  R"("sender":{"pan_hidden":"+7700****67","card_holder_hidden":null})"));
  picture.sender_phone.clear();
  EXPECT_TRUE(
      has(render_info(picture), R"("sender":{"pan_hidden":null,"card_holder_hidden":null})"));
}

TEST(Answers, MissingLinksAndErrorAreNull) {
  auto picture = payin(kKazakhstan, state::error);
  picture.redirect_url.clear();
  picture.status_description = "Something broke \"here\".";
  const std::string body = render_create_answer(picture);
  EXPECT_TRUE(has(body, R"("status":"error","sub_status":null)")) << body;
  EXPECT_TRUE(has(body, R"("status_description":"Something broke \"here\".")")) << body;
  EXPECT_TRUE(has(body, "\"redirect_url\":null")) << body;
}

TEST(Answers, PaymentSystemOfAPayoutIsToldOnlyIfItHadOne) {
  auto picture = payout(kKazakhstan, state::payout_process);
  picture.payment_system = "visa";
  EXPECT_TRUE(has(render_info(picture), R"("payment_system":"visa","type":"payout"})"));
  EXPECT_TRUE(has(render_callback(picture), R"("payment_system":"visa","type":"payout"})"));
}

TEST(Answers, EveryKindInEveryStateIsOneJsonObject) {
  JsonDocument document;
  for (const auto& at : state::all_of_payin) {
    for (const auto& picture :
         {payin(kTajikistan, at), widget(at), payout(kKazakhstan, at), PaymentPicture{}}) {
      for (const std::string& body : {render_six(picture), render_create_answer(picture),
                                      render_info(picture), render_callback(picture)}) {
        EXPECT_TRUE(document.parse(body).has_value()) << body;
      }
    }
  }
}

}  // namespace
}  // namespace kassa::protocol

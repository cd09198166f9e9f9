#include "callbacks/picture.hpp"

#include <gtest/gtest.h>

#include "unit/callbacks/fake_outbox.hpp"

namespace kassa::callbacks {
namespace {

namespace state = domain::state;

/// A payment of the fake outbox with one event, and the rows that its picture is made of.
class PictureTest : public testing::Test {
 protected:
  Told told(domain::State to) {
    outbox_.tell(id_, to);
    return *outbox_.open_reader()->event(id_, ++events_);
  }
  const domain::Config& config() {
    config_ = outbox_.config();
    return *config_;
  }
  auto of_event(const Told& all) {
    return pictures_.of_event(all.payment, *pictures_.details(all.payment), all.event,
                              all.requisites, config());
  }

  test::FakeOutbox outbox_;
  domain::RequestId id_ = outbox_.add_payment({.intermediate_url = "https://shop.example/own"});
  std::int32_t events_ = 0;
  domain::ConfigPtr config_;
  Pictures pictures_{test::keys().ring, {"https://api.example.com/", "https://pay.example.com/p/"}};
};

TEST_F(PictureTest, ShowsThePaymentAsItWasAtTheEvent) {
  Told all = told(state::awaiting_confirm);
  all.payment.state = state::success;
  all.payment.amount = 1;
  all.payment.method = "phone-p2p";
  all.event.old_amount = 6000;
  all.event.status_description = "then";
  const auto picture = of_event(all);
  ASSERT_TRUE(picture.has_value()) << picture.error();
  EXPECT_EQ(picture->state, state::awaiting_confirm);
  EXPECT_EQ(picture->amount, 7000);
  EXPECT_EQ(picture->old_amount, 6000);
  EXPECT_EQ(picture->method, "card-p2p");
  EXPECT_EQ(picture->status_description, "then");
  EXPECT_EQ(picture->updated_date, domain::unix_seconds(all.event.at));
  EXPECT_EQ(picture->expiration_date, picture->created_date + 300);
  ASSERT_TRUE(picture->recipient.has_value());
  EXPECT_EQ(picture->recipient->number, "4850788018041726");
  EXPECT_EQ(picture->recipient->holder, "Alex Johnson");
  EXPECT_EQ(picture->recipient->bank_name, "kaspi-kzt");
  EXPECT_EQ(picture->unknown_holder, "--");
  EXPECT_EQ(picture->public_api_base, "https://api.example.com");
}

TEST_F(PictureTest, OpensRequisitesOnlyWhereTheyAreShown) {
  const auto picture = of_event(told(state::success));
  ASSERT_TRUE(picture.has_value()) << picture.error();
  EXPECT_FALSE(picture->recipient.has_value());
}

TEST_F(PictureTest, LinksToThePayersPage) {
  domain::Payment payment = told(state::paid).payment;
  const std::string url = pictures_.of_payment(payment, std::nullopt, config()).form_url;
  const std::string base = "https://pay.example.com/p/";
  ASSERT_EQ(url.size(), base.size() + 40);
  EXPECT_EQ(url.substr(0, base.size()), base);
  EXPECT_EQ(test::keys().ring.open_page_token(url.substr(base.size())), id_);
  payment.kind = domain::PaymentKind::widget;
  EXPECT_TRUE(pictures_.form_url(payment).starts_with(base + "widget/"));
}

TEST_F(PictureTest, TheProjectsRedirectServesWhereThePaymentHasNone) {
  const domain::Payment payment = told(state::paid).payment;
  EXPECT_EQ(pictures_.of_payment(payment, std::nullopt, config()).redirect_url, "");
  outbox_.set_project([](domain::Project& project) { project.redirect_url = "https://back/"; });
  EXPECT_EQ(pictures_.of_payment(payment, std::nullopt, config()).redirect_url, "https://back/");
}

TEST_F(PictureTest, TheProjectsRedirectIsThatOfNowAndThePaymentsOwnStays) {
  outbox_.set_project([](domain::Project& project) { project.redirect_url = "https://wrong/"; });
  const Told all = told(state::paid);
  outbox_.set_project([](domain::Project& project) { project.redirect_url = "https://right/"; });
  EXPECT_EQ(of_event(all)->redirect_url, "https://right/") << "of an event before the change";
  domain::PaymentDetails details = *pictures_.details(all.payment);
  details.redirect_url = "https://own/";
  EXPECT_EQ(
      pictures_.of_event(all.payment, details, all.event, all.requisites, config())->redirect_url,
      "https://own/");
}

TEST_F(PictureTest, ABlobThatCannotBeOpenedFailsACallbackAndBlanksAnAnswer) {
  Told all = told(state::paid);
  all.requisites->details.back() = static_cast<char>(all.requisites->details.back() ^ 1);
  EXPECT_FALSE(of_event(all).has_value());
  const auto shown = [&] {
    domain::Payment payment = all.payment;
    payment.state = state::paid;
    return pictures_.of_payment(payment, all.requisites, config());
  };
  EXPECT_FALSE(shown().recipient.has_value());
  all.payment.details.back() = static_cast<char>(all.payment.details.back() ^ 1);
  EXPECT_FALSE(pictures_.details(all.payment).has_value());
  EXPECT_EQ(shown().payment_id, all.payment.payment_id);
}

TEST(CallbackUrl, GoesByTheStateAndThePaymentsOwnFirst) {
  domain::PaymentDetails details;
  domain::Project project;
  project.urls = {"any", "good", "bad"};
  EXPECT_EQ(callback_url(details, project, state::error), "any");
  EXPECT_EQ(callback_url(details, project, state::no_payment), "any");
  EXPECT_EQ(callback_url(details, project, state::success), "good");
  EXPECT_EQ(callback_url(details, project, state::decline), "bad");
  details.callback_url = "own any";
  details.decline_callback_url = "own bad";
  EXPECT_EQ(callback_url(details, project, state::paid), "own any");
  EXPECT_EQ(callback_url(details, project, state::success), "good");
  EXPECT_EQ(callback_url(details, project, state::decline), "own bad");
}

}  // namespace
}  // namespace kassa::callbacks

// The whole way once: a create through the real loop and store, its callback, the stored attempt.
#include "callbacks/store_outbox.hpp"

#include <gtest/gtest.h>

#include "callbacks/deliverer.hpp"
#include "domain/simulation.hpp"
#include "encoding/base64.hpp"
#include "engine/simulated_traders.hpp"
#include "ops/log.hpp"
#include "ops/random.hpp"
#include "unit/callbacks/fake_outbox.hpp"
#include "unit/callbacks/sink.hpp"
#include "unit/store/places/places.hpp"

namespace kassa::callbacks {
namespace {

using domain::ProjectId;
using domain::RequestId;

class StoreOutboxTest : public testing::Test {
 protected:
  StoreOutboxTest() {
    ops::log::set_level(ops::log::Level::error);
    // As the loop's hook is; started by the tests once it is set.
    engine_.on_deliveries = [this](const auto& ids) {
      if (deliverer_) deliverer_->wake(ids);
    };
    if (lease_.is_shared()) engine_.gateway = [this] { return lease_.id(); };
    lease_.start();
  }
  ~StoreOutboxTest() override {
    lease_.stop();
    if (deliverer_) deliverer_->stop();
    engine_.stop();
    ops::log::set_level(ops::log::Level::info);
  }

  void make_project(const std::string& decline_url) {
    domain::ChangeConfig change;
    const auto set = [&](const char* kind, const std::string& id, const char* name,
                         const std::string& value) {
      change.settings.emplace_back(domain::SettingId{kind, id, name}, value);
    };
    const std::string merchant = ops::random_uuid_v4().text();
    const std::string trader = domain::simulated_trader(project_).text();
    const std::string key = ring().seal("projects", project_.value.bytes, test::keys().hmac_text);
    set("merchant", merchant, "name", "A shop");
    set("currency", "KZT", "country", "KZ");
    set("currency", "KZT", "unknown_holder", "--");
    set("currency", "KZT", "payin_methods", "card-p2p");
    set("project", project_.text(), "merchant", merchant);
    set("project", project_.text(), "mode", "test");
    set("project", project_.text(), "currencies", "KZT");
    set("project", project_.text(), "url.decline", decline_url);
    set("project", project_.text(), "callback.hmac", encoding::to_base64(key));
    set("project", project_.text(), "callback.algorithm", "HMAC-SHA512");
    set("trader", trader, "mode", "test");
    set("trader", trader, "credit.KZT", "unlimited");
    const auto said = engine_.run(std::move(change), engine::Source::desk);
    ASSERT_TRUE(said.has_value()) << said.error().message;
  }

  /// One that anti-fraud declines at once (amount 901 of test mode), so that it is told.
  RequestId create_declined() {
    domain::CreatePayin create;
    create.project_id = project_;
    create.request_id = ops::new_request_id(clock_.now());
    create.payment_id = create.request_id.text();
    create.amount = 901;
    create.currency = *domain::Currency::parse("KZT");
    create.method = "card-p2p";
    create.details = ring().seal(domain::kPaymentDetailsTable, create.request_id.value.bytes,
                                 domain::encode(domain::PaymentDetails{}));
    const RequestId id = create.request_id;
    const auto said = engine_.run(std::move(create), engine::Source::api);
    EXPECT_TRUE(said.has_value()) << said.error().message;
    return id;
  }

  void start_deliverer() {
    deliverer_.emplace(outbox_, ring(), pictures_, clock_, metrics_, DelivererOptions{});
    deliverer_->start();
  }

  static const ops::KeyRing& ring() { return test::keys().ring; }

  std::unique_ptr<store::StorePlace> place_ = store::make_any_place();
  ops::SystemClock clock_;
  ops::Metrics metrics_;
  std::unique_ptr<store::Store> store_ = place_->open();
  engine::SimulatedTraders minter_{ring()};
  engine::Engine engine_{*store_, clock_, metrics_, minter_, {}};
  engine::Lease lease_{store_->open_membership(), metrics_, {.label = "test"}};
  StoreOutbox outbox_{*store_, engine_, lease_, clock_};
  Pictures pictures_{ring(), {"https://api.example.com", "https://pay.example.com"}};
  ProjectId project_{ops::random_uuid_v4()};
  std::optional<Deliverer> deliverer_;
};

TEST_F(StoreOutboxTest, ADeclineIsToldAndItsAttemptStored) {
  test::Sink sink([](const auto&) { return test::http_answer(200, "thanks"); });
  engine_.start();
  make_project(sink.url());
  start_deliverer();
  const RequestId id = create_declined();
  ASSERT_TRUE(sink.wait_for(1));
  deliverer_->stop();  // waits for the report

  const auto reader = store_->open_reader();
  const auto attempts = reader->attempts(id);
  ASSERT_EQ(attempts.size(), 1U);
  EXPECT_EQ(attempts[0].result, domain::AttemptResult::delivered);
  EXPECT_EQ(attempts[0].excerpt, "thanks");
  EXPECT_EQ(reader->delivery(id)->state, domain::DeliveryState::idle);
  const auto request = sink.requests().at(0);
  EXPECT_NE(request.body.find(R"("status":"decline")"), std::string::npos) << request.body;
  EXPECT_EQ(request.headers.at("x-access-merchant-algorithm"), "HMAC-SHA512");
}

TEST_F(StoreOutboxTest, WhatWaitsInTheStoreIsFoundAtStart) {
  test::Sink sink([](const auto&) { return test::http_answer(200); });
  engine_.start();
  make_project(sink.url());
  std::vector<RequestId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(create_declined());
  EXPECT_EQ(outbox_.open_reader()->due({}, outbox_.now(), 10).size(), 5U);
  start_deliverer();
  ASSERT_TRUE(sink.wait_for(5));
  deliverer_->stop();
  EXPECT_FALSE(store_->open_reader()->next_delivery({}).has_value());
  EXPECT_EQ(sink.requests().size(), 5U);
}

}  // namespace
}  // namespace kassa::callbacks

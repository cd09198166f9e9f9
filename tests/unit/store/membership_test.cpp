// The gateways that share a store. Leases here are of no length: they have ended for whoever asks
// next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/postgres/connection.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::GatewayId;
using domain::WorkingSet;
using kassa::test::id_of;
using testing::ElementsAre;
using testing::Optional;
using namespace std::chrono_literals;

class MembershipTest : public testing::Test {
 protected:
  const GatewayId one_ = id_of<GatewayId>(1);
  const GatewayId two_ = id_of<GatewayId>(2);
  PostgresPlace place_;
  OpenStore open_{place_};
  // Each gateway has a store of its own open.
  std::unique_ptr<Store> elsewhere_ = place_.open();
  std::unique_ptr<Membership> ours_ = open_.store->open_membership();
  std::unique_ptr<Membership> theirs_ = elsewhere_->open_membership();
};

TEST(Membership, IsNobodysOfAStoreWithAnOwner) {
  const SqlitePlace place;
  EXPECT_EQ(place.open()->open_membership(), nullptr);
}

TEST_F(MembershipTest, AllThatAreAliveAreTold) {
  theirs_->join(two_, "pay-2:1", 1h);
  ours_->join(one_, "pay-1:1", 1h);
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_, two_))) << "in order";
  EXPECT_THAT(theirs_->renew(two_, 1h), Optional(ElementsAre(one_, two_)));
}

TEST_F(MembershipTest, WhoseLeaseHasEndedIsTakenAwayByWhoeverRenewsAndNeverComesBack) {
  ours_->join(one_, "pay-1:1", 1h);
  theirs_->join(two_, "pay-2:1", 0ms);
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_)));
  EXPECT_EQ(theirs_->renew(two_, 1h), std::nullopt);
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_)));
}

TEST_F(MembershipTest, WhatNobodyTookAwayIsRenewed) {
  ours_->join(one_, "pay-1:1", 0ms);
  EXPECT_THAT(ours_->renew(one_, 0ms), Optional(ElementsAre(one_)));
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_)));
}

TEST_F(MembershipTest, WhoLeavesIsGone) {
  ours_->join(one_, "pay-1:1", 1h);
  theirs_->join(two_, "pay-2:1", 1h);
  theirs_->leave(two_);
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_)));
  EXPECT_EQ(theirs_->renew(two_, 1h), std::nullopt);
}

TEST_F(MembershipTest, ALeaseThatIsBeingRenewedIsNotWaitedFor) {
  theirs_->join(two_, "pay-2:1", 0ms);
  ours_->join(one_, "pay-1:1", 1h);
  postgres::Connection busy(place_.url(), "", std::make_shared<postgres::Outage>());
  busy.open();
  busy.execute("renew it slowly",
               "BEGIN; UPDATE gateways SET lease_until = lease_until WHERE label = 'pay-2:1'");
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_, two_)));
  busy.execute("end", "ROLLBACK");
  EXPECT_THAT(ours_->renew(one_, 1h), Optional(ElementsAre(one_)));
}

TEST_F(MembershipTest, ABatchIsToldWhoIsAlive) {
  ours_->join(one_, "pay-1:1", 1h);
  theirs_->join(two_, "pay-2:1", 0ms);
  domain::Keys keys;
  keys.gateways = {one_, two_, id_of<GatewayId>(3)};
  open_.batch(keys, [&](WorkingSet& ws) {
    EXPECT_TRUE(ws.gateways_alive.at(one_));
    EXPECT_TRUE(ws.gateways_alive.at(two_)) << "until somebody takes it away, it may come back";
    EXPECT_FALSE(ws.gateways_alive.at(id_of<GatewayId>(3)));
  });
  (void)ours_->renew(one_, 1h);
  open_.batch(keys, [&](WorkingSet& ws) { EXPECT_FALSE(ws.gateways_alive.at(two_)); });
}

TEST_F(MembershipTest, ItSaysToPeopleWhoIsThere) {
  ours_->join(one_, "pay-1:4711", 1h);
  EXPECT_EQ(place_.tamper("UPDATE gateways SET label = '' WHERE label = 'pay-1:4711'"), 1);
}

}  // namespace
}  // namespace kassa::store

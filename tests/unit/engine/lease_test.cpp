// Who a gateway is among those that share a store, and for how long it relies on that. Several of
// them share one server in memory, all on one clock that the test moves.
#include "engine/lease.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "ops/log.hpp"
#include "unit/ids.hpp"

namespace kassa::engine {
namespace {

using domain::GatewayId;
using domain::RequestId;
using kassa::test::id_of;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

/// As the store keeps it.
struct Server {
  nanoseconds now = 100s;
  std::map<GatewayId, nanoseconds> until;
  milliseconds slowness{0};  // of its answers
  bool away = false;
};

class ServersMembership final : public store::Membership {
 public:
  explicit ServersMembership(Server& server) : server_(server) {}

  void join(GatewayId id, const std::string&, milliseconds lease) override {
    ask();
    server_.until[id] = server_.now + lease;
  }
  std::optional<std::vector<GatewayId>> renew(GatewayId id, milliseconds lease) override {
    ask();
    if (!server_.until.contains(id)) return std::nullopt;
    server_.until[id] = server_.now + lease;
    std::erase_if(server_.until, [this](const auto& row) { return row.second < server_.now; });
    std::vector<GatewayId> alive;
    for (const auto& [each, until] : server_.until) alive.push_back(each);
    server_.now += server_.slowness;  // on its way back
    return alive;
  }
  void leave(GatewayId id) override { server_.until.erase(id); }

 private:
  void ask() const {
    if (server_.away) throw store::StoreError(store::StoreError::Kind::away, "it is away");
  }

  Server& server_;
};

/// A gateway's.
struct Member {
  explicit Member(Server& server)
      : lease(std::make_unique<ServersMembership>(server), metrics, {.label = "pay-1:4711"},
              [&server] { return server.now; }) {
    lease.on_change = [this] { ++changes; };
  }
  ops::Metrics metrics;
  int changes = 0;
  Lease lease;
};

class LeaseTest : public testing::Test {
 protected:
  LeaseTest() { ops::log::set_level(ops::log::Level::error); }
  ~LeaseTest() override { ops::log::set_level(ops::log::Level::info); }

  Server server_;
  Member one_{server_};
  Member two_{server_};
};

TEST_F(LeaseTest, NothingIsHeldBeforeItHasJoined) {
  EXPECT_TRUE(one_.lease.id().is_nil());
  EXPECT_FALSE(one_.lease.holds({}));
  EXPECT_EQ(one_.lease.whose(id_of<RequestId>(1), {}), Whose::others);
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_FALSE(one_.lease.id().is_nil());
  EXPECT_TRUE(one_.lease.holds(one_.lease.id()));
  EXPECT_EQ(one_.changes, 1);
  EXPECT_EQ(one_.metrics.gauge(ops::Metric::gateways_alive).value(), 1);
}

TEST_F(LeaseTest, ItIsHeldFourSecondsFromBeforeItsRenewalWasSent) {
  server_.slowness = 700ms;
  const nanoseconds sent = server_.now;
  EXPECT_TRUE(one_.lease.renew());
  const GatewayId id = one_.lease.id();
  server_.now = sent + 4s - 1ns;
  EXPECT_TRUE(one_.lease.holds(id));
  server_.now = sent + 4s;
  EXPECT_FALSE(one_.lease.holds(id));
  EXPECT_TRUE(one_.lease.id().is_nil());
  EXPECT_GT(server_.until.at(id), server_.now + 999ms) << "others wait for a second longer";
}

TEST_F(LeaseTest, WhatIsRenewedGoesOn) {
  EXPECT_TRUE(one_.lease.renew());
  const GatewayId id = one_.lease.id();
  for (int i = 0; i < 100; ++i) {
    server_.now += 1s;
    EXPECT_TRUE(one_.lease.renew());
    EXPECT_TRUE(one_.lease.holds(id));
  }
  EXPECT_EQ(one_.changes, 1);
}

TEST_F(LeaseTest, OneThatEndedNeverComesBack) {
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_TRUE(two_.lease.renew());
  const GatewayId before = one_.lease.id();
  server_.now += 6s;  // one stands still
  EXPECT_TRUE(two_.lease.renew());
  EXPECT_FALSE(server_.until.contains(before));
  EXPECT_EQ(two_.changes, 2) << "alone now, and its own is held again";
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_NE(one_.lease.id(), before);
  EXPECT_FALSE(one_.lease.holds(before));
  EXPECT_EQ(one_.metrics.counter(ops::Metric::leases_lost).value(), 1U);
  EXPECT_EQ(one_.changes, 2);
  EXPECT_EQ(one_.metrics.gauge(ops::Metric::gateways_alive).value(), 2);
}

TEST_F(LeaseTest, WhatNobodyTookAwayIsHeldAgain) {
  EXPECT_TRUE(one_.lease.renew());
  const GatewayId id = one_.lease.id();
  server_.now += 60s;
  EXPECT_FALSE(one_.lease.holds(id));
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_TRUE(one_.lease.holds(id));
  EXPECT_EQ(one_.changes, 2) << "what it had to leave is looked at again";
}

TEST_F(LeaseTest, WhileTheStoreIsAwayItIsHeldToItsEnd) {
  EXPECT_TRUE(one_.lease.renew());
  const GatewayId id = one_.lease.id();
  server_.away = true;
  server_.now += 3s;
  EXPECT_FALSE(one_.lease.renew());
  EXPECT_TRUE(one_.lease.holds(id));
  server_.now += 1s;
  ops::log::set_level(ops::log::Level::error);
  EXPECT_FALSE(one_.lease.renew());
  EXPECT_FALSE(one_.lease.holds(id));
  EXPECT_EQ(one_.metrics.gauge(ops::Metric::gateways_alive).value(), 0);
  server_.away = false;
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_EQ(one_.lease.id(), id) << "still there";
}

TEST_F(LeaseTest, WhatIsClaimedIsWhosOfThoseAliveClaimedIt) {
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_TRUE(two_.lease.renew());
  EXPECT_TRUE(one_.lease.renew());
  for (std::uint64_t n = 1; n <= 100; ++n) {
    const auto id = id_of<RequestId>(n * 7919);
    EXPECT_EQ(one_.lease.whose(id, one_.lease.id()), Whose::ours);
    EXPECT_EQ(one_.lease.whose(id, two_.lease.id()), Whose::others);
  }
}

TEST_F(LeaseTest, WhatNobodyAliveClaimedIsOnesTurn) {
  Member three{server_};
  const std::vector<Member*> all{&one_, &two_, &three};
  for (int round = 0; round < 2; ++round) {
    for (Member* each : all) EXPECT_TRUE(each->lease.renew());
  }
  std::map<Member*, int> turns;
  for (std::uint64_t n = 1; n <= 3000; ++n) {
    const auto id = id_of<RequestId>(n * 7919);
    const GatewayId claimed_by = n % 2 == 0 ? GatewayId{} : id_of<GatewayId>(99);  // long gone
    int takers = 0;
    for (Member* each : all) {
      const Whose whose = each->lease.whose(id, claimed_by);
      EXPECT_NE(whose, Whose::ours);
      if (whose != Whose::ours_to_claim) continue;
      ++takers;
      ++turns[each];
    }
    ASSERT_EQ(takers, 1);
  }
  for (Member* each : all) EXPECT_GT(turns[each], 800);
}

TEST_F(LeaseTest, WhoLeavesIsGoneAtOnce) {
  one_.lease.start();
  EXPECT_TRUE(two_.lease.renew());
  EXPECT_EQ(server_.until.size(), 2U);
  one_.lease.stop();
  EXPECT_EQ(server_.until.size(), 1U);
  EXPECT_TRUE(one_.lease.id().is_nil());
  EXPECT_TRUE(two_.lease.renew());
  EXPECT_EQ(two_.changes, 2);
}

TEST_F(LeaseTest, WhoCanNotDoWhatItClaimsHoldsNone) {
  bool read_only = false;
  one_.lease.fit = [&read_only] { return !read_only; };
  EXPECT_TRUE(one_.lease.renew());
  const GatewayId before = one_.lease.id();
  read_only = true;
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_FALSE(one_.lease.holds(before));
  EXPECT_TRUE(server_.until.empty()) << "others go on at once";
  read_only = false;
  EXPECT_TRUE(one_.lease.renew());
  EXPECT_NE(one_.lease.id(), before);
  EXPECT_EQ(one_.changes, 2);
}

TEST_F(LeaseTest, OfAStoreWithAnOwnerAllIsItsOwn) {
  ops::Metrics metrics;
  Lease lease(nullptr, metrics, {});
  lease.start();
  EXPECT_FALSE(lease.is_shared());
  EXPECT_TRUE(lease.id().is_nil());
  EXPECT_TRUE(lease.holds({}));
  EXPECT_EQ(lease.whose(id_of<RequestId>(1), {}), Whose::ours);
  EXPECT_EQ(metrics.gauge(ops::Metric::gateways_alive).value(), 1);
  lease.stop();
}

TEST_F(LeaseTest, ItsClockGoesOnAndNeverBack) {
  const auto before = Lease::boot_time();
  EXPECT_GE(before, std::chrono::steady_clock::now().time_since_epoch() - 1h);
  EXPECT_GE(Lease::boot_time(), before);
}

}  // namespace
}  // namespace kassa::engine

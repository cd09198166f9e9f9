// Which gateway tells what a batch queues, through the loop and the store.
#include <atomic>

#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

using domain::GatewayId;

/// An engine that runs for whichever gateway the test says.
class GatewaysEngine {
 public:
  GatewaysEngine() {
    world.close();
    world.open([this](Engine& engine) {
      engine.gateway = [this] { return gateway(number_); };
      engine.on_deliveries = [this](const auto& ids) {
        woken.insert(woken.end(), ids.begin(), ids.end());
      };
    });
  }
  static GatewayId gateway(std::uint64_t n) { return n == 0 ? GatewayId{} : id_of<GatewayId>(n); }
  void run_for(std::uint64_t n) { number_ = n; }

  [[nodiscard]] domain::Delivery delivery(RequestId id) {
    return world.reader->delivery(id).value();
  }
  /// Of the first that waits.
  void report(RequestId id, GatewayId claim, domain::AttemptResult result) {
    domain::DeliveryAttempt attempt;
    attempt.request_id = id;
    attempt.seq = delivery(id).queue.at(0).seq;
    attempt.result = result;
    EXPECT_TRUE(world.run(domain::ReportDelivery{attempt, claim}, Source::delivery).has_value());
  }

  RunningEngine world;
  std::vector<RequestId> woken;

 private:
  std::atomic<std::uint64_t> number_{1};
};

TEST(Claims, WhatABatchQueuesIsItsGatewaysToTell) {
  GatewaysEngine shared;
  const RequestId id = shared.world.create(shared.world.test, 100'000);
  EXPECT_EQ(shared.delivery(id).claimed_by, shared.gateway(1));
  EXPECT_EQ(shared.woken, std::vector{id});

  shared.run_for(2);
  EXPECT_TRUE(shared.world.run(domain::ConfirmPayin{id}).has_value());
  EXPECT_EQ(shared.delivery(id).queue.size(), 2U);
  EXPECT_EQ(shared.delivery(id).claimed_by, shared.gateway(1));
  EXPECT_EQ(shared.woken, std::vector{id}) << "it is another's to tell: nobody here is woken";
}

TEST(Claims, WithoutALeaseItIsNobodysYet) {
  GatewaysEngine shared;
  shared.run_for(0);
  const RequestId id = shared.world.create(shared.world.test, 100'000);
  EXPECT_TRUE(shared.delivery(id).claimed_by.is_nil());
  EXPECT_EQ(shared.woken, std::vector{id});
}

TEST(Claims, WhatTheGoneHadClaimedIsClaimedAndTheirReportsMoveNothing) {
  GatewaysEngine shared;
  const RequestId id = shared.world.create(shared.world.test, 100'000);
  EXPECT_TRUE(shared.world.run(domain::ConfirmPayin{id}).has_value());
  // Nobody has a lease in this store.
  shared.run_for(2);
  const domain::ClaimDelivery claim{id, shared.gateway(2)};
  EXPECT_TRUE(shared.world.run(claim, Source::delivery).has_value());
  EXPECT_EQ(shared.delivery(id).claimed_by, shared.gateway(2));
  EXPECT_EQ(shared.woken, (std::vector{id, id, id})) << "created, confirmed, claimed";

  shared.report(id, shared.gateway(1), domain::AttemptResult::delivered);
  EXPECT_EQ(shared.delivery(id).queue.size(), 2U);
  EXPECT_EQ(shared.world.reader->attempts(id).size(), 1U);
  shared.report(id, shared.gateway(2), domain::AttemptResult::delivered);
  EXPECT_EQ(shared.delivery(id).queue.size(), 1U);
}

}  // namespace
}  // namespace kassa::engine::test

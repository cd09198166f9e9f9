// Three gateways tell one payment's callbacks, in any order of their steps that may happen: they
// read the row and act on it later, lose their leases in between and go on under new ids, report
// late. Whatever they do, no two that are alive have the row in hand, no older callback goes out
// after a newer one, and in the end all are told.
//
// KASSA_SEED=n repeats one run; each failure prints the seed of its own.
#include <array>
#include <cstdlib>
#include <iostream>
#include <random>

#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

constexpr int kRuns = 300;
constexpr int kSteps = 400;
constexpr int kRoundsMax = 1'000;  // each tells one at least

class RandomClaims {
 public:
  explicit RandomClaims(std::uint64_t seed)
      : random_(seed), payin_(world_.payin_in(state::success)) {
    for (Gateway& gateway : gateways_) join(gateway);
  }

  void run() {
    for (int i = 0; i < kSteps && !testing::Test::HasFailure(); ++i) step();
    // Whoever is left brings it to an end.
    for (int round = 0; payin_.delivery()->state == DeliveryState::waiting; ++round) {
      ASSERT_LT(round, kRoundsMax) << "it comes to no end";
      world_.now = std::max(world_.now, payin_.delivery()->next_try_at);
      for (Gateway& gateway : gateways_) {
        look(gateway);
        act(gateway);
        send(gateway);
        end_try(gateway, AttemptResult::delivered);
      }
    }
    look_at_what_was_told();
  }

  std::map<std::string, int> met;

 private:
  struct Gateway {
    GatewayId id;
    std::optional<Delivery> seen;             // the row as it was read
    std::optional<std::int32_t> to_send;      // a letter, and under which claim
    std::optional<std::int32_t> on_the_wire;  // sent, unanswered
    GatewayId claim;
  };

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  Gateway& any() { return gateways_[below(gateways_.size())]; }

  void step() {
    Gateway& gateway = any();
    switch (below(10)) {
      case 0:
        lose(gateway);
        break;
      case 1:
        change(gateway);
        break;
      case 2:
        world_.now += std::chrono::seconds(below(20));
        break;
      case 3:
        end_try(gateway, below(4) == 0 ? AttemptResult::failed : AttemptResult::delivered);
        break;
      case 4:
      case 5:
        send(gateway);
        break;
      case 6:
      case 7:
        act(gateway);
        break;
      default:
        look(gateway);
    }
  }

  void join(Gateway& gateway) {
    gateway.id = id_of<GatewayId>(++ids_);
    world_.rows.gateways.insert(gateway.id);
  }

  /// Its lease ends; what it has in hand it has still.
  void lose(Gateway& gateway) {
    world_.rows.gateways.erase(gateway.id);
    ++met["lost"];
    join(gateway);
  }

  /// A batch of its queues one more callback: a correction, which is told like any success.
  void change(const Gateway& gateway) {
    world_.gateway = below(5) == 0 ? GatewayId{} : gateway.id;
    payin_.receive(100'000 - static_cast<std::int64_t>(++changes_)).ok();
  }

  void look(Gateway& gateway) {
    if (gateway.to_send || gateway.on_the_wire) return;  // one try at a time
    gateway.seen = *payin_.delivery();
  }

  /// On what it has seen a while ago, which is why the fences are there.
  void act(Gateway& gateway) {
    const auto seen = std::exchange(gateway.seen, std::nullopt);
    if (!seen || seen->state != DeliveryState::waiting || seen->next_try_at > world_.now) return;
    if (seen->claimed_by == gateway.id) {
      gateway.to_send = seen->queue.front().seq;
      gateway.claim = gateway.id;
    } else if (!world_.rows.gateways.contains(seen->claimed_by) || below(8) == 0) {
      const bool claimed = world_.say(ClaimDelivery{payin_.id(), gateway.id}).accepted();
      ++met[claimed ? "claimed" : "claim refused"];
    }
  }

  /// The fence on the wire: only while the lease is held under which it was claimed.
  void send(Gateway& gateway) {
    if (!gateway.to_send) return;
    const std::int32_t seq = *std::exchange(gateway.to_send, std::nullopt);
    gateway.on_the_wire = seq;
    if (!world_.rows.gateways.contains(gateway.claim)) {
      ++met["broken off"];
      return;
    }
    EXPECT_EQ(payin_.delivery()->claimed_by, gateway.claim) << "two have it in hand";
    EXPECT_GE(seq, newest_sent_) << "an older one after a newer one";
    newest_sent_ = seq;
    ++met["sent"];
  }

  void end_try(Gateway& gateway, AttemptResult result) {
    if (!gateway.on_the_wire) return;
    DeliveryAttempt attempt;
    attempt.request_id = payin_.id();
    attempt.seq = *std::exchange(gateway.on_the_wire, std::nullopt);
    const bool lost = !world_.rows.gateways.contains(gateway.claim);
    attempt.result = lost ? AttemptResult::failed : result;
    world_.say(ReportDelivery{attempt, gateway.claim}).ok();
  }

  void look_at_what_was_told() {
    std::set<std::int32_t> ended;
    for (const DeliveryAttempt& attempt : payin_.attempts()) {
      if (attempt.result != AttemptResult::failed) ended.insert(attempt.seq);
    }
    for (const PaymentEvent& event : payin_.events()) {
      if (!event.callback) continue;
      EXPECT_TRUE(ended.contains(event.seq)) << "never told: " << event.seq;
    }
  }

  World world_;
  std::mt19937_64 random_;
  Payin payin_;
  std::array<Gateway, 3> gateways_;
  std::uint64_t ids_ = 0;
  std::uint64_t changes_ = 0;
  std::int32_t newest_sent_ = 0;
};

TEST(RandomClaims, NoTwoTellAtATimeAndAllIsTold) {
  const char* asked = std::getenv("KASSA_SEED");
  const std::uint64_t first = asked ? std::strtoull(asked, nullptr, 10) : std::random_device{}();
  std::map<std::string, int> met;
  for (std::uint64_t seed = first; seed < first + (asked ? 1 : kRuns); ++seed) {
    SCOPED_TRACE("KASSA_SEED=" + std::to_string(seed));
    RandomClaims claims(seed);
    claims.run();
    if (HasFailure()) return;
    for (const auto& [what, times] : claims.met) met[what] += times;
  }
  std::cout << "seeds from " << first;
  for (const auto& [what, times] : met) std::cout << ", " << what << " " << times;
  std::cout << "\n";
  if (asked) return;
  for (const auto* often : {"lost", "claimed", "claim refused", "sent", "broken off"}) {
    EXPECT_GT(met[often], 100) << "the runs met too little: " << often;
  }
}

}  // namespace
}  // namespace kassa::domain::test

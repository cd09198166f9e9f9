// Routing with its store and its loop: whoever can't be given hides nobody, however many they are.
#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

constexpr std::int64_t kAmount = 500'000;
constexpr int kEach = 40;  // more than one search answers

/// A pool whose front is full of requisites that can't be given.
class BlockedPool {
 public:
  explicit BlockedPool(RunningEngine& world) : world_(world) {}

  template <class Change>
  void add(int count, Change change) {
    domain::ImportRequisites import;
    for (; count > 0; --count) {
      domain::Requisites fresh;
      fresh.id = last_ = id_of<domain::RequisitesId>(0xE000'0000 + ++number_);
      fresh.trader_id = world_.trader;
      fresh.currency = kzt;
      fresh.methods = "card-p2p";
      fresh.bank_symbol = "kaspi-kzt";
      change(fresh);
      import.requisites.push_back(fresh);
    }
    ASSERT_TRUE(world_.run(import, Source::desk).has_value());
  }
  /// Gives each of them a payin of that amount.
  void use(int count, std::int64_t amount) {
    for (; count > 0; --count) {
      ASSERT_EQ(world_.state(world_.create(world_.live, amount)), "processing:awaiting_confirm");
    }
  }
  domain::TraderId add_trader(const std::string& credit) {
    const auto id = id_of<domain::TraderId>(0xD000'0000 + ++number_);
    EXPECT_TRUE(world_.set({"trader", id.text(), "credit.KZT"}, credit).has_value());
    return id;
  }
  [[nodiscard]] domain::RequisitesId last() const { return last_; }

 private:
  RunningEngine& world_;
  domain::RequisitesId last_;
  std::uint64_t number_ = 0;
};

TEST(RoutingLoop, TheOneThatFitsIsGivenBehindAnyNumberThatDoNot) {
  RunningEngine world;
  BlockedPool pool(world);
  pool.add(kEach, [](domain::Requisites& r) { r.day_count_max = 1; });
  pool.use(kEach, 1'000);
  pool.add(kEach, [](domain::Requisites& r) { r.day_sum_max = kAmount; });
  pool.use(kEach, 2'000);
  pool.add(kEach, [](domain::Requisites&) {});
  pool.use(kEach, kAmount);
  pool.add(kEach, [](domain::Requisites& r) {
    r.last_used_at = kNoon;
    r.cool_down_s = 86'400;
  });
  const auto poor = pool.add_trader(std::to_string(kAmount - 1));
  pool.add(kEach, [&](domain::Requisites& r) { r.trader_id = poor; });
  const auto off = pool.add_trader("1000000000");
  pool.add(kEach, [&](domain::Requisites& r) { r.trader_id = off; });
  ASSERT_TRUE(world.set({"trader", off.text(), "state"}, "off").has_value());
  world.clock.advance(300s);  // behind all of them, used or not
  pool.add(1, [](domain::Requisites&) {});
  const RequestId payin = world.create(world.live, kAmount);
  EXPECT_EQ(world.payment(payin).requisites_id, pool.last());
  const RequestId late = world.create(world.live, kAmount);
  EXPECT_EQ(world.events(late).back().reason,
            "241 in pool: 40 trader off, 40 cooling down, 40 trader's credit used up, "
            "41 amount taken, 40 day count full, 40 day sum full");
  EXPECT_TRUE(world.ledger_problems().empty());
}

}  // namespace
}  // namespace kassa::engine::test

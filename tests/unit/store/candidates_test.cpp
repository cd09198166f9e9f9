// The store's part of routing: which requisites a query finds, in what order, and what it says when
// it finds none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "store/candidates.hpp"
#include "store/sqlite/connection.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::CandidateQuery;
using domain::Candidates;
using domain::Miss;
using domain::Requisites;
using domain::RequisitesId;
using domain::TraderId;
using domain::WorkingSet;
using testing::ElementsAre;
using testing::IsEmpty;

RequisitesId id(std::uint32_t n) {
  return id_of<RequisitesId>(n);
}

constexpr std::uint32_t kTrader = 1;
constexpr std::uint32_t kOff = 2;
constexpr std::uint32_t kTest = 3;
constexpr std::uint32_t kPoor = 4;  // owes 300 of 700

/// Traders of every kind.
const domain::Config& config() {
  static const domain::Config config = [] {
    domain::Config with;
    for (const std::uint32_t n : {kTrader, kOff, kTest, kPoor}) {
      domain::Trader trader;
      trader.id = id_of<TraderId>(n);
      trader.on = n != kOff;
      trader.test = n == kTest;
      trader.credit[kKzt] = n == kPoor ? 700 : 1'000'000;
      with.traders.emplace(trader.id, trader);
    }
    return with;
  }();
  return config;
}

Requisites requisites(std::uint32_t n) {
  Requisites row;
  row.id = id(n);
  row.trader_id = id_of<TraderId>(kTrader);
  row.currency = kKzt;
  row.methods = " card-p2p ";
  row.bank_symbol = "halyk";
  row.turn_at = at_ms(n);
  return row;
}

CandidateQuery query(std::uint32_t payment = 1) {
  CandidateQuery query;
  query.request_id = id_of<domain::RequestId>(payment);
  query.pool = "default";
  query.currency = kKzt;
  query.method = "card-p2p";
  query.amount = 500;
  query.now = at_ms(1'000);
  query.config = &config();
  return query;
}

/// Requisites that no payin of 500 can be given now, by one rule each.
struct Blocked {
  const char* name;
  Miss miss;
  void (*block)(Requisites& row, WorkingSet& ws);
};

void hold(WorkingSet& ws, RequisitesId where, std::int64_t amount, std::int64_t until_ms) {
  ws.slots.insert({{where, amount}, id_of<domain::RequestId>(9), at_ms(0), at_ms(until_ms)});
}

constexpr Blocked kBlocked[] = {
    {"off", Miss::off, [](Requisites& r, WorkingSet&) { r.on = false; }},
    {"method", Miss::method, [](Requisites& r, WorkingSet&) { r.methods = " phone "; }},
    {"bank", Miss::bank, [](Requisites& r, WorkingSet&) { r.bank_symbol = "kaspi"; }},
    {"amount_max", Miss::amount, [](Requisites& r, WorkingSet&) { r.amount_max = 499; }},
    {"amount_min", Miss::amount, [](Requisites& r, WorkingSet&) { r.amount_min = 501; }},
    {"trader off", Miss::trader_off,
     [](Requisites& r, WorkingSet&) { r.trader_id = id_of<TraderId>(kOff); }},
    {"trader of test mode", Miss::trader_off,
     [](Requisites& r, WorkingSet&) { r.trader_id = id_of<TraderId>(kTest); }},
    {"no trader", Miss::trader_off,
     [](Requisites& r, WorkingSet&) { r.trader_id = id_of<TraderId>(404); }},
    {"cool-down", Miss::cool_down,
     [](Requisites& r, WorkingSet&) {
       r.last_used_at = at_ms(1);
       r.cool_down_s = 1;
     }},
    {"credit", Miss::exposure,
     [](Requisites& r, WorkingSet&) { r.trader_id = id_of<TraderId>(kPoor); }},
    {"slot", Miss::slot, [](Requisites& r, WorkingSet& ws) { hold(ws, r.id, 500, 9'000); }},
    {"day count", Miss::day_count,
     [](Requisites& r, WorkingSet& ws) {
       r.day_count_max = 3;
       ws.days.insert({{r.id, 0}, 3, 30});
     }},
    {"day sum", Miss::day_sum,
     [](Requisites& r, WorkingSet& ws) {
       r.day_sum_max = 999;
       ws.days.insert({{r.id, 0}, 1, 500});
     }},
};

/// What the poor trader owes: half of it of unfinished payins.
void indebt(WorkingSet& ws) {
  const auto poor = id_of<TraderId>(kPoor);
  ws.accounts.insert({{domain::AccountKind::trader, poor.value, kKzt}, -150});
  ws.exposures.insert({{poor, kKzt}, 150});
}

class CandidatesContract : public StoreContract {
 protected:
  void add(const std::vector<Requisites>& rows) const {
    open().batch([&](WorkingSet& ws) {
      for (const auto& row : rows) ws.requisites.insert(row);
    });
  }
  void hold(std::uint32_t n, std::int64_t amount, std::int64_t until_ms) const {
    open().batch([&](WorkingSet& ws) { store::hold(ws, id(n), amount, until_ms); });
  }
  [[nodiscard]] Candidates ask(const CandidateQuery& query) const {
    domain::Keys keys;
    keys.candidates = {query};
    Candidates found;
    open().batch(keys, [&](WorkingSet& ws) {
      found = ws.candidates.at(query.request_id);
      for (const auto& candidate : found.ids) {
        EXPECT_TRUE(ws.requisites.knows(candidate)) << "its row comes with it";
      }
    });
    return found;
  }
};
KASSA_INSTANTIATE_STORES(CandidatesContract);

TEST_P(CandidatesContract, InTheOrderOfTheirTurn) {
  auto first = requisites(3);
  first.turn_at = at_ms(0);
  auto tie = requisites(4);
  tie.turn_at = at_ms(1);
  add({requisites(1), requisites(2), first, tie});
  EXPECT_THAT(ask(query()).ids, ElementsAre(id(3), id(1), id(4), id(2)));
}

TEST_P(CandidatesContract, OnlyThoseThatFit) {
  auto off = requisites(1);
  off.on = false;
  auto other_pool = requisites(2);
  other_pool.pool = "vip";
  auto other_currency = requisites(3);
  other_currency.currency = kTjs;
  auto longer_method = requisites(4);
  longer_method.methods = " card-p2p-sbp phone ";
  auto small = requisites(5);
  small.amount_max = 499;
  auto large = requisites(6);
  large.amount_min = 501;
  auto exact = requisites(7);
  exact.amount_min = exact.amount_max = 500;
  auto two_methods = requisites(8);
  two_methods.methods = " phone card-p2p ";
  add({off, other_pool, other_currency, longer_method, small, large, exact, two_methods});
  EXPECT_THAT(ask(query()).ids, ElementsAre(id(7), id(8)));
}

TEST_P(CandidatesContract, ABankIsAskedForOnlyWhenItIsNamed) {
  auto kaspi = requisites(2);
  kaspi.bank_symbol = "kaspi";
  add({requisites(1), kaspi});
  auto named = query();
  named.bank_symbol = "kaspi";
  EXPECT_THAT(ask(named).ids, ElementsAre(id(2)));
  EXPECT_THAT(ask(query()).ids, ElementsAre(id(1), id(2)));
}

TEST_P(CandidatesContract, ASlotIsTakenUntilItsLastMoment) {
  add({requisites(1), requisites(2), requisites(3)});
  hold(1, 500, 1'001);
  hold(2, 500, 1'000);  // free from this moment on
  hold(3, 499, 9'000);  // another amount
  EXPECT_THAT(ask(query()).ids, ElementsAre(id(2), id(3)));
}

TEST_P(CandidatesContract, AMissSaysWhichRuleMissedEach) {
  domain::MissCounts expected;
  open().batch([&](WorkingSet& ws) {
    std::uint32_t n = 0;
    for (const Blocked& blocked : kBlocked) {
      auto row = requisites(++n);
      blocked.block(row, ws);
      ws.requisites.insert(row);
      ++expected.looked_at;
      ++expected.of(blocked.miss);
    }
    auto other_pool = requisites(++n);
    other_pool.pool = "vip";
    ws.requisites.insert(other_pool);
    auto twice = requisites(++n);  // counts under the first rule only
    twice.on = false;
    twice.methods = " phone ";
    ws.requisites.insert(twice);
    ++expected.looked_at;
    ++expected.of(Miss::off);
    indebt(ws);
  });
  auto asked = query();
  asked.bank_symbol = "halyk";
  const Candidates found = ask(asked);
  EXPECT_THAT(found.ids, IsEmpty());
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.missed.looked_at, expected.looked_at);
  EXPECT_EQ(found.missed.by_rule, expected.by_rule);
}

// Many of every kind stand in front of the one that fits, in any order.
TEST_P(CandidatesContract, WhoCanNotBeGivenHidesNobody) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::vector<const Blocked*> front;
  for (const Blocked& blocked : kBlocked) front.insert(front.end(), 33 + random() % 20, &blocked);
  std::ranges::shuffle(front, random);
  const auto last = static_cast<std::uint32_t>(front.size()) + 1;
  open().batch([&](WorkingSet& ws) {
    for (std::uint32_t n = 1; n < last; ++n) {
      auto row = requisites(n);
      front[n - 1]->block(row, ws);
      ws.requisites.insert(row);
    }
    ws.requisites.insert(requisites(last));
    indebt(ws);
  });
  auto asked = query();
  asked.bank_symbol = "halyk";
  EXPECT_THAT(ask(asked).ids, ElementsAre(id(last)));
}

TEST_P(CandidatesContract, WhatItLookedUpComesAlong) {
  auto row = requisites(1);
  row.day_count_max = 2;
  add({row});
  open().batch([&](WorkingSet& ws) { ws.days.insert({{id(1), 0}, 1, 70}); });
  domain::Keys keys;
  keys.candidates = {query()};
  open().batch(keys, [&](WorkingSet& ws) {
    EXPECT_EQ(ws.slots.find({id(1), 500}), nullptr);
    EXPECT_EQ(ws.days.get({id(1), 0}).sum, 70);
    EXPECT_EQ(ws.exposures.find({id_of<TraderId>(kTrader), kKzt}), nullptr);
  });
}

TEST_P(CandidatesContract, AnEmptyPoolMissesWithNothingCounted) {
  const Candidates found = ask(query());
  EXPECT_THAT(found.ids, IsEmpty());
  EXPECT_EQ(found.missed.looked_at, 0);
}

TEST_P(CandidatesContract, OneQueryIsAnsweredWithAtMost32) {
  std::vector<Requisites> rows;
  for (std::uint32_t n = 1; n <= 40; ++n) rows.push_back(requisites(n));
  add(rows);
  EXPECT_EQ(ask(query()).ids.size(), 32U);
}

TEST_P(CandidatesContract, EqualQueriesShareAnAnswerWithRoomForAll) {
  std::vector<Requisites> rows;
  for (std::uint32_t n = 1; n <= 40; ++n) rows.push_back(requisites(n));
  add(rows);
  domain::Keys keys;
  for (std::uint32_t n = 1; n <= 4; ++n) keys.candidates.push_back(query(n));
  keys.candidates[2].amount = 700;
  keys.candidates[3].now = at_ms(1'005);  // the moment alone makes no other question
  open().batch(keys, [&](WorkingSet& ws) {
    EXPECT_EQ(ws.candidates.at(id_of<domain::RequestId>(1)).ids.size(), 34U);
    EXPECT_EQ(ws.candidates.at(id_of<domain::RequestId>(2)).ids.size(), 34U);
    EXPECT_EQ(ws.candidates.at(id_of<domain::RequestId>(3)).ids.size(), 32U);
    EXPECT_EQ(ws.candidates.at(id_of<domain::RequestId>(4)).ids.size(), 34U);
  });
}

TEST_P(CandidatesContract, AnAnswerOfTheBatchIsKept) {
  add({requisites(1)});
  domain::Keys keys;
  keys.candidates = {query()};
  open().batch(keys, [&](WorkingSet& ws) {
    ws.candidates.at(query().request_id).ids.clear();
    writer().load(keys, ws);
    EXPECT_THAT(ws.candidates.at(query().request_id).ids, IsEmpty());
  });
}

TEST_P(CandidatesContract, ASimulatedOneLooksAtTheFirstEightOnly) {
  std::vector<Requisites> rows;
  for (std::uint32_t n = 1; n <= 12; ++n) {
    rows.push_back(requisites(n));
    rows.back().trader_id = id_of<TraderId>(kTest);
  }
  add(rows);
  for (std::uint32_t n = 1; n <= 6; ++n) hold(n, 500, 9'000);
  auto asked = query();
  asked.simulated = true;
  EXPECT_THAT(ask(asked).ids, ElementsAre(id(7), id(8)));
}

// ---- long lines ------------------------------------------------------------------------------

/// Searches of SQLite with an effort of 100, over a line of the test's own.
class LongLine : public testing::Test {
 protected:
  /// `count` more at the line's end, blocked so; null: they fit.
  void add(std::uint32_t count, const Blocked* blocked) {
    open_.batch([&](WorkingSet& ws) {
      for (; count > 0; --count) {
        auto row = requisites(++length_);
        if (blocked != nullptr) blocked->block(row, ws);
        ws.requisites.insert(row);
      }
    });
  }
  Candidates ask(std::int64_t amount, std::int64_t now_ms) {
    CandidateQuery asked = query();
    asked.bank_symbol = "halyk";
    asked.amount = amount;
    asked.now = at_ms(now_ms);
    WorkingSet ws;
    search_.load({asked}, ws);
    return ws.candidates.at(asked.request_id);
  }
  static const Blocked* by(Miss miss) { return std::ranges::find(kBlocked, miss, &Blocked::miss); }
  [[nodiscard]] const OpenStore& open() const { return open_; }

 private:
  SqlitePlace place_;
  OpenStore open_{place_};
  sqlite::Database db_ = sqlite::open_connection(place_.file(), sqlite::Database::Mode::read_only);
  DirectLine line_{db_};
  CandidateSearch search_{line_, {.effort = 100, .effort_of_batch = 100, .effort_min = 100}};
  std::uint32_t length_ = 0;
};

TEST_F(LongLine, IsWalkedToItsEndInSearchesOfBoundedEffort) {
  add(1'000, by(Miss::slot));  // a row and a look-up: an effort of 3, and 4 for their trader once
  add(7, by(Miss::off));
  std::int64_t looked_at = 0;
  int searches = 0;
  for (Candidates found; searches == 0 || !found.complete; ++searches) {
    found = ask(500, 1'000);
    EXPECT_THAT(found.ids, IsEmpty());
    EXPECT_LE(found.missed.looked_at - looked_at, 32 + 7);
    looked_at = found.missed.looked_at;
  }
  EXPECT_EQ(searches, 32);
  const Candidates anew = ask(500, 1'000);
  EXPECT_FALSE(anew.complete) << "the next search begins at the front again";
  EXPECT_LT(anew.missed.looked_at, 50);
}

TEST_F(LongLine, AMissOfTheWholeLineCountsEachOnce) {
  add(120, by(Miss::slot));
  add(30, by(Miss::day_count));
  add(7, by(Miss::off));
  Candidates found = ask(500, 1'000);
  while (!found.complete) found = ask(500, 1'000);
  EXPECT_EQ(found.missed.looked_at, 157);
  EXPECT_EQ(found.missed.of(Miss::slot), 120);
  EXPECT_EQ(found.missed.of(Miss::day_count), 30);
  EXPECT_EQ(found.missed.of(Miss::off), 7);
}

// Whatever stands in front, and however much of it: the one that fits is found.
TEST_F(LongLine, HidesNobodyForEver) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  std::uint32_t length = 1;
  for (int i = 0; i < 8; ++i) {
    const auto count = static_cast<std::uint32_t>(1 + random() % 150);
    add(count, &kBlocked[random() % std::size(kBlocked)]);
    length += count;
  }
  add(1, nullptr);
  open().batch([](WorkingSet& ws) { indebt(ws); });
  Candidates found = ask(500, 1'000);
  for (int more = 200; more > 0 && found.ids.empty(); --more) found = ask(500, 1'000);
  EXPECT_THAT(found.ids, ElementsAre(id(length)));
}

TEST_F(LongLine, AClosedFrontIsSkippedByOtherAmountsForASecond) {
  add(150, by(Miss::trader_off));
  add(1, nullptr);
  EXPECT_FALSE(ask(500, 1'000).complete);
  EXPECT_THAT(ask(501, 1'000).ids, ElementsAre(id(151))) << "it begins where the first one stopped";
  EXPECT_THAT(ask(502, 1'999).ids, ElementsAre(id(151)));
  EXPECT_FALSE(ask(503, 2'000).complete) << "by now the front may have opened";
}

TEST_F(LongLine, AFrontIsClosedOnlyToThoseWhomItsRulesConcern) {
  add(40, by(Miss::exposure));
  add(1, nullptr);
  open().batch([](WorkingSet& ws) { indebt(ws); });
  EXPECT_THAT(ask(500, 1'000).ids, ElementsAre(id(41)));
  EXPECT_EQ(ask(400, 1'000).ids.front(), id(1)) << "the poor trader has credit for less";
  EXPECT_THAT(ask(401, 1'000).ids, ElementsAre(id(41)));
  EXPECT_EQ(ask(400, 1'000).ids.front(), id(1));
}

TEST_F(LongLine, ATakenAmountClosesTheLineToNobodyElse) {
  add(20, by(Miss::slot));
  add(1, nullptr);
  EXPECT_THAT(ask(500, 1'000).ids, ElementsAre(id(21)));
  EXPECT_EQ(ask(501, 1'000).ids.front(), id(1));
}

}  // namespace
}  // namespace kassa::store

// The store's part of routing: which requisites a query finds, in what order, and what it says when
// it finds none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::CandidateQuery;
using domain::Candidates;
using domain::Requisites;
using domain::RequisitesId;
using domain::WorkingSet;
using testing::ElementsAre;
using testing::IsEmpty;

RequisitesId id(std::uint32_t n) {
  return id_of<RequisitesId>(n);
}

Requisites requisites(std::uint32_t n) {
  Requisites row;
  row.id = id(n);
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
  return query;
}

class CandidatesContract : public StoreContract {
 protected:
  void add(const std::vector<Requisites>& rows) const {
    open().batch([&](WorkingSet& ws) {
      for (const auto& row : rows) ws.requisites.insert(row);
    });
  }
  void hold(std::uint32_t n, std::int64_t amount, std::int64_t until_ms) const {
    open().batch([&](WorkingSet& ws) {
      ws.slots.insert({{id(n), amount}, id_of<domain::RequestId>(9), at_ms(0), at_ms(until_ms)});
    });
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
  auto off = requisites(1);
  off.on = false;
  off.methods = " phone ";  // counts under the first rule only
  auto method = requisites(2);
  method.methods = " phone ";
  auto bank = requisites(3);
  bank.bank_symbol = "kaspi";
  auto amount = requisites(4);
  amount.amount_max = 10;
  auto other_pool = requisites(6);
  other_pool.pool = "vip";
  add({off, method, bank, amount, requisites(5), other_pool});
  hold(5, 500, 9'000);
  auto asked = query();
  asked.bank_symbol = "halyk";
  const Candidates found = ask(asked);
  EXPECT_THAT(found.ids, IsEmpty());
  EXPECT_EQ(found.missed.in_pool, 5);
  EXPECT_EQ(found.missed.off, 1);
  EXPECT_EQ(found.missed.method, 1);
  EXPECT_EQ(found.missed.bank, 1);
  EXPECT_EQ(found.missed.amount, 1);
  EXPECT_EQ(found.missed.slot, 1);
}

TEST_P(CandidatesContract, AnEmptyPoolMissesWithNothingCounted) {
  const Candidates found = ask(query());
  EXPECT_THAT(found.ids, IsEmpty());
  EXPECT_EQ(found.missed.in_pool, 0);
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
  for (std::uint32_t n = 1; n <= 12; ++n) rows.push_back(requisites(n));
  add(rows);
  for (std::uint32_t n = 1; n <= 6; ++n) hold(n, 500, 9'000);
  auto asked = query();
  asked.simulated = true;
  EXPECT_THAT(ask(asked).ids, ElementsAre(id(7), id(8)));
}

}  // namespace
}  // namespace kassa::store

// What readers answer: lists with their cursors, callbacks, balances, banks, counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::RequestId;
using domain::WorkingSet;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class ReaderContract : public StoreContract {
 protected:
  void create(std::uint32_t from, std::uint32_t to) const {
    open().batch([&](WorkingSet& ws) {
      for (std::uint32_t n = from; n <= to; ++n) create_payin(ws, payin_names(n));
    });
  }
  void assign(std::uint32_t n) const {
    open().batch(keys_of(payin_names(n)),
                 [&](WorkingSet& ws) { assign_payin(ws, payin_names(n)); });
  }
  void settle(std::uint32_t n) const {
    open().batch(keys_of(payin_names(n)),
                 [&](WorkingSet& ws) { settle_payin(ws, payin_names(n)); });
  }
  [[nodiscard]] Paged<domain::Payment> list(const PaymentFilter& filter, std::string cursor = {},
                                            std::size_t limit = 100) const {
    return reader().payments(filter, {std::move(cursor), limit});
  }
  static std::vector<RequestId> ids(const Paged<domain::Payment>& page) {
    std::vector<RequestId> ids;
    for (const auto& payment : page.rows) ids.push_back(payment.request_id);
    return ids;
  }
};
KASSA_INSTANTIATE_STORES(ReaderContract);

RequestId id(std::uint32_t n) {
  return id_of<RequestId>(n);
}

TEST_P(ReaderContract, PaymentsAreListedNewestFirstAndPagesStayStable) {
  create(1, 5);
  const auto first = list({}, "", 2);
  EXPECT_THAT(ids(first), ElementsAre(id(5), id(4)));
  create(6, 7);  // what comes in front moves no page behind
  const auto second = list({}, first.next_cursor, 2);
  EXPECT_THAT(ids(second), ElementsAre(id(3), id(2)));
  const auto third = list({}, second.next_cursor, 2);
  EXPECT_THAT(ids(third), ElementsAre(id(1)));
  EXPECT_EQ(third.next_cursor, "");
}

TEST_P(ReaderContract, APageThatIsFullToTheLastRowHasNoNext) {
  create(1, 2);
  EXPECT_EQ(list({}, "", 2).next_cursor, "");
}

TEST_P(ReaderContract, HowFarPaymentsAreIsAskedOfManyAtOnce) {
  create(1, 3);
  assign(2);
  const auto seq = [this](std::uint32_t n) { return reader().payment(id(n))->payment.last_event; };
  EXPECT_THAT(reader().last_events({id(3), id(9), id(2)}),
              testing::UnorderedElementsAre(LastEvent{id(3), seq(3)}, LastEvent{id(2), seq(2)}));
  EXPECT_THAT(reader().last_events({}), IsEmpty());
}

TEST_P(ReaderContract, PaymentsAreFiltered) {
  create(1, 3);
  assign(2);
  settle(2);
  open().batch([&](WorkingSet& ws) {
    PayinNames other = payin_names(4);
    other.project_id = id_of<domain::ProjectId>(2);
    create_payin(ws, other);
  });
  PaymentFilter filter;
  filter.project_id = id_of<domain::ProjectId>(1);
  EXPECT_THAT(ids(list(filter)), ElementsAre(id(3), id(2), id(1)));
  filter.status = domain::Status::success;
  EXPECT_THAT(ids(list(filter)), ElementsAre(id(2)));
  PaymentFilter by_name;
  by_name.payment_id = "order-" + id(4).text();
  EXPECT_THAT(ids(list(by_name)), ElementsAre(id(4)));
  by_name.project_id = id_of<domain::ProjectId>(1);
  EXPECT_THAT(ids(list(by_name)), IsEmpty());
}

TEST_P(ReaderContract, EachStatusHasItsList) {
  create(1, 9);
  const auto become = [this](std::uint32_t n, domain::State state) {
    open().batch(keys_of(payin_names(n)),
                 [&](WorkingSet& ws) { ws.payments.edit(id(n)).state = state; });
  };
  become(1, domain::state::error);
  become(2, domain::state::no_payment);
  become(3, domain::state::different_amount);
  become(4, domain::state::decline);
  become(5, domain::state::success);
  become(6, domain::state::confirm_timeout);
  become(7, domain::state::success);
  const auto of = [this](domain::Status status, std::string cursor, std::size_t limit) {
    PaymentFilter filter;
    filter.status = status;
    return list(filter, std::move(cursor), limit);
  };
  using domain::Status;
  EXPECT_THAT(ids(of(Status::error, "", 9)), ElementsAre(id(1)));
  EXPECT_THAT(ids(of(Status::decline, "", 9)), ElementsAre(id(4)));
  EXPECT_THAT(ids(of(Status::success, "", 9)), ElementsAre(id(7), id(5)));
  EXPECT_THAT(ids(of(Status::processing, "", 9)), ElementsAre(id(9), id(8)));
  const auto first = of(Status::dispute, "", 2);
  EXPECT_THAT(ids(first), ElementsAre(id(6), id(3)));
  EXPECT_THAT(ids(of(Status::dispute, first.next_cursor, 2)), ElementsAre(id(2)));
  become(3, domain::state::success);
  EXPECT_THAT(ids(of(Status::dispute, "", 9)), ElementsAre(id(6), id(2)));
}

TEST_P(ReaderContract, AListThatFindsLittleEndsItsPageAndGoesOnFromThere) {
  create(1, 20'005);
  PaymentFilter filter;
  filter.status = domain::Status::success;
  assign(1);
  settle(1);
  const auto first = list(filter);
  EXPECT_THAT(ids(first), IsEmpty());
  EXPECT_EQ(first.next_cursor, id(6).text()) << "what it has looked at";
  const auto second = list(filter, first.next_cursor);
  EXPECT_THAT(ids(second), ElementsAre(id(1)));
  EXPECT_EQ(second.next_cursor, "");
}

TEST_P(ReaderContract, ACursorOfSomebodyElseIsRefused) {
  EXPECT_THROW((void)list({}, "17"), BadCursor);
  EXPECT_THROW((void)reader().callbacks(std::nullopt, {"x.y", 10}), BadCursor);
  EXPECT_THROW((void)reader().callbacks(std::nullopt, {id(1).text() + ".4x", 10}), BadCursor);
  EXPECT_THROW((void)reader().requisites_list({"-", 10}), BadCursor);
}

TEST_P(ReaderContract, AKeyAndItsPaymentAreFound) {
  create(1, 1);
  const domain::PaymentKeyId key{id_of<domain::ProjectId>(1), "order-" + id(1).text()};
  EXPECT_EQ(reader().payment_key(key).value().request_id, id(1));
  EXPECT_FALSE(reader().payment_key({key.project_id, "ORDER"}).has_value());
}

TEST_P(ReaderContract, APaymentComesWithItsRequisites) {
  create(1, 1);
  auto requisites = Filler(3).row<domain::Requisites>();
  requisites.id = payin_names(1).requisites_id;
  open().batch([&](WorkingSet& ws) { ws.requisites.insert(requisites); });
  assign(1);
  const auto view = reader().payment(id(1));
  ASSERT_TRUE(view && view->requisites);
  EXPECT_EQ(difference(*view->requisites, requisites), "");
}

TEST_P(ReaderContract, RequisitesAreListedInPages) {
  open().batch([&](WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 3; ++n) {
      auto row = Filler(n).row<domain::Requisites>();
      row.id = id_of<domain::RequisitesId>(n);
      ws.requisites.insert(row);
    }
  });
  const auto first = reader().requisites_list({"", 2});
  ASSERT_EQ(first.rows.size(), 2U);
  const auto second = reader().requisites_list({first.next_cursor, 2});
  ASSERT_EQ(second.rows.size(), 1U);
  EXPECT_EQ(second.rows[0].id, id_of<domain::RequisitesId>(3));
  EXPECT_EQ(second.next_cursor, "");
}

// ---- callbacks -------------------------------------------------------------------------------

TEST_P(ReaderContract, DueDeliveriesComeInOrder) {
  create(1, 3);
  for (std::uint32_t n = 1; n <= 3; ++n) assign(n);
  const auto move = [this](std::uint32_t n, std::int64_t ms, domain::DeliveryState state) {
    open().batch(keys_of(payin_names(n)), [&](WorkingSet& ws) {
      auto& delivery = ws.deliveries.edit(id(n));
      delivery.next_try_at = at_ms(ms);
      delivery.state = state;
    });
  };
  move(1, 30, domain::DeliveryState::waiting);
  move(2, 20, domain::DeliveryState::waiting);
  move(3, 10, domain::DeliveryState::idle);
  const auto due = reader().due_deliveries({}, at_ms(30), 10);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_EQ(due[0].request_id, id(2));
  EXPECT_EQ(due[1].request_id, id(1));
  EXPECT_THAT(reader().due_deliveries({}, at_ms(19), 10), IsEmpty());
  EXPECT_EQ(reader().next_delivery({}), at_ms(20));
  EXPECT_EQ(reader().next_delivery(at_ms(20)), at_ms(30));
  EXPECT_EQ(reader().next_delivery(at_ms(30)), std::nullopt);
}

TEST_P(ReaderContract, DueDeliveriesSayWhoTellsThem) {
  create(1, 2);
  for (std::uint32_t n = 1; n <= 2; ++n) assign(n);
  const domain::GatewayId gateway = kassa::test::id_of<domain::GatewayId>(7);
  open().batch(keys_of(payin_names(2)),
               [&](WorkingSet& ws) { ws.deliveries.edit(id(2)).claimed_by = gateway; });
  const auto due = reader().due_deliveries({}, at_ms(1'000'000), 10);
  ASSERT_EQ(due.size(), 2U);
  EXPECT_TRUE(due[0].claimed_by.is_nil());
  EXPECT_EQ(due[1].claimed_by, gateway);
}

TEST_P(ReaderContract, DueDeliveriesGoOnBehindAPlace) {
  create(1, 4);
  for (std::uint32_t n = 1; n <= 4; ++n) assign(n);
  for (std::uint32_t n = 1; n <= 4; ++n) {
    open().batch(keys_of(payin_names(n)), [&](WorkingSet& ws) {
      ws.deliveries.edit(id(n)).next_try_at = at_ms(n == 4 ? 10 : 20);
    });
  }
  std::vector<RequestId> walked;
  store::DueDelivery place;
  for (auto page = reader().due_deliveries(place, at_ms(20), 1); !page.empty();
       page = reader().due_deliveries(place, at_ms(20), 1)) {
    ASSERT_EQ(page.size(), 1U);
    place = page[0];
    walked.push_back(place.request_id);
  }
  EXPECT_EQ(walked, (std::vector<RequestId>{id(4), id(1), id(2), id(3)}));
}

std::vector<std::pair<RequestId, std::int32_t>> places(const Paged<CallbackView>& page) {
  std::vector<std::pair<RequestId, std::int32_t>> places;
  for (const auto& view : page.rows) places.emplace_back(view.event.request_id, view.event.seq);
  return places;
}

domain::DeliveryAttempt attempt_of(std::uint32_t n, std::int32_t seq,
                                   domain::AttemptResult result) {
  domain::DeliveryAttempt attempt;
  attempt.request_id = id(n);
  attempt.seq = seq;
  attempt.result = result;
  return attempt;
}

TEST_P(ReaderContract, CallbacksOfAPaymentNewestFirstWithTheirLastTry) {
  create(1, 1);
  assign(1);
  settle(1);
  open().batch([&](WorkingSet& ws) {
    ws.append(attempt_of(1, 3, domain::AttemptResult::failed));
    ws.append(attempt_of(1, 3, domain::AttemptResult::parked));
  });
  const auto page = reader().callbacks(id(1), {"", 10});
  EXPECT_THAT(places(page), ElementsAre(Pair(id(1), 4), Pair(id(1), 3)));
  EXPECT_TRUE(page.rows[0].waiting);
  EXPECT_FALSE(page.rows[0].last_attempt.has_value());
  EXPECT_EQ(page.rows[1].tries, 2);
  EXPECT_EQ(page.rows[1].last_attempt.value().result, domain::AttemptResult::parked);
  EXPECT_EQ(page.rows[1].last_attempt.value().attempt, 2);
  const auto first = reader().callbacks(id(1), {"", 1});
  EXPECT_THAT(places(first), ElementsAre(Pair(id(1), 4)));
  EXPECT_THAT(places(reader().callbacks(id(1), {first.next_cursor, 1})),
              ElementsAre(Pair(id(1), 3)));
}

TEST_P(ReaderContract, WhatWasSupersededIsNoTry) {
  create(1, 1);
  assign(1);
  settle(1);
  open().batch([&](WorkingSet& ws) {
    ws.append(attempt_of(1, 3, domain::AttemptResult::failed));
    ws.append(attempt_of(1, 3, domain::AttemptResult::superseded));
  });
  const auto view = reader().callbacks(id(1), {"", 10}).rows.at(1);
  EXPECT_EQ(view.tries, 1);
  EXPECT_EQ(view.last_attempt.value().result, domain::AttemptResult::superseded);
  open().batch([&](WorkingSet& ws) {
    ws.append(attempt_of(1, 3, domain::AttemptResult::delivered));  // by hand
  });
  EXPECT_EQ(reader().callbacks(id(1), {"", 10}).rows.at(1).tries, 2);
  std::vector<std::int32_t> numbers;
  for (const auto& attempt : reader().attempts(id(1))) numbers.push_back(attempt.attempt);
  EXPECT_THAT(numbers, ElementsAre(1, 0, 2));
}

TEST_P(ReaderContract, UndeliveredCallbacksOfAllPayments) {
  create(1, 4);
  for (std::uint32_t n = 1; n <= 4; ++n) assign(n);
  settle(1);  // two wait
  const auto deliver = [this](std::uint32_t n, domain::AttemptResult result) {
    open().batch(keys_of(payin_names(n)), [&](WorkingSet& ws) {
      auto& delivery = ws.deliveries.edit(id(n));
      delivery.queue.clear();
      delivery.state = domain::DeliveryState::idle;
      ws.append(attempt_of(n, 3, result));
    });
  };
  deliver(2, domain::AttemptResult::delivered);
  deliver(3, domain::AttemptResult::parked);
  deliver(4, domain::AttemptResult::parked);
  open().batch([&](WorkingSet& ws) {  // by hand, later
    ws.append(attempt_of(4, 3, domain::AttemptResult::delivered));
  });
  const auto page = reader().callbacks(std::nullopt, {"", 10});
  EXPECT_THAT(places(page), ElementsAre(Pair(id(3), 3), Pair(id(1), 4), Pair(id(1), 3)));
  const auto first = reader().callbacks(std::nullopt, {"", 2});
  EXPECT_THAT(places(reader().callbacks(std::nullopt, {first.next_cursor, 2})),
              ElementsAre(Pair(id(1), 3)));
}

// ---- settlements -----------------------------------------------------------------------------

class SettlementReader : public ReaderContract {
 protected:
  void SetUp() override {
    open().batch([](WorkingSet& ws) {
      for (std::uint32_t n = 1; n <= 4; ++n) {
        domain::Settlement row = sample_settlement(n);
        if (n >= 3) {
          row.kind = domain::SettlementKind::top_up;
          row.project_id = {};
          row.trader_id = id_of<domain::TraderId>(9);
        }
        if (n == 2) approve_settlement(row);
        if (n == 4) row.payout = id_of<RequestId>(44);
        ws.settlements.insert(row);
      }
      ws.settlement_keys.insert({"june-1", sample_settlement(1).id, {1, {7}}});
    });
  }
  /// The numbers of the rows that a list answers.
  [[nodiscard]] std::vector<std::int64_t> list(const SettlementFilter& filter) const {
    std::vector<std::int64_t> numbers;
    for (const auto& row : reader().settlements(filter, {"", 10}).rows) {
      numbers.push_back(row.amount - 1'000);
    }
    return numbers;
  }
};
KASSA_INSTANTIATE_STORES(SettlementReader);

TEST_P(SettlementReader, FindsOneAndItsKey) {
  const auto found = reader().settlement(sample_settlement(1).id);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(difference(*found, sample_settlement(1)), "");
  EXPECT_FALSE(reader().settlement(id_of<domain::SettlementId>(1)).has_value());
  EXPECT_EQ(reader().settlement_key("june-1").value().settlement_id, sample_settlement(1).id);
  EXPECT_FALSE(reader().settlement_key("June-1").has_value());
}

TEST_P(SettlementReader, ListsNewestFirstByEveryFilter) {
  EXPECT_THAT(list({}), ElementsAre(4, 3, 2, 1));
  SettlementFilter filter;
  filter.status = domain::SettlementStatus::pending;
  EXPECT_THAT(list(filter), ElementsAre(4, 3, 1));
  filter.project_id = id_of<domain::ProjectId>(1);
  EXPECT_THAT(list(filter), ElementsAre(1));
  filter.trader_id = id_of<domain::TraderId>(9);
  EXPECT_THAT(list(filter), IsEmpty());
  filter = {};
  filter.trader_id = id_of<domain::TraderId>(9);
  EXPECT_THAT(list(filter), ElementsAre(4, 3));
  filter.payout = id_of<RequestId>(44);
  EXPECT_THAT(list(filter), ElementsAre(4));
}

TEST_P(SettlementReader, PagesStayStable) {
  const auto first = reader().settlements({}, {"", 3});
  ASSERT_EQ(first.rows.size(), 3U);
  open().batch([](WorkingSet& ws) { ws.settlements.insert(sample_settlement(5)); });
  const auto second = reader().settlements({}, {first.next_cursor, 3});
  ASSERT_EQ(second.rows.size(), 1U);
  EXPECT_EQ(second.rows[0].id, sample_settlement(1).id);
  EXPECT_EQ(second.next_cursor, "");
  EXPECT_THROW((void)reader().settlements({}, {"17", 3}), BadCursor);
}

// ---- the rest --------------------------------------------------------------------------------

TEST_P(ReaderContract, BalancesOfAProjectByCurrency) {
  const auto project = id_of<domain::ProjectId>(1);
  using Kind = domain::AccountKind;
  open().batch([&](WorkingSet& ws) {
    ws.accounts.insert({{Kind::available, project.value, kTjs}, 5});
    ws.accounts.insert({{Kind::available, project.value, kKzt}, 7});
    ws.accounts.insert({{Kind::locked, project.value, kKzt}, 2});
    ws.accounts.insert({{Kind::available, id_of<domain::ProjectId>(2).value, kKzt}, 9});
  });
  const auto balances = reader().balances(project);
  ASSERT_EQ(balances.size(), 2U);
  EXPECT_EQ(balances[0].currency, kKzt);
  EXPECT_EQ(balances[0].available, 7);
  EXPECT_EQ(balances[0].locked, 2);
  EXPECT_EQ(balances[1].available, 5);
  EXPECT_EQ(balances[1].locked, 0);
}

std::vector<std::string> told(const std::vector<domain::Account>& accounts) {
  std::vector<std::string> lines;
  for (const auto& account : accounts) {
    lines.push_back(fmt::format("{} {} {}", book_name(account.id), account.id.currency.text(),
                                account.balance));
  }
  return lines;
}

TEST_P(ReaderContract, AccountsOfEverybodyAndOfOneOwner) {
  create(1, 2);
  assign(1);
  assign(2);
  settle(1);
  settle(2);
  const auto project = id_of<domain::ProjectId>(1);
  const auto trader = id_of<domain::TraderId>(2);
  open().batch([&](WorkingSet& ws) {
    // A trader's top-up in another currency: two accounts of one owner.
    ws.accounts.insert({{domain::AccountKind::trader, trader.value, kTjs}, 70});
    ws.append(domain::Transfer{0,
                               0,
                               {},
                               domain::TransferKind::deposit,
                               0,
                               {domain::AccountKind::clearing, trader.value, kTjs},
                               {domain::AccountKind::trader, trader.value, kTjs},
                               70,
                               at_ms(5)});
  });
  const std::string one = project.text();
  const std::string two = trader.text();
  const auto all = reader().accounts({});
  EXPECT_THAT(told(all), ElementsAre("project:" + one + ":available KZT 19803",
                                     "trader:" + one + " KZT -20003", "fees:" + one + " KZT 200",
                                     "trader:" + two + " TJS 70", "clearing:" + two + " TJS -70"));
  EXPECT_THAT(told(reader().accounts(trader.value)),
              ElementsAre("trader:" + two + " TJS 70", "clearing:" + two + " TJS -70"));
  EXPECT_THAT(reader().accounts(id_of<domain::TraderId>(9).value), IsEmpty());
}

TEST_P(ReaderContract, TheLedgerIsListedByLaneAndSeqPageByPage) {
  const auto append = [this](std::int64_t lane, std::int64_t amount, std::int64_t at) {
    open().batch(
        {},
        [&](WorkingSet& ws) {
          ws.append(domain::Transfer{0,
                                     0,
                                     {},
                                     domain::TransferKind::deposit,
                                     0,
                                     {domain::AccountKind::clearing, {}, kKzt},
                                     {domain::AccountKind::available, {}, kKzt},
                                     amount,
                                     at_ms(at)});
        },
        lane);
  };
  append(2, 21, 100);
  append(1, 11, 300);
  append(2, 22, 200);
  append(1, 12, 200);
  append(1, 13, 100);
  const auto amounts = [this](const TransferFilter& filter, std::size_t limit) {
    std::vector<std::int64_t> found;
    Page page{"", limit};
    do {
      const auto part = reader().ledger(filter, page);
      EXPECT_LE(part.rows.size(), limit);
      for (const auto& transfer : part.rows) found.push_back(transfer.amount_minor);
      page.cursor = part.next_cursor;
    } while (!page.cursor.empty());
    return found;
  };
  for (const std::size_t limit : {1, 2, 5, 1'000}) {
    EXPECT_THAT(amounts({}, limit), ElementsAre(11, 12, 13, 21, 22)) << limit;
    EXPECT_THAT(amounts({.from = at_ms(200), .to = {}}, limit), ElementsAre(11, 12, 22)) << limit;
    EXPECT_THAT(amounts({.from = {}, .to = at_ms(200)}, limit), ElementsAre(13, 21)) << limit;
    EXPECT_THAT(amounts({.from = at_ms(200), .to = at_ms(300)}, limit), ElementsAre(12, 22));
  }
  for (const char* cursor : {"x", "1", "1.", ".1", "1.2.3", "1.x"}) {
    EXPECT_THROW((void)reader().ledger({}, {cursor, 10}), BadCursor) << cursor;
  }
}

domain::Trader trader(std::uint32_t n, std::int64_t credit) {
  domain::Trader trader;
  trader.id = id_of<domain::TraderId>(n);
  trader.credit[kKzt] = trader.credit[kTjs] = credit;
  return trader;
}

TEST_P(ReaderContract, BanksThatCouldBeGivenNow) {
  domain::Config config;
  for (auto one :
       {trader(1, 1'000'000), trader(2, 99), trader(3, 1'000'000), trader(4, 1'000'000)}) {
    one.on = one.id != id_of<domain::TraderId>(3);
    one.test = one.id == id_of<domain::TraderId>(4);
    config.traders.emplace(one.id, one);
  }
  std::uint32_t n = 0;
  open().batch([&](WorkingSet& ws) {
    const auto add = [&](std::string bank, auto change) {
      domain::Requisites row;
      row.id = id_of<domain::RequisitesId>(++n);
      row.trader_id = id_of<domain::TraderId>(1);
      row.bank_symbol = std::move(bank);
      row.currency = kKzt;
      row.methods = " card-p2p ";
      row.amount_min = 100;
      change(row);
      ws.requisites.insert(row);
    };
    using Row = domain::Requisites;
    add("off", [](Row& r) { r.on = false; });
    add("other-pool", [](Row& r) { r.pool = "other"; });
    add("somoni", [](Row& r) { r.currency = kTjs; });
    add("by-phone", [](Row& r) { r.methods = " phone "; });
    add("trader-off", [](Row& r) { r.trader_id = id_of<domain::TraderId>(3); });
    add("trader-of-tests", [](Row& r) { r.trader_id = id_of<domain::TraderId>(4); });
    add("no-credit", [](Row& r) { r.trader_id = id_of<domain::TraderId>(2); });
    add("resting", [](Row& r) { r.last_used_at = at_ms(0), r.cool_down_s = 2; });
    add("rested", [](Row& r) { r.last_used_at = at_ms(0), r.cool_down_s = 1; });
    add("day-full", [&](Row& r) {
      r.day_count_max = 1;
      ws.days.insert({{r.id, 0}, 1, 500});
    });
    add("sum-full", [&](Row& r) {
      r.day_sum_max = 599;
      ws.days.insert({{r.id, 0}, 1, 500});
    });
    add("amount-taken",
        [&](Row& r) { ws.slots.insert({{r.id, 100}, id(9), at_ms(0), at_ms(9'000)}); });
    for (int i = 0; i < 40; ++i) add("good", [](Row& r) { r.methods = " phone card-p2p "; });
    add("behind", [](Row&) {});
  });
  BankQuery query;
  query.pools = {"default"};
  query.methods[kKzt] = {"card-p2p"};
  query.banks = {"off",       "other-pool", "somoni", "by-phone", "trader-off", "trader-of-tests",
                 "no-credit", "resting",    "rested", "day-full", "sum-full",   "amount-taken",
                 "good",      "behind",     "nobodys"};
  query.now = at_ms(1'000);
  query.config = &config;
  const auto in_default = reader().available_banks(query);
  EXPECT_THAT(in_default, ElementsAre("amount-taken", "behind", "good", "rested"));
  query.pools = {"default", "other"};
  query.methods[kTjs] = {"sbp-p2p", "card-p2p"};
  EXPECT_THAT(reader().available_banks(query),
              ElementsAre("amount-taken", "behind", "good", "other-pool", "rested", "somoni"));
  query.methods = {{kKzt, {"phone"}}};
  EXPECT_THAT(reader().available_banks(query), ElementsAre("by-phone", "good"));
  query.methods = {{kKzt, {"pho"}}};
  EXPECT_THAT(reader().available_banks(query), IsEmpty()) << "no substrings";
  query.methods = {{kKzt, {}}};
  EXPECT_THAT(reader().available_banks(query), IsEmpty());
  query.methods = {{kKzt, {"card-p2p"}}};
  query.banks = {"good"};
  EXPECT_THAT(reader().available_banks(query), ElementsAre("good"));
  query.pools = {};
  EXPECT_THAT(reader().available_banks(query), IsEmpty());
}

TEST_P(ReaderContract, ATestClockThatNeverMovedIsAtZero) {
  const auto clock = id_of<domain::ClockId>(4);
  EXPECT_EQ(reader().test_clock(clock).offset_ms, 0);
  open().batch([&](WorkingSet& ws) { ws.clocks.insert({clock, 60'000}); });
  EXPECT_EQ(reader().test_clock(clock).offset_ms, 60'000);
}

}  // namespace
}  // namespace kassa::store

// What every engine promises about rows: they come back as they went in, all of a batch or none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "store/keyed_tables.hpp"
#include "store/sealed_columns.hpp"
#include "store/transfer_chain.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::RequestId;
using domain::WorkingSet;
using testing::ElementsAre;
using testing::IsEmpty;

using RowContract = StoreContract;
KASSA_INSTANTIATE_STORES(RowContract);

template <class Row>
std::optional<Row> load_one(const OpenStore& open, const KeyedTable<Row>& keyed,
                            const domain::KeyOf<Row>& key) {
  domain::Keys keys;
  (keys.*keyed.keys).push_back(key);
  std::optional<Row> found;
  open.batch(keys, [&](WorkingSet& ws) {
    if (const Row* row = (ws.*keyed.table).find(key)) found = *row;
  });
  return found;
}

TEST_P(RowContract, EveryColumnOfEveryKeyedTableComesBack) {
  for_each_keyed_table([this]<class Row>(const KeyedTable<Row>& keyed) {
    SCOPED_TRACE(std::string(Table<Row>::name));
    const Row row = Filler(3).row<Row>();
    EXPECT_FALSE(load_one(open(), keyed, row.key()).has_value()) << "absence must be known";

    open().batch([&](WorkingSet& ws) { (ws.*keyed.table).insert(row); });
    const auto inserted = load_one(open(), keyed, row.key());
    ASSERT_TRUE(inserted.has_value());
    EXPECT_EQ(difference(*inserted, row), "");

    // Every column that may change does.
    Row changed = Filler(200).row<Row>();
    for_each_column<Row>([&](const auto& column) {
      if (column.role != Role::value) column.of(changed) = column.of(row);
    });
    domain::Keys keys;
    (keys.*keyed.keys).push_back(row.key());
    open().batch(keys, [&](WorkingSet& ws) { (ws.*keyed.table).edit(row.key()) = changed; });
    const auto updated = load_one(open(), keyed, row.key());
    ASSERT_TRUE(updated.has_value());
    EXPECT_EQ(difference(*updated, changed), "");
  });
}

TEST_P(RowContract, EmptyOptionalsAndDefaultsComeBack) {
  domain::Payment payment;
  payment.request_id = id_of<RequestId>(1);
  payment.amount = payment.old_amount = payment.initial_amount = 1;
  payment.currency = kKzt;
  open().batch([&](WorkingSet& ws) { ws.payments.insert(payment); });
  const auto view = reader().payment(payment.request_id);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(difference(view->payment, payment), "");
  EXPECT_FALSE(view->requisites.has_value());
}

TEST_P(RowContract, EventsAndAttemptsComeBackInTheirOrder) {
  auto first = Filler(3).row<domain::PaymentEvent>();
  auto second = Filler(90).row<domain::PaymentEvent>();
  second.request_id = first.request_id;
  auto attempt = Filler(5).row<domain::DeliveryAttempt>();
  attempt.request_id = first.request_id;
  open().batch([&](WorkingSet& ws) {
    ws.append(second);
    ws.append(first);
    ws.append(attempt);
    ws.append(attempt);
  });
  const auto events = reader().events(first.request_id);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(difference(events[0], first), "");
  EXPECT_EQ(difference(events[1], second), "");
  EXPECT_EQ(difference(reader().event(first.request_id, second.seq).value(), second), "");
  EXPECT_FALSE(reader().event(first.request_id, 1'000).has_value());
  const auto attempts = reader().attempts(first.request_id);
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(difference(attempts[0], attempt), "");
  EXPECT_EQ(difference(attempts[1], attempt), "");
}

TEST_P(RowContract, EveryTryOfAnEventIsNumberedAsItIsStored) {
  const auto id = id_of<RequestId>(1);
  const auto tried = [&](std::int32_t seq, std::int64_t ms, bool replay) {
    domain::DeliveryAttempt attempt;
    attempt.request_id = id;
    attempt.seq = seq;
    attempt.at = at_ms(ms);
    attempt.replay = replay;
    attempt.attempt = 7;  // whatever its reporter thinks
    open().batch([&](WorkingSet& ws) { ws.append(attempt); });
  };
  tried(3, 10, false);
  tried(4, 20, true);
  tried(3, 30, true);
  tried(3, 30, false);
  tried(4, 40, false);
  std::string all;
  for (const auto& attempt : reader().attempts(id)) {
    all += std::to_string(attempt.seq) + ":" + std::to_string(attempt.attempt) + " ";
  }
  EXPECT_EQ(all, "3:1 4:1 3:2 3:3 4:2 ");
}

TEST_P(RowContract, TransfersAreNumberedWithinTheirLane) {
  const PayinNames names = payin_names(1);
  const auto transfer = [&](domain::TransferKind kind, std::int32_t correction) {
    return domain::Transfer{
        0, 0, names.request_id, kind, correction, names.trader(), names.available(), 5, at_ms(7)};
  };
  using Kind = domain::TransferKind;
  open().batch([&](WorkingSet& ws) {
    ws.append(transfer(Kind::payin, 0));
    ws.append(transfer(Kind::payin_fee, 0));
  });
  open().batch({}, [&](WorkingSet& ws) { ws.append(transfer(Kind::correction, 1)); }, 2);
  reopen();
  open().batch([&](WorkingSet& ws) { ws.append(transfer(Kind::correction, 2)); });

  std::vector<std::pair<std::int64_t, std::int64_t>> places;
  for (const auto& stored : reader().transfers(names.request_id)) {
    places.emplace_back(stored.lane, stored.seq);
    auto expected = transfer(stored.kind, stored.correction);
    expected.lane = stored.lane;
    expected.seq = stored.seq;
    expected.chain = stored.chain;
    EXPECT_EQ(difference(stored, expected), "");
  }
  EXPECT_THAT(places,
              ElementsAre(std::pair(1, 1), std::pair(1, 2), std::pair(1, 3), std::pair(2, 1)));
}

TEST_P(RowContract, TransfersAreChainedWithinTheirLane) {
  const PayinNames names = payin_names(1);
  const auto append = [&](domain::TransferKind kind, std::int32_t correction, std::int64_t lane) {
    open().batch(
        {},
        [&](WorkingSet& ws) {
          ws.append(domain::Transfer{0, 0, names.request_id, kind, correction, names.trader(),
                                     names.available(), 5, at_ms(7)});
        },
        lane);
  };
  append(domain::TransferKind::payin, 0, 1);
  append(domain::TransferKind::payin_fee, 0, 2);
  append(domain::TransferKind::correction, 1, 1);
  reopen();
  append(domain::TransferKind::correction, 2, 1);

  ChainHasher hasher;
  std::map<std::int64_t, LaneHead> heads;
  for (const auto& stored : reader().transfers(names.request_id)) {
    LaneHead& head = heads[stored.lane];
    EXPECT_EQ(stored.chain, hasher.link(head.chain, stored)) << stored.lane << ":" << stored.seq;
    head = {stored.lane, stored.seq, stored.chain};
  }
  ASSERT_EQ(heads.size(), 2U);
  for (const LaneHead& head : reader().check_ledger().heads) {
    EXPECT_EQ(difference(head, heads.at(head.lane)), "");
  }
}

TEST_P(RowContract, ASettlementIsPostedOnce) {
  const PayinNames names = payin_names(1);
  const domain::Transfer transfer{0,
                                  0,
                                  names.request_id,
                                  domain::TransferKind::payin,
                                  0,
                                  names.trader(),
                                  names.available(),
                                  5,
                                  at_ms(7)};
  open().batch([&](WorkingSet& ws) { ws.append(transfer); });
  WorkingSet ws;
  ws.append(transfer);
  writer().begin();
  try {
    writer().apply(ws, 1, at_ms(0));
    FAIL() << "the same settlement was stored twice";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::constraint);
  }
  writer().rollback();
  EXPECT_EQ(reader().transfers(names.request_id).size(), 1U);
}

TEST_P(RowContract, AnApprovedSettlementIsPostedOnceAndNeverByItsMaker) {
  domain::Settlement settlement = sample_settlement(1);
  const auto refused = [this](const std::function<void(WorkingSet&)>& change) {
    WorkingSet ws;
    change(ws);
    writer().begin();
    try {
      writer().apply(ws, 1, at_ms(0));
    } catch (const StoreError& error) {
      writer().rollback();
      return error.kind() == StoreError::Kind::constraint;
    }
    writer().rollback();
    return false;
  };
  approve_settlement(settlement);
  open().batch([&](WorkingSet& ws) {
    ws.settlements.insert(settlement);
    ws.append(domain::transfer_of(settlement));
  });
  EXPECT_TRUE(refused([&](WorkingSet& ws) { ws.append(domain::transfer_of(settlement)); }));
  domain::Settlement own = sample_settlement(2);
  approve_settlement(own);
  own.decided_by = own.made_by;
  EXPECT_TRUE(refused([&](WorkingSet& ws) { ws.settlements.insert(own); }));
  own.status = domain::SettlementStatus::rejected;
  EXPECT_FALSE(refused([&](WorkingSet& ws) { ws.settlements.insert(own); }));
}

/// One row of each place that holds sealed data, and another column of it that must stay.
void insert_sealed_rows(WorkingSet& ws) {
  ws.payments.insert(Filler(3).row<domain::Payment>());
  ws.requisites.insert(Filler(4).row<domain::Requisites>());
  ws.notices.insert(Filler(5).row<domain::Notice>());
  ws.append(Filler(6).row<domain::PaymentEvent>());
  auto settlement = sample_settlement(1);
  settlement.reference = "reference";
  settlement.note = "note";
  ws.settlements.insert(settlement);
}

TEST_P(RowContract, WhatIsSealedIsWalkedAndReplacedOnlyWhereItIsStillTheSame) {
  open().batch(insert_sealed_rows);
  for (const auto place : domain::kSealedPlaces) {
    SCOPED_TRACE(std::string(domain::sealed_as(place)));
    const auto found = reader().sealed_rows(place, {"", 10});
    ASSERT_EQ(found.rows.size(), 1U);
    EXPECT_EQ(found.next_cursor, "");
    const SealedRow& row = found.rows[0];
    const bool hashed = place == domain::SealedPlace::requisites_details;
    EXPECT_EQ(row.number_hash.empty(), !hashed);

    const std::string stale("other\0blob", 10);
    const std::string fresh("fresh\0blob", 10);
    open().batch([&](WorkingSet& ws) {
      ws.append(domain::Resealed{place, row.row_id, row.seq, stale, fresh, hashed ? "2:x" : ""});
    });
    EXPECT_EQ(reader().sealed_rows(place, {"", 10}).rows[0].blob, row.blob);
    open().batch([&](WorkingSet& ws) {
      ws.append(domain::Resealed{place, row.row_id, row.seq, row.blob, fresh, hashed ? "2:x" : ""});
    });
    const auto again = reader().sealed_rows(place, {"", 10}).rows.at(0);
    EXPECT_EQ(again.blob, fresh);
    EXPECT_EQ(again.number_hash, hashed ? "2:x" : "");
  }
  auto payment = Filler(3).row<domain::Payment>();
  payment.details = std::string("fresh\0blob", 10);
  EXPECT_EQ(difference(reader().payment(payment.request_id)->payment, payment), "");
}

TEST_P(RowContract, NotesOfOnePaymentAreAllWalkedAlsoWhereAPageEndsBetweenThem) {
  const auto id = id_of<RequestId>(1);
  open().batch([&](WorkingSet& ws) {
    for (std::int32_t seq = 1; seq <= 5; ++seq) {
      auto event = Filler(seq).row<domain::PaymentEvent>();
      event.request_id = id;
      event.seq = seq;
      event.actor.note = seq == 2 ? "" : "sealed";
      ws.append(event);
    }
  });
  std::vector<std::int32_t> seqs;
  std::string cursor;
  do {
    const auto page = reader().sealed_rows(domain::SealedPlace::event_note, {cursor, 3});
    for (const auto& row : page.rows) {
      EXPECT_EQ(row.row_id, id.value);
      seqs.push_back(row.seq);
    }
    cursor = page.next_cursor;
  } while (!cursor.empty());
  EXPECT_THAT(seqs, ElementsAre(1, 3, 4, 5));
  open().batch([&](WorkingSet& ws) {
    ws.append(
        domain::Resealed{domain::SealedPlace::event_note, id.value, 4, "sealed", "fresh", ""});
  });
  const auto page = reader().sealed_rows(domain::SealedPlace::event_note, {"", 10});
  ASSERT_EQ(page.rows.size(), 4U);
  EXPECT_EQ(page.rows[1].blob, "sealed");
  EXPECT_EQ(page.rows[2].blob, "fresh") << "of those of the same words, the one that was named";
}

/// A column of bytes is sealed, or is what numbers are found by. One that the rotation of the key
/// ring does not know would be lost with its key.
TEST(SealedColumns, AreAllThatTheTablesHave) {
  std::set<std::pair<std::string, std::string>> declared;
  std::apply(
      [&](auto... row) {
        const auto add = [&]<class Row>(const Row&) {
          for_each_column<Row>([&](const auto& column) {
            using C = typename std::remove_cvref_t<decltype(column)>::CodecType;
            if constexpr (std::same_as<C, BytesCodec>) {
              declared.emplace(Table<Row>::name, column.name);
            }
          });
        };
        (add(row), ...);
      },
      AllRows{});
  std::set<std::pair<std::string, std::string>> rotated;
  for (const auto place : domain::kSealedPlaces) {
    const auto column = sealed_column(place);
    rotated.emplace(column.table, column.blob);
    if (!column.number_hash.empty()) rotated.emplace(column.table, column.number_hash);
  }
  EXPECT_EQ(rotated, declared);
}

TEST_P(RowContract, ARowThatChangesInTheSameBatchIsSealedAgainToo) {
  domain::Payment payment = Filler(3).row<domain::Payment>();
  open().batch([&](WorkingSet& ws) { ws.payments.insert(payment); });
  domain::Keys keys;
  keys.payments.push_back(payment.request_id);
  open().batch(keys, [&](WorkingSet& ws) {
    ws.append(domain::Resealed{domain::SealedPlace::payment_details, payment.request_id.value, 0,
                               payment.details, "fresh", ""});
    ws.payments.edit(payment.request_id).amount = 77;
  });
  payment.details = "fresh";
  payment.amount = 77;
  EXPECT_EQ(difference(reader().payment(payment.request_id)->payment, payment), "");
}

TEST_P(RowContract, SealedRowsComePageByPageWithoutEmptyOnes) {
  open().batch([&](WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 5; ++n) {
      domain::Payment payment;
      payment.request_id = id_of<RequestId>(n);
      payment.amount = payment.old_amount = payment.initial_amount = 1;
      payment.currency = kKzt;
      if (n != 2) payment.details = "sealed";
      ws.payments.insert(payment);
    }
  });
  std::vector<domain::Uuid> ids;
  std::string cursor;
  do {
    const auto page = reader().sealed_rows(domain::SealedPlace::payment_details, {cursor, 2});
    for (const auto& row : page.rows) ids.push_back(row.row_id);
    cursor = page.next_cursor;
  } while (!cursor.empty());
  EXPECT_THAT(ids, ElementsAre(id_of<RequestId>(1).value, id_of<RequestId>(3).value,
                               id_of<RequestId>(4).value, id_of<RequestId>(5).value));
  EXPECT_THROW((void)reader().sealed_rows(domain::SealedPlace::payment_details, {"17", 2}),
               BadCursor);
}

TEST_P(RowContract, ARollbackLeavesNothingAndTheWriterUsable) {
  const PayinNames names = payin_names(1);
  {
    WorkingSet ws;
    writer().begin();
    writer().load(keys_of(names), ws);
    create_payin(ws, names);
    assign_payin(ws, names);
    settle_payin(ws, names);
    ws.change_config({{{"bank", "b", "name"}, "B"}}, std::make_shared<domain::Config>());
    writer().apply(ws, 1, at_ms(9'000));
    writer().rollback();
  }
  EXPECT_FALSE(reader().payment(names.request_id).has_value());
  EXPECT_THAT(reader().events(names.request_id), IsEmpty());
  EXPECT_THAT(reader().transfers(names.request_id), IsEmpty());
  std::int64_t version = -1;
  EXPECT_THAT(reader().settings(version), IsEmpty());
  EXPECT_EQ(version, 0);

  open().batch(keys_of(names), [&](WorkingSet& ws) {
    create_payin(ws, names);
    assign_payin(ws, names);
    settle_payin(ws, names);
  });
  const auto transfers = reader().transfers(names.request_id);
  ASSERT_EQ(transfers.size(), 2U);
  EXPECT_EQ(transfers.front().seq, 1) << "numbers of a batch that was rolled back are used again";
}

TEST_P(RowContract, AFailedApplyIsTakenBackWhole) {
  const PayinNames names = payin_names(1);
  open().batch([&](WorkingSet& ws) { create_payin(ws, names); });
  WorkingSet ws;  // not loaded: the same key again is inserted, not updated
  create_payin(ws, payin_names(2));
  create_payin(ws, names);
  writer().begin();
  EXPECT_THROW(writer().apply(ws, 1, at_ms(0)), StoreError);
  writer().rollback();
  EXPECT_FALSE(reader().payment(payin_names(2).request_id).has_value());
  EXPECT_EQ(reader().events(names.request_id).size(), 2U);
}

TEST_P(RowContract, ReadersSeeOnlyWhatIsCommitted) {
  const PayinNames names = payin_names(1);
  WorkingSet ws;
  create_payin(ws, names);
  writer().begin();
  writer().apply(ws, 1, at_ms(0));
  EXPECT_FALSE(reader().payment(names.request_id).has_value());
  writer().commit();
  EXPECT_TRUE(reader().payment(names.request_id).has_value());
}

TEST_P(RowContract, ReopeningKeepsEverything) {
  const PayinNames names = payin_names(1);
  open().batch(keys_of(names), [&](WorkingSet& ws) {
    create_payin(ws, names);
    assign_payin(ws, names);
  });
  const auto before = reader().payment(names.request_id);
  reopen();
  const auto after = reader().payment(names.request_id);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(difference(before->payment, after->payment), "");
  EXPECT_EQ(reader().events(names.request_id).size(), 3U);
  EXPECT_TRUE(reader().delivery(names.request_id).has_value());
}

TEST_P(RowContract, KeysThatAreKnownAreNotLoadedAgain) {
  const PayinNames names = payin_names(1);
  open().batch([&](WorkingSet& ws) { create_payin(ws, names); });
  domain::Keys keys;
  keys.payments = {names.request_id};
  open().batch(keys, [&](WorkingSet& ws) {
    ws.payments.edit(names.request_id).assign_tries = 7;
    writer().load(keys, ws);
    EXPECT_EQ(ws.payments.get(names.request_id).assign_tries, 7);
  });
}

TEST_P(RowContract, SettingsAreStoredReplacedAndDeletedWithTheirVersion) {
  const domain::SettingId name{"bank", "halyk", "name"};
  const domain::SettingId code{"bank", "halyk", "code"};
  const auto change =
      [this](std::vector<std::pair<domain::SettingId, std::optional<std::string>>> settings,
             std::int64_t version) {
        auto config = std::make_shared<domain::Config>();
        config->version = version;
        open().batch([&](WorkingSet& ws) { ws.change_config(settings, config); });
      };
  change({{name, "Halyk"}, {code, "1"}}, 1);
  change({{name, "Halyk Bank"}, {code, std::nullopt}}, 2);
  std::int64_t version = 0;
  EXPECT_THAT(reader().settings(version), ElementsAre(std::pair(name, "Halyk Bank")));
  EXPECT_EQ(version, 2);
  reopen();
  writer().begin();
  EXPECT_EQ(writer().config_version(), 2);
  writer().rollback();
}

TEST_P(RowContract, TheLiveClockNeverGoesBack) {
  for (const std::int64_t ms : {5'000, 9'000, 7'000}) {
    WorkingSet ws;
    writer().begin();
    writer().apply(ws, 1, at_ms(ms));
    writer().commit();
  }
  EXPECT_EQ(writer().live_clock_mark(), at_ms(9'000));
  reopen();
  EXPECT_EQ(writer().live_clock_mark(), at_ms(9'000));
}

// ---- timers ----------------------------------------------------------------------------------

TEST_P(RowContract, DuePaymentsComeInOrderTiesById) {
  const domain::ClockId live{};
  const auto test = id_of<domain::ClockId>(9);
  const auto add = [](WorkingSet& ws, std::uint32_t n, domain::ClockId clock,
                      std::optional<std::int64_t> due) {
    create_payin(ws, payin_names(n));
    auto& payment = ws.payments.edit(payin_names(n).request_id);
    payment.clock = clock;
    payment.due_at.reset();
    if (due) payment.due_at = at_ms(*due);
  };
  open().batch([&](WorkingSet& ws) {
    add(ws, 1, live, 30);
    add(ws, 3, live, 20);
    add(ws, 2, live, 20);
    add(ws, 4, live, std::nullopt);
    add(ws, 5, test, 10);
    add(ws, 6, live, 31);
  });
  const auto due = [this](domain::ClockId clock, std::int64_t until, std::size_t limit) {
    std::vector<RequestId> ids;
    for (const auto& payment : writer().due_payments(clock, at_ms(until), limit)) {
      ids.push_back(payment.request_id);
    }
    return ids;
  };
  const auto id = [](std::uint32_t n) { return id_of<RequestId>(n); };
  EXPECT_THAT(due(live, 30, 10), ElementsAre(id(2), id(3), id(1)));
  EXPECT_THAT(due(live, 30, 2), ElementsAre(id(2), id(3)));
  EXPECT_THAT(due(live, 19, 10), IsEmpty());
  EXPECT_THAT(due(test, 30, 10), ElementsAre(id(5)));
  EXPECT_EQ(writer().next_due(live), at_ms(20));
  EXPECT_EQ(writer().next_due(test), at_ms(10));
  EXPECT_FALSE(writer().next_due(id_of<domain::ClockId>(8)).has_value());
  EXPECT_THAT(writer().look_around().clocks,
              ElementsAre(ClockTimers{live, at_ms(20), 0}, ClockTimers{test, at_ms(10), 0}));
}

TEST_P(RowContract, APaymentThatIsNoLongerDueLeavesTheTimers) {
  const PayinNames names = payin_names(1);
  open().batch([&](WorkingSet& ws) { create_payin(ws, names); });
  EXPECT_EQ(writer().look_around().clocks.size(), 1U);
  domain::Keys keys;
  keys.payments = {names.request_id};
  open().batch(keys, [&](WorkingSet& ws) { ws.payments.edit(names.request_id).due_at.reset(); });
  EXPECT_THAT(writer().look_around().clocks, IsEmpty());
}

TEST_P(RowContract, LookingAroundSeesFrozenPaymentsAndHowFarTestClocksAre) {
  const auto clock = id_of<domain::ClockId>(7);
  domain::Keys keys;
  keys.clocks = {clock};
  open().batch(keys, [&](WorkingSet& ws) {
    create_payin(ws, payin_names(1));
    const RequestId id = payin_names(1).request_id;
    ws.payments.edit(id).clock = clock;
    ws.payments.edit(id).due_at = at_ms(40);
    ws.clocks.insert({clock, 5'000});
    create_payin(ws, payin_names(2));
    ws.payments.edit(payin_names(2).request_id).frozen = true;
    ws.payments.edit(payin_names(2).request_id).due_at.reset();
  });
  const Surroundings seen = writer().look_around();
  EXPECT_THAT(seen.clocks, ElementsAre(ClockTimers{clock, at_ms(40), 5'000}));
  EXPECT_EQ(seen.payments_frozen, 1);
  EXPECT_EQ(seen.config_version, writer().config_version());
  writer().begin();
  EXPECT_EQ(writer().lock_clock(clock), 5'000);
  EXPECT_EQ(writer().lock_clock(id_of<domain::ClockId>(8)), 0);
  EXPECT_EQ(writer().due_payments(clock, at_ms(40), 10).size(), 1U) << "who moves it fires, too";
  writer().rollback();
}

}  // namespace
}  // namespace kassa::store

// What is PostgreSQL's own: the schema, sessions and their lanes, writers in each other's way, a
// server that goes away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "store/postgres/dialect.hpp"
#include "store/postgres/schema.hpp"
#include "unit/store/places/postgres_cluster.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using namespace std::chrono_literals;
using domain::WorkingSet;
using postgres::Answer;
using postgres::Connection;
using postgres::Outage;
using postgres::Parameters;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::unique_ptr<Connection> connect(const std::string& url) {
  auto connection = std::make_unique<Connection>(url, "", std::make_shared<Outage>());
  connection->open();
  return connection;
}

Answer ask(Connection& connection, const std::string& sql) {
  connection.send_once("the test's own", sql, Parameters{});
  return std::move(connection.finish().front());
}

/// The kind of what `call` throws; nothing where it doesn't.
template <class Call>
std::optional<StoreError::Kind> failure_of(Call call) {
  try {
    call();
  } catch (const StoreError& error) {
    return error.kind();
  }
  return std::nullopt;
}

domain::Keys keys_of_payment(std::uint32_t n) {
  domain::Keys keys;
  keys.payments = {payin_names(n).request_id};
  return keys;
}

// ---- schema ----------------------------------------------------------------------------------

std::vector<std::string> stored_columns(Connection& connection, std::string_view table) {
  const Answer answer =
      ask(connection,
          fmt::format("SELECT column_name::text || ' ' || replace(data_type::text, 'smallint', "
                      "'bigint') || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END "
                      "FROM information_schema.columns WHERE table_name = '{}' ORDER BY 1",
                      table));
  std::vector<std::string> columns;
  for (int i = 0; i < answer.rows(); ++i) columns.emplace_back(answer.bytes(i, 0));
  return columns;
}

template <class Row>
std::vector<std::string> declared_columns() {
  std::vector<std::string> columns;
  for_each_column<Row>([&]<class C>(const C& column) {
    using Stored = typename C::CodecType;
    const char* type = Stored::type == ColumnType::integer ? " bigint"
                       : Stored::type == ColumnType::text  ? " text"
                                                           : " bytea";
    columns.push_back(std::string(column.name) + type + (NullableCodec<Stored> ? " null" : ""));
  });
  if constexpr (NumberedByStore<Row>)
    columns.push_back(std::string(Table<Row>::ordinal) + " bigint");
  std::ranges::sort(columns);
  return columns;
}

TEST(PostgresSchema, IsWhatTheTablesDeclare) {
  PostgresPlace place;
  const OpenStore open(place);
  const auto connection = connect(place.url());
  const auto compare = [&connection]<class Row>(const Row*) {
    EXPECT_EQ(stored_columns(*connection, Table<Row>::name), declared_columns<Row>())
        << Table<Row>::name;
  };
  std::apply([&compare](const auto&... row) { (compare(&row), ...); }, AllRows{});
}

TEST(PostgresSchema, HasNoTableThatIsNotDeclared) {
  PostgresPlace place;
  const OpenStore open(place);
  const auto connection = connect(place.url());
  const Answer answer =
      ask(*connection, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
  EXPECT_EQ(answer.integer(0, 0), static_cast<std::int64_t>(std::tuple_size_v<AllRows>) + 4)
      << "+ meta, writers, gateways, receipt_chunks";
}

TEST(PostgresDialect, SpellsWhatSqliteTakes) {
  EXPECT_EQ(postgres::in_dialect("SELECT a FROM t INDEXED BY t_a WHERE a = ?1 AND b <> x'00ff'"),
            "SELECT a FROM t  WHERE a = $1 AND b <> '\\x00ff'::bytea");
  EXPECT_EQ(postgres::in_dialect("seq >= CAST(d.queue AS INTEGER) AND max_x'"),
            "seq >= CAST(substring(d.queue FROM '^[0-9]+') AS INTEGER) AND max_x'");
  EXPECT_EQ(postgres::in_dialect("CAST(sum(x) AS BIGINT)"), "CAST(sum(x) AS BIGINT)");
}

// ---- opening ---------------------------------------------------------------------------------

TEST(PostgresStore, IsNotMadeUnasked) {
  PostgresPlace place = PostgresPlace::empty();
  StoreOptions options = place.options();
  options.create = false;
  EXPECT_THAT(refusal(options), HasSubstr("`kassa migrate` makes one"));
  EXPECT_FALSE(store_exists(place.url()));
  EXPECT_THAT(refusal(place.options()), IsEmpty());
  EXPECT_TRUE(store_exists(place.url()));
}

TEST(PostgresStore, RefusesADatabaseOfSomebodyElse) {
  PostgresPlace place = PostgresPlace::empty();
  (void)ask(*connect(place.url()), "CREATE TABLE theirs (x integer)");
  EXPECT_THAT(refusal(place.options()), HasSubstr("is not a Kassa store"));
}

TEST(PostgresStore, RefusesANewerSchema) {
  PostgresPlace place;
  EXPECT_THAT(refusal(place.options()), IsEmpty());
  (void)ask(*connect(place.url()), "UPDATE meta SET value = 999 WHERE name = 'schema_version'");
  EXPECT_THAT(refusal(place.options()), HasSubstr("upgrade Kassa"));
}

TEST(PostgresStore, SaysNoPasswordWhereItCanNotConnect) {
  const std::string said =
      refusal({.url = "postgresql://kassa:hush-hush@127.0.0.1:1/kassa", .create = true});
  EXPECT_THAT(said, HasSubstr("can't connect to PostgreSQL"));
  EXPECT_THAT(said, Not(HasSubstr("hush")));
}

// ---- writers beside each other ---------------------------------------------------------------

TEST(PostgresWriters, EachHasALaneThatEndsWithItsSession) {
  PostgresPlace place;
  const OpenStore first(place);
  first.writer->begin();
  {
    const OpenStore second(place);
    second.writer->begin();
    EXPECT_EQ(first.writer->lane(), 1);
    EXPECT_EQ(second.writer->lane(), 2);
  }
  // The server lets the lane go a moment after the session's end.
  const auto connection = connect(place.url());
  while (ask(*connection,
             "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database "
             "= (SELECT oid FROM pg_database WHERE datname = current_database())")
             .integer(0, 0) > 1) {
  }
  const OpenStore third(place);
  third.writer->begin();
  EXPECT_EQ(third.writer->lane(), 2);
}

TEST(PostgresWriters, ARowThatBothMakeIsAConflictForTheSecond) {
  PostgresPlace place;
  const OpenStore first(place);
  const OpenStore second(place);
  WorkingSet ws;
  first.writer->begin();
  first.writer->load(keys_of(payin_names(1)), ws);
  create_payin(ws, payin_names(1));
  second.batch([](WorkingSet& other) { create_payin(other, payin_names(1)); });
  EXPECT_EQ(failure_of([&] { first.writer->apply(ws, 1, at_ms(0)); }), StoreError::Kind::conflict);
  first.writer->rollback();
  first.batch(keys_of_payment(1), [](WorkingSet& again) {
    EXPECT_NE(again.payments.find(payin_names(1).request_id), nullptr);
  });
}

TEST(PostgresWriters, AConfigurationThatBothChangeIsAConflictForTheSecond) {
  PostgresPlace place;
  const OpenStore first(place);
  const OpenStore second(place);
  const auto change = [](WorkingSet& ws) {
    auto config = std::make_shared<domain::Config>();
    config->version = 1;
    ws.change_config({{{"bank", "b", "name"}, "B"}}, config);
  };
  WorkingSet ws;
  first.writer->begin();
  change(ws);
  second.batch(change);
  EXPECT_EQ(failure_of([&] { first.writer->apply(ws, 1, at_ms(0)); }), StoreError::Kind::conflict);
  first.writer->rollback();
  first.writer->begin();
  EXPECT_EQ(first.writer->config_version(), 1);
}

TEST(PostgresWriters, ATimerIsOneWritersUntilItsBatchEnds) {
  PostgresPlace place;
  const OpenStore first(place);
  const OpenStore second(place);
  first.batch([](WorkingSet& ws) {
    create_payin(ws, payin_names(1));
    ws.payments.edit(payin_names(1).request_id).due_at = at_ms(10);
  });
  const auto due = [](const OpenStore& open) {
    return open.writer->due_payments({}, at_ms(10), 10).size();
  };
  first.writer->begin();
  EXPECT_EQ(due(first), 1U);
  second.writer->begin();
  EXPECT_EQ(due(second), 0U);
  first.writer->rollback();
  EXPECT_EQ(due(second), 1U);
}

TEST(PostgresWriters, ATestClockIsMovedByOneAndFiredByNobodyBesideIt) {
  PostgresPlace place;
  const OpenStore first(place);
  const OpenStore second(place);
  const auto clock = id_of<domain::ClockId>(7);
  first.batch([&](WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 2; ++n) {
      create_payin(ws, payin_names(n));
      ws.payments.edit(payin_names(n).request_id).clock = clock;
      ws.payments.edit(payin_names(n).request_id).due_at = at_ms(10);
    }
  });
  const auto due = [clock](const OpenStore& open, std::size_t limit) {
    return open.writer->due_payments(clock, at_ms(10), limit).size();
  };
  first.writer->begin();
  EXPECT_EQ(first.writer->lock_clock(clock), 0);
  second.writer->begin();
  EXPECT_EQ(due(second, 1), 0U);
  EXPECT_EQ(due(first, 1), 1U);
  first.writer->rollback();
  // Who only fires leaves to the other what it hasn't in hand itself.
  EXPECT_EQ(due(second, 1), 1U);
  first.writer->begin();
  EXPECT_EQ(due(first, 2), 1U);
}

TEST(PostgresWriters, ATestClockThatMovedSinceItWasReadIsAConflict) {
  PostgresPlace place;
  const OpenStore first(place);
  const OpenStore second(place);
  domain::Keys clock;
  clock.clocks = {id_of<domain::ClockId>(7)};
  const auto move = [&](std::int64_t offset_ms) {
    second.batch(clock, [&](WorkingSet& ws) {
      ws.clocks.edit_or_insert({clock.clocks[0], 0}).offset_ms = offset_ms;
    });
  };
  for (const std::int64_t offset_ms : {1'000, 2'000}) {
    WorkingSet ws;
    first.writer->begin();
    first.writer->load(clock, ws);
    move(offset_ms);
    EXPECT_EQ(failure_of([&] { first.writer->apply(ws, 1, at_ms(0)); }),
              StoreError::Kind::conflict);
    first.writer->rollback();
  }
  first.batch(clock,
              [&](WorkingSet& ws) { EXPECT_EQ(ws.clocks.get(clock.clocks[0]).offset_ms, 2'000); });
}

TEST(PostgresWriters, RequisitesThatOneHasInHandAreNotOfferedToTheOther) {
  PostgresPlace place;
  const OpenStore first(place);
  const OpenStore second(place);
  domain::Config config;
  domain::Trader trader;
  trader.id = id_of<domain::TraderId>(1);
  trader.on = true;
  trader.credit[kKzt] = 1'000'000;
  config.traders.emplace(trader.id, trader);
  first.batch([&](WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 2; ++n) {
      domain::Requisites row;
      row.id = id_of<domain::RequisitesId>(n);
      row.trader_id = trader.id;
      row.currency = kKzt;
      row.methods = " card-p2p ";
      row.turn_at = at_ms(n);
      ws.requisites.insert(row);
    }
  });
  domain::Keys keys;
  domain::CandidateQuery query;
  query.request_id = id_of<domain::RequestId>(1);
  query.pool = "default";
  query.currency = kKzt;
  query.method = "card-p2p";
  query.amount = 500;
  query.config = &config;
  keys.candidates = {query};
  domain::Keys in_hand;
  in_hand.requisites = {id_of<domain::RequisitesId>(1)};
  WorkingSet held;
  first.writer->begin();
  first.writer->load(in_hand, held);
  second.batch(keys, [&](WorkingSet& ws) {
    EXPECT_THAT(ws.candidates.at(query.request_id).ids,
                testing::ElementsAre(id_of<domain::RequisitesId>(2)));
  });
  first.writer->rollback();
}

// ---- talk ------------------------------------------------------------------------------------

Talk::Clock::time_point in(std::chrono::milliseconds time) {
  return Talk::Clock::now() + time;
}

TEST(PostgresTalk, EachHearsTheOthersWordsAndNotItsOwn) {
  PostgresPlace place;
  const auto store = place.open();
  const auto first = store->open_talk();
  const auto second = store->open_talk();
  EXPECT_THAT(second->exchange({}, Talk::Clock::now()), IsEmpty()) << "listens from now on";
  EXPECT_THAT(first->exchange({"one", std::string(Talk::kWordMax, 'x')}, in(50ms)), IsEmpty());
  EXPECT_THAT(second->exchange({}, in(10s)),
              testing::ElementsAre("one", std::string(Talk::kWordMax, 'x')));
  EXPECT_THAT(second->exchange({"two"}, in(50ms)), IsEmpty());
  EXPECT_THAT(first->exchange({}, in(10s)), testing::ElementsAre("two"));
}

TEST(PostgresTalk, AWaitIsEndedByWhoeverHasAWord) {
  PostgresPlace place;
  const auto store = place.open();
  const auto talk = store->open_talk();
  talk->wake();
  const auto before = Talk::Clock::now();
  EXPECT_THAT(talk->exchange({}, in(1h)), IsEmpty());
  EXPECT_LT(Talk::Clock::now() - before, 10s);
}

TEST(PostgresTalk, ASessionThatIsEndedWhileItWaitsIsOpenedAnewByTheNextCall) {
  PostgresPlace place;
  const auto store = place.open();
  const auto first = store->open_talk();
  const auto second = store->open_talk();
  const auto connection = connect(place.url());
  auto waiting = std::async(
      std::launch::async, [&] { return failure_of([&] { (void)second->exchange({}, in(1h)); }); });
  // One that ends before it waits is opened anew at once.
  while (waiting.wait_for(0s) != std::future_status::ready) {
    (void)ask(*connection,
              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
              "WHERE datname = current_database() AND application_name = 'kassa talk'");
  }
  EXPECT_EQ(waiting.get(), StoreError::Kind::away);
  EXPECT_THAT(second->exchange({}, Talk::Clock::now()), IsEmpty());
  EXPECT_THAT(first->exchange({"again"}, Talk::Clock::now()), IsEmpty());
  EXPECT_THAT(second->exchange({}, in(10s)), testing::ElementsAre("again"));
}

// ---- what goes wrong -------------------------------------------------------------------------

/// Ends every other session of the database, as an administrator or a crash does.
void end_sessions(const std::string& url) {
  (void)ask(*connect(url),
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

TEST(PostgresErrors, NameTheStatementButNoValue) {
  PostgresPlace place;
  const OpenStore open(place);
  WorkingSet ws;
  create_payin(ws, payin_names(1));
  ws.payments.edit(payin_names(1).request_id).amount = -4'711;
  open.writer->begin();
  try {
    open.writer->apply(ws, 1, at_ms(0));
    FAIL() << "a negative amount was stored";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::constraint);
    EXPECT_THAT(error.what(), HasSubstr("insert into payments"));
    EXPECT_THAT(error.what(), Not(HasSubstr("4711")));
  }
}

TEST(PostgresErrors, ACommitThatWasLostIsLookedUp) {
  PostgresPlace place;
  const OpenStore open(place);
  WorkingSet ws;
  create_payin(ws, payin_names(1));
  open.writer->begin();
  open.writer->apply(ws, 1, at_ms(0));
  end_sessions(place.url());
  EXPECT_EQ(failure_of([&] { open.writer->commit(); }), StoreError::Kind::unknown);
  EXPECT_FALSE(open.writer->was_committed());

  open.writer->begin();
  open.writer->apply(ws, 1, at_ms(0));
  open.writer->commit();
  end_sessions(place.url());
  EXPECT_TRUE(open.writer->was_committed()) << "the answer alone was lost";
  EXPECT_TRUE(connect(place.url())->is_open());
}

TEST(PostgresErrors, ACommitIsLookedUpWhoeverHasItsLaneMeanwhile) {
  PostgresPlace place;
  const OpenStore open(place);
  open.batch([](WorkingSet& ws) { create_payin(ws, payin_names(1)); });
  const auto lane = open.writer->lane();
  end_sessions(place.url());
  const OpenStore other(place);
  other.batch([](WorkingSet& ws) { create_payin(ws, payin_names(2)); });
  EXPECT_EQ(other.writer->lane(), lane);
  EXPECT_TRUE(open.writer->was_committed());
}

TEST(PostgresErrors, ABatchWhoseSessionIsLostIsNotGoneOnWithInAnother) {
  PostgresPlace place;
  const OpenStore open(place);
  WorkingSet ws;
  open.writer->begin();
  end_sessions(place.url());
  EXPECT_EQ(failure_of([&] { open.writer->load(keys_of(payin_names(1)), ws); }),
            StoreError::Kind::away);
  create_payin(ws, payin_names(2));
  EXPECT_EQ(failure_of([&] { open.writer->apply(ws, 1, at_ms(0)); }), StoreError::Kind::away);
  open.writer->rollback();
  open.batch([](WorkingSet& next) { create_payin(next, payin_names(3)); });
  EXPECT_FALSE(open.reader->payment(payin_names(2).request_id).has_value());
}

/// Waits for a lock on that payment, for so long at most.
void lock_payment(const std::string& url, std::uint32_t n, std::string_view time_max) {
  const auto other = connect(url);
  (void)ask(*other, fmt::format("SET lock_timeout = '{}'", time_max));
  Parameters parameters;
  write_value<Codec<domain::RequestId>>(parameters, payin_names(n).request_id);
  other->send_once("lock", "SELECT 1 FROM payments WHERE request_id = $1 FOR UPDATE", parameters);
  EXPECT_EQ(other->finish().front().rows(), 1);
}

TEST(PostgresErrors, WhoStandsStillInsideABatchLosesItAndItsLocks) {
  PostgresPlace place;
  const OpenStore open(place);
  open.batch([](WorkingSet& ws) { create_payin(ws, payin_names(1)); });
  WorkingSet ws;
  open.writer->begin();
  open.writer->load(keys_of(payin_names(1)), ws);
  lock_payment(place.url(), 1, "3s");
  create_payin(ws, payin_names(2));
  EXPECT_EQ(failure_of([&] { open.writer->apply(ws, 1, at_ms(0)); }), StoreError::Kind::away);
  open.writer->rollback();

  WorkingSet next;
  open.writer->begin();
  open.writer->load(keys_of(payin_names(1)), next);
  create_payin(next, payin_names(3));
  open.writer->apply(next, 1, at_ms(0));
  lock_payment(place.url(), 1, "3s");
  EXPECT_EQ(failure_of([&] { open.writer->commit(); }), StoreError::Kind::unknown);
  EXPECT_FALSE(open.writer->was_committed());

  open.batch([](WorkingSet& last) { create_payin(last, payin_names(4)); });
  EXPECT_FALSE(open.reader->payment(payin_names(2).request_id).has_value());
  EXPECT_FALSE(open.reader->payment(payin_names(3).request_id).has_value());
  EXPECT_TRUE(open.reader->payment(payin_names(4).request_id).has_value());
}

TEST(PostgresErrors, AServerThatWasAwayIsUsedAgain) {
  PostgresPlace place;
  const OpenStore open(place);
  open.batch([](WorkingSet& ws) { create_payin(ws, payin_names(1)); });
  EXPECT_TRUE(open.reader->payment(payin_names(1).request_id).has_value());
  PostgresCluster::get().stop();
  const auto read = [&] { (void)open.reader->payment(payin_names(1).request_id); };
  EXPECT_EQ(failure_of([&] { open.writer->begin(); }), StoreError::Kind::away);
  EXPECT_EQ(failure_of(read), StoreError::Kind::away);
  open.writer->rollback();
  PostgresCluster::get().start();
  while (failure_of(read)) {
  }
  while (failure_of([&] { open.writer->begin(); })) {
  }
  open.writer->rollback();
  open.batch([](WorkingSet& ws) { create_payin(ws, payin_names(2)); });
  EXPECT_TRUE(open.reader->payment(payin_names(2).request_id).has_value());
}

TEST(PostgresErrors, AReadThatTakesTooLongIsCutOff) {
  PostgresPlace place;
  StoreOptions options = place.options();
  options.read_timeout_ms = 50;
  const auto store = open_store(options);
  const auto reader = store->open_reader();
  EXPECT_FALSE(reader->payment(payin_names(1).request_id).has_value());
  const auto other = connect(place.url());
  (void)ask(*other, "BEGIN");
  (void)ask(*other, "LOCK TABLE payments");
  EXPECT_EQ(failure_of([&] { (void)reader->payment(payin_names(1).request_id); }),
            StoreError::Kind::busy);
  (void)ask(*other, "ROLLBACK");
  EXPECT_FALSE(reader->payment(payin_names(1).request_id).has_value());
}

}  // namespace
}  // namespace kassa::store

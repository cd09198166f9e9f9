// Stores that are moved, from each engine into each: everything goes over and nothing else,
// whatever happens on the way.
#include "store/move.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "store/keyed_tables.hpp"
#include "store/move/move_ends.hpp"
#include "store/move/row_bytes.hpp"
#include "store/postgres/connection.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::WorkingSet;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kFileContent("sealed \0 bytes", 14);

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const StoreError& error) {
    return error.what();
  }
  return {};
}

// ---- exports in memory -----------------------------------------------------------------------

struct Exported {
  std::string bytes;
  ExportReport report;
};

Exported export_of(const StorePlace& place, std::uint64_t id = 1) {
  Exported exported;
  ExportHead about;
  about.id = id_of<domain::RequestId>(id).value;
  about.kassa = "kassa of a test";
  about.keys = {{1, true, "proof of one"}, {2, false, "proof of two"}};
  exported.report = export_store(place.options().url, about,
                                 [&](std::string_view bytes) { exported.bytes += bytes; });
  return exported;
}

ByteSource source_of(std::string_view bytes) {
  return [rest = bytes](std::span<char> part) mutable {
    const std::size_t size = std::min(part.size(), rest.size());
    std::ranges::copy(rest.substr(0, size), part.begin());
    rest.remove_prefix(size);
    return size;
  };
}

ImportReport import_into(const StorePlace& place, std::string_view bytes) {
  return import_store(place.options().url, source_of(bytes), [](const ExportHead&) {});
}

/// Where each page begins, and the end of the last.
std::vector<std::size_t> page_bounds(const std::string& bytes) {
  constexpr std::size_t kFirstLine = 15;
  std::vector<std::size_t> bounds{kFirstLine};
  PageReader reader(source_of(bytes));
  while (bounds.back() < bytes.size()) {
    bounds.push_back(bounds.back() + 9 + reader.next().content.size() + 32);
  }
  return bounds;
}

/// The same pages, changed by `change`, with checksums that are right again.
std::string rewritten(const std::string& bytes, const std::function<void(ExportPage&)>& change) {
  std::string out;
  PageReader reader(source_of(bytes));
  PageWriter writer([&out](std::string_view part) { out += part; });
  for (ExportPage page = reader.next();; page = reader.next()) {
    const bool is_last = page.kind == PageKind::end;
    change(page);
    writer.write(page.kind, page.content);
    if (is_last) return out;
  }
}

// ---- stores that hold something --------------------------------------------------------------

void settle(const OpenStore& open, std::uint32_t n) {
  const PayinNames names = payin_names(n);
  open.batch(keys_of(names), [&](WorkingSet& ws) {
    create_payin(ws, names);
    assign_payin(ws, names);
    settle_payin(ws, names);
  });
}

/// A receipt's row and its file.
void show_receipt(const OpenStore& open, domain::Receipt receipt) {
  open.store->receipt_files().put(receipt.file, kFileContent);
  open.batch([&](WorkingSet& ws) { ws.receipts.insert(std::move(receipt)); });
}

/// One row at least in every table, whatever is declared. The books don't add up.
void fill_every_table(const OpenStore& open) {
  for_each_keyed_table([&]<class Row>(const KeyedTable<Row>& keyed) {
    const Row row = Filler(3).row<Row>();
    if constexpr (std::same_as<Row, domain::Receipt>) return show_receipt(open, row);
    open.batch([&](WorkingSet& ws) { (ws.*keyed.table).insert(row); });
  });
  open.batch([](WorkingSet& ws) {
    ws.append(Filler(3).row<domain::PaymentEvent>());
    ws.append(Filler(4).row<domain::DeliveryAttempt>());
    ws.append(Filler(4).row<domain::DeliveryAttempt>());
    ws.append(Filler(3).row<domain::SlotHold>());
    auto transfer = Filler(3).row<domain::Transfer>();
    transfer.credit.currency = transfer.debit.currency;
    ws.append(transfer);
    auto config = std::make_shared<domain::Config>();
    config->version = 41;
    ws.change_config({{domain::SettingId{"kind", "id", "name"}, "value"}}, config);
  });
}

struct Way {
  MakePlace from;
  MakePlace to;
};

class Move : public testing::TestWithParam<Way> {
 protected:
  void fill(const std::function<void(const OpenStore&)>& work) const { work(OpenStore(*from_)); }

  [[nodiscard]] StorePlace& from() const { return *from_; }
  [[nodiscard]] StorePlace& to() const { return *to_; }
  /// A target that nothing was put into yet.
  void begin_anew() { to_ = GetParam().to.make(); }

 private:
  std::unique_ptr<StorePlace> from_ = GetParam().from.make();
  std::unique_ptr<StorePlace> to_ = GetParam().to.make();
};

constexpr MakePlace kSqlite{"sqlite", &make_place<SqlitePlace>};
constexpr MakePlace kPostgres{"postgresql", &make_place<PostgresPlace>};
INSTANTIATE_TEST_SUITE_P(Ways, Move,
                         testing::Values(Way{kSqlite, kPostgres}, Way{kPostgres, kSqlite},
                                         Way{kSqlite, kSqlite}, Way{kPostgres, kPostgres}),
                         [](const testing::TestParamInfo<Way>& way) {
                           return std::string(way.param.from.engine) + "_to_" + way.param.to.engine;
                         });

TEST_P(Move, TakesEveryRowOfEveryTableAndEveryFile) {
  fill(fill_every_table);
  const Exported exported = export_of(from());
  ASSERT_EQ(exported.report.sections.size(), std::tuple_size_v<AllRows> + 1);
  for (const auto& section : exported.report.sections) {
    EXPECT_GT(section.count, 0) << section.name << ": this test puts nothing there";
  }
  const ImportReport imported = import_into(to(), exported.bytes);
  EXPECT_EQ(imported.sections, exported.report.sections);
  EXPECT_EQ(imported.sha256, exported.report.sha256);
  EXPECT_EQ(imported.pages, exported.report.pages);

  // And what is there now is what is exported from there.
  const Exported again = export_of(to());
  EXPECT_EQ(again.report.sections, exported.report.sections);
  EXPECT_EQ(again.report.head.config_version, 41);
  const OpenStore there(to());
  EXPECT_EQ(there.store->receipt_files().get(Filler(3).row<domain::Receipt>().file), kFileContent);
}

/// Where no gateway runs, none has anything in hand: not even one that was killed.
TEST_P(Move, LeavesClaimsBehind) {
  fill(fill_every_table);
  const auto claimed = Filler(3).row<domain::Delivery>();
  ASSERT_FALSE(claimed.claimed_by.is_nil());
  (void)import_into(to(), export_of(from()).bytes);
  const OpenStore there(to());
  const auto delivery = there.reader->delivery(claimed.request_id);
  ASSERT_TRUE(delivery.has_value());
  EXPECT_EQ(difference(*delivery, claimed), "claimed_by ");
  EXPECT_TRUE(delivery->claimed_by.is_nil());
}

TEST_P(Move, LeavesTheBooksCleanAndEndingWhereTheyDid) {
  fill([](const OpenStore& open) {
    for (std::uint32_t n = 1; n <= 20; ++n) settle(open, n);
  });
  const Exported exported = export_of(from());
  const ImportReport imported = import_into(to(), exported.bytes);
  EXPECT_THAT(imported.ledger.problems, IsEmpty());
  EXPECT_THAT(imported.receipts_missing, IsEmpty());
  EXPECT_EQ(imported.ledger.payments, 20);
  ASSERT_EQ(imported.ledger.heads.size(), 1U);
  EXPECT_EQ(difference(imported.ledger.heads[0], exported.report.lanes.at(0)), "");

  // The store goes on as if it had never been elsewhere: the next links follow.
  const OpenStore there(to());
  settle(there, 21);
  EXPECT_THAT(there.reader->check_ledger().problems, IsEmpty());
}

TEST_P(Move, TakesTheLiveClockAlong) {
  fill([](const OpenStore& open) {
    WorkingSet ws;
    open.writer->begin();
    open.writer->apply(ws, 1, at_ms(1'234'567));
    open.writer->commit();
  });
  (void)import_into(to(), export_of(from()).bytes);
  const OpenStore there(to());
  EXPECT_EQ(there.writer->live_clock_mark(), at_ms(1'234'567));
}

/// Whatever the moment of the kill, the pages before it are stored, and nothing of the one in hand.
TEST_P(Move, KilledAtEveryPageGoesOnWhereItWas) {
  fill(fill_every_table);
  const Exported exported = export_of(from());
  const auto bounds = page_bounds(exported.bytes);
  ASSERT_GT(bounds.size(), std::tuple_size_v<AllRows>);
  for (std::size_t page = 1; page + 1 < bounds.size(); ++page) {
    const auto whole_pages = exported.bytes.substr(0, bounds[page]);
    EXPECT_THAT(refusal([&] { (void)import_into(to(), whole_pages); }),
                HasSubstr("not whole: it ends before page " + std::to_string(page)));
    const auto and_half = exported.bytes.substr(0, (bounds[page] + bounds[page + 1]) / 2);
    EXPECT_THAT(refusal([&] { (void)import_into(to(), and_half); }),
                HasSubstr("not whole: it ends within page " + std::to_string(page)));
    EXPECT_THAT(store::refusal(to().options()), HasSubstr("run the same `kassa import` again"));
  }
  const ImportReport imported = import_into(to(), exported.bytes);
  EXPECT_EQ(imported.pages_before, static_cast<std::int64_t>(bounds.size()) - 3);
  EXPECT_EQ(imported.sections, exported.report.sections);
  EXPECT_EQ(store::refusal(to().options()), "");
}

TEST_P(Move, FindsADamagedPageAndNamesIt) {
  fill(fill_every_table);
  const Exported exported = export_of(from());
  const auto bounds = page_bounds(exported.bytes);
  for (std::size_t page = 0; page + 1 < bounds.size(); ++page) {
    const std::size_t first = bounds[page];
    const std::size_t last = bounds[page + 1] - 1;
    for (const std::size_t at : {first, first + 1, (first + last) / 2, last}) {
      std::string damaged = exported.bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      PageReader reader(source_of(damaged));
      const std::string said = refusal([&reader] {
        while (reader.next().kind != PageKind::end) {
        }
      });
      EXPECT_THAT(said, HasSubstr("page " + std::to_string(page))) << "byte " << at;
    }
  }
  // Through an import: what came before stays, and a whole file goes on from there.
  std::string damaged = exported.bytes;
  damaged[bounds[3] - 40] = static_cast<char>(damaged[bounds[3] - 40] ^ 0x10);
  EXPECT_THAT(refusal([&] { (void)import_into(to(), damaged); }),
              HasSubstr("page 2 (rows of payment_keys) of the export is damaged"));
  EXPECT_EQ(import_into(to(), exported.bytes).pages_before, 1);
}

TEST_P(Move, NeverMixesTwoExports) {
  fill([](const OpenStore& open) { settle(open, 1); });
  const Exported first = export_of(from(), 1);
  const auto half = first.bytes.substr(0, page_bounds(first.bytes)[4]);
  EXPECT_NE(refusal([&] { (void)import_into(to(), half); }), "");
  fill([](const OpenStore& open) { settle(open, 2); });
  EXPECT_THAT(refusal([&] { (void)import_into(to(), export_of(from(), 2).bytes); }),
              HasSubstr("another export"));
  EXPECT_THAT(refusal([&] { (void)import_into(to(), export_of(from(), 1).bytes); }),
              HasSubstr("from another file"))
      << "the same id, other pages";
  EXPECT_EQ(import_into(to(), first.bytes).sections, first.report.sections);
}

TEST_P(Move, WantsAnEmptyStore) {
  fill([](const OpenStore& open) { settle(open, 1); });
  const Exported exported = export_of(from());
  {
    settle(OpenStore(to()), 7);
  }
  EXPECT_THAT(refusal([&] { (void)import_into(to(), exported.bytes); }),
              HasSubstr("not empty, it has rows in payments"));
  EXPECT_EQ(store::refusal(to().options()), "") << "it is the store that it was";

  begin_anew();
  (void)import_into(to(), exported.bytes);
  EXPECT_THAT(refusal([&] { (void)import_into(to(), exported.bytes); }), HasSubstr("not empty"));
}

TEST_P(Move, IsOfAStoreThatStandsStillIntoOneThatNobodyHas) {
  fill([](const OpenStore& open) { settle(open, 1); });
  const Exported exported = export_of(from());
  const auto taken = testing::AnyOf(HasSubstr("in use by process"), HasSubstr("a gateway lives"));
  {
    const OpenStore open(from());
    open.batch([](WorkingSet&) {});
    EXPECT_THAT(refusal([&] { (void)export_of(from()); }), taken);
  }
  {
    const OpenStore open(to());
    open.batch([](WorkingSet&) {});
    EXPECT_THAT(refusal([&] { (void)import_into(to(), exported.bytes); }), taken);
  }
  EXPECT_EQ(import_into(to(), exported.bytes).sections, exported.report.sections);
}

TEST_P(Move, ComparesWhatIsStoredWithWhatWasExported) {
  fill([](const OpenStore& open) { settle(open, 1); });
  const std::string wrong = rewritten(export_of(from()).bytes, [](ExportPage& page) {
    if (page.kind != PageKind::end) return;
    const std::string said = "section payments 1 ";
    const std::size_t at = page.content.find(said) + said.size();
    page.content[at] = page.content[at] == '0' ? '1' : '0';
  });
  EXPECT_THAT(refusal([&] { (void)import_into(to(), wrong); }),
              HasSubstr("not what was exported: payments (1 here)"));
  EXPECT_THAT(store::refusal(to().options()), HasSubstr("kassa import"));
}

TEST_P(Move, TellsReceiptsWithoutAFile) {
  fill([](const OpenStore& open) {
    settle(open, 1);
    domain::Receipt receipt = Filler(3).row<domain::Receipt>();
    receipt.request_id = payin_names(1).request_id;
    open.batch([&](WorkingSet& ws) { ws.receipts.insert(receipt); });
  });
  const Exported exported = export_of(from());
  EXPECT_EQ(exported.report.files_missing, 1);
  EXPECT_THAT(import_into(to(), exported.bytes).receipts_missing,
              ElementsAre(HasSubstr("is missing")));
}

TEST_P(Move, RefusesAnExportOfOtherTables) {
  fill([](const OpenStore& open) { settle(open, 1); });
  const std::string other = rewritten(export_of(from()).bytes, [](ExportPage& page) {
    const std::string column = " was_appealed:integer";
    const std::size_t at = page.content.find(column);
    if (page.kind == PageKind::head) page.content.erase(at, column.size());
  });
  EXPECT_THAT(refusal([&] { (void)import_into(to(), other); }),
              HasSubstr("table payments is not that of this Kassa"));
}

// ---- what needs no two engines ---------------------------------------------------------------

TEST(Export, SaysOfItselfWhatItIs) {
  SqlitePlace place;
  {
    settle(OpenStore(place), 1);
  }
  const Exported exported = export_of(place);
  EXPECT_THAT(exported.bytes, testing::StartsWith("kassa export 1\n"));
  PageReader reader(source_of(exported.bytes));
  const ExportHead head = read_head(reader.next().content);
  EXPECT_EQ(head.id, id_of<domain::RequestId>(1).value);
  EXPECT_EQ(head.kassa, "kassa of a test");
  EXPECT_EQ(head.engine, "sqlite");
  EXPECT_EQ(head.schema, exported.report.head.schema);
  ASSERT_EQ(head.keys.size(), 2U);
  EXPECT_EQ(head.keys[0].proof, "proof of one");
  EXPECT_TRUE(head.keys[0].opens);
  EXPECT_FALSE(head.keys[1].opens);
}

TEST(Export, OfOneStoreHasTheSameSectionsWhateverTheEngine) {
  const auto fill = [](StorePlace& place) {
    const OpenStore open(place);
    fill_every_table(open);
  };
  SqlitePlace sqlite;
  PostgresPlace postgres;
  fill(sqlite);
  fill(postgres);
  EXPECT_EQ(export_of(sqlite).report.sections, export_of(postgres).report.sections);
}

/// Whoever comes while it is exported can write nothing that the export would lack.
TEST(Export, LetsAPostgresqlStoreStandStill) {
  PostgresPlace place;
  {
    settle(OpenStore(place), 1);
  }
  std::string said;
  const auto write_meanwhile = [&](std::string_view) {
    if (!said.empty()) return;
    postgres::Connection other(place.url(), "SET lock_timeout = 50",
                               std::make_shared<postgres::Outage>());
    other.open();
    said = refusal([&] { other.execute("a batch's mark", "DELETE FROM writers"); });
  };
  (void)export_store(place.url(), {}, write_meanwhile);
  EXPECT_THAT(said, HasSubstr("55P03"));
}

TEST(Import, MakesNothingOfWhatIsRefusedAtOnce) {
  SqlitePlace place;
  {
    settle(OpenStore(place), 1);
  }
  const Exported exported = export_of(place);
  SqlitePlace target;
  const auto refuse = [](const ExportHead&) {
    throw StoreError(StoreError::Kind::failed, "the ring is another");
  };
  const auto import = [&] {
    (void)import_store(target.options().url, source_of(exported.bytes), refuse);
  };
  EXPECT_EQ(refusal(import), "the ring is another");
  for (const std::string& bytes : {std::string("something else entirely"), std::string(),
                                   "kassa export 2\n" + exported.bytes.substr(15)}) {
    EXPECT_NE(refusal([&] { (void)import_into(target, bytes); }), "");
  }
  EXPECT_FALSE(std::filesystem::exists(target.file()));
}

TEST(Import, SaysThatANewerKassaIsNeeded) {
  EXPECT_THAT(refusal([] { PageReader reader(source_of("kassa export 2\nsomething")); }),
              HasSubstr("a newer Kassa made this export"));
}

TEST(Import, WantsNothingBehindTheEnd) {
  SqlitePlace place;
  {
    settle(OpenStore(place), 1);
  }
  SqlitePlace target;
  EXPECT_THAT(refusal([&] { (void)import_into(target, export_of(place).bytes + "x"); }),
              HasSubstr("behind the end"));
}

TEST(Import, MakesItsStoreWhereNoneIs) {
  SqlitePlace place;
  {
    settle(OpenStore(place), 1);
  }
  const PostgresPlace empty = PostgresPlace::empty();
  const Exported exported = export_of(place);
  EXPECT_EQ(import_into(empty, exported.bytes).sections, exported.report.sections);
}

TEST(RowBytes, ComeBackAsTheyWere) {
  using Limits = std::numeric_limits<std::int64_t>;
  constexpr ColumnShape kInteger{"n", ColumnType::integer, true};
  struct {
    std::vector<std::int64_t> integers;
    int nulls = 0;
    void put_null() { ++nulls; }
    void put_integer(std::int64_t value) { integers.push_back(value); }
    void put_text(std::string_view /*value*/) {}
    void put_blob(std::string_view /*value*/) {}
  } read;
  std::string bytes;
  ValuesWriter writer(bytes);
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{63},
                               std::int64_t{64}, Limits::min(), Limits::max()}) {
    writer.put_integer(n);
  }
  writer.put_null();
  ValuesReader reader(bytes);
  while (!reader.at_end()) reader.hand_over(kInteger, read);
  EXPECT_THAT(read.integers, ElementsAre(0, -1, 63, 64, Limits::min(), Limits::max()));
  EXPECT_EQ(read.nulls, 1);
}

TEST(RowBytes, OfAnotherKindOrLengthAreRefused) {
  struct {
    void put_null() {}
    void put_integer(std::int64_t /*value*/) {}
    void put_text(std::string_view /*value*/) {}
    void put_blob(std::string_view /*value*/) {}
  } nobody;
  const auto said = [&nobody](const std::string& bytes, ColumnShape column) {
    return refusal([&] {
      ValuesReader reader(bytes);
      reader.hand_over(column, nobody);
    });
  };
  const ColumnShape number{"n", ColumnType::integer};
  EXPECT_THAT(said(std::string(1, '\0'), number), HasSubstr("n holds something of another kind"));
  EXPECT_THAT(said("\2\1a", number), HasSubstr("another kind"));
  EXPECT_THAT(said("\1", number), HasSubstr("too early"));
  EXPECT_THAT(said("\1" + std::string(11, '\xff'), number), HasSubstr("too long"));
  EXPECT_THAT(said("\3\5abc", {"b", ColumnType::blob}), HasSubstr("too early"));
}

}  // namespace
}  // namespace kassa::store

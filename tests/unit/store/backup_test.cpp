// Copies of a store that is being written to, and the place where one becomes a store again.
#include "store/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "store/sqlite/connection.hpp"
#include "store/sqlite/schema.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

namespace fs = std::filesystem;
using sqlite::Database;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

void settle(const OpenStore& open, std::uint32_t n) {
  const PayinNames names = payin_names(n);
  open.batch(keys_of(names), [&](domain::WorkingSet& ws) {
    create_payin(ws, names);
    assign_payin(ws, names);
    settle_payin(ws, names);
    domain::DeliveryAttempt tried;
    tried.request_id = names.request_id;
    tried.seq = 1;
    ws.append(tried);
  });
}

/// Payins 1 … count in one commit.
void create_many(const OpenStore& open, std::uint32_t count) {
  open.batch([count](domain::WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= count; ++n) create_payin(ws, payin_names(n));
  });
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
  } catch (const StoreError& error) {
    return error.what();
  }
  return {};
}

TEST(Backup, OfAStoreInUseIsAsItStoodAndChecksClean) {
  SqlitePlace place;
  const OpenStore open(place);
  settle(open, 1);
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  settle(open, 2);

  const CopyContents contents = contents_of_copy(copy.path());
  EXPECT_EQ(contents.schema, sqlite::newest_schema());
  EXPECT_EQ(contents.rows.at("payments"), 1);
  const LedgerReport report = check_copy(copy.path());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.payments, 1);
  ASSERT_EQ(contents.heads.size(), 1U);
  EXPECT_EQ(difference(contents.heads[0], report.heads.at(0)), "");
  EXPECT_EQ(open.reader->check_ledger().payments, 2) << "the store went on";
}

/// The copy takes several steps, and the writer commits between them.
TEST(Backup, UnderAWriterThatNeverPausesIsOfOneMoment) {
  SqlitePlace place;
  const OpenStore open(place);
  constexpr std::uint32_t kMany = 20'000;
  create_many(open, kMany);
  ops::TemporaryDirectory copy;
  std::atomic<bool> copied{false};
  std::atomic<std::uint32_t> last{kMany};
  std::thread writer([&] {
    while (!copied) settle(open, ++last);
  });
  const std::uint32_t before = last - 1;  // the one after it may be on its way
  copy_store(place.file(), copy.path());
  copied = true;
  writer.join();
  EXPECT_GT(fs::file_size(copy.path() / "kassa.db"), 5U << 20U) << "it was copied in one step";
  const LedgerReport report = check_copy(copy.path());
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_GE(report.payments, before) << "what was committed before the copy began is in it";
}

TEST(Backup, ReadingACopyLeavesNothingBesideIt) {
  SqlitePlace place;
  const OpenStore open(place);
  settle(open, 1);
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  (void)contents_of_copy(copy.path());
  (void)check_copy(copy.path());
  EXPECT_EQ(std::distance(fs::directory_iterator(copy.path()), {}), 1) << "kassa.db alone";
  struct stat status{};
  ASSERT_EQ(::stat((copy.path() / "kassa.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(Backup, TakesTheFilesBesideTheStoreAlong) {
  SqlitePlace place;
  const OpenStore open(place);
  write_file(place.file() + ".receipts/a.sealed", "sealed bytes");
  write_file(place.file() + ".receipts/b.new", "unfinished");
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  EXPECT_EQ(fs::file_size(copy.path() / "receipts" / "a.sealed"), 12U);
  EXPECT_FALSE(fs::exists(copy.path() / "receipts" / "b.new"));

  ops::TemporaryDirectory elsewhere;
  const fs::path path = elsewhere.path() / "kassa.db";
  NewPlace target(path);
  copy_files(copy.path(), target.folder(), {});
  target.put();
  EXPECT_TRUE(fs::exists(path.string() + ".receipts/a.sealed"));
}

TEST(Backup, OfAnOlderSchemaIsBroughtUpToDateToBeVerified) {
  ops::TemporaryDirectory folder;
  const fs::path file = folder.path() / "old.db";
  (void)Database("file:" + file.string(), Database::Mode::create_in_memory,
                 std::string(sqlite::migrations().front().sql) +
                     "UPDATE meta SET value = 1 WHERE name = 'schema_version';"
                     "PRAGMA application_id = 0x4B415353;");
  ops::TemporaryDirectory copy;
  copy_store(file, copy.path());
  EXPECT_EQ(contents_of_copy(copy.path()).schema, 1);
  EXPECT_THAT(contents_of_copy(copy.path()).heads, IsEmpty());
  EXPECT_THAT(refusal([&] { (void)check_copy(copy.path()); }), HasSubstr("--to PATH"));
  migrate_copy(copy.path());
  EXPECT_EQ(contents_of_copy(copy.path()).schema, sqlite::newest_schema());
  EXPECT_THAT(check_copy(copy.path()).problems, IsEmpty());
  EXPECT_EQ(std::distance(fs::directory_iterator(copy.path()), {}), 1) << "kassa.db alone";
}

TEST(Backup, WithoutAFileThatARowNamesIsFound) {
  SqlitePlace place;
  const OpenStore open(place);
  const auto file = id_of<domain::ReceiptFileId>(7);
  open.store->receipt_files().put(file, "sealed bytes");
  open.batch([&](domain::WorkingSet& ws) {
    domain::Receipt receipt = Filler(100).row<domain::Receipt>();
    receipt.notice_id = id_of<domain::NoticeId>(1);
    receipt.file = file;
    ws.receipts.put_loaded(receipt.notice_id, std::nullopt);
    ws.receipts.insert(std::move(receipt));
  });
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  EXPECT_THAT(check_copy(copy.path()).problems, Not(Contains(HasSubstr("the file of receipt"))));
  fs::remove_all(copy.path() / "receipts");
  EXPECT_THAT(check_copy(copy.path()).problems, Contains(HasSubstr("the file of receipt")));
}

TEST(Backup, IsRefusedOfWhatIsNoStore) {
  ops::TemporaryDirectory folder;
  ops::TemporaryDirectory copy;
  EXPECT_THAT(refusal([&] { copy_store(folder.path() / "none.db", copy.path()); }),
              HasSubstr("there is no store at"));
  write_file(folder.path() / "text.db", std::string(4096, 'x'));
  EXPECT_NE(refusal([&] { copy_store(folder.path() / "text.db", copy.path()); }), "");
}

TEST(Backup, EndsWhenItIsStopped) {
  SqlitePlace place;
  const OpenStore open(place);
  ops::TemporaryDirectory copy;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THAT(refusal([&] { copy_store(place.file(), copy.path(), stop.get_token()); }),
              HasSubstr("stopped"));
}

TEST(Backup, OfBooksThatDoNotAddUpIsFound) {
  SqlitePlace place;
  const OpenStore open(place);
  settle(open, 1);
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  {
    Database db =
        sqlite::open_connection((copy.path() / "kassa.db").string(), Database::Mode::read_write);
    db.execute("tamper", "UPDATE accounts SET balance = balance + 1; PRAGMA journal_mode = DELETE");
  }
  EXPECT_THAT(check_copy(copy.path()).problems, Not(IsEmpty()));
}

/// What a failing disk does: one page in the middle comes back as zeroes.
TEST(Backup, WithABrokenPageIsFound) {
  SqlitePlace place;
  const OpenStore open(place);
  create_many(open, 500);
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  const fs::path file = copy.path() / "kassa.db";
  constexpr std::size_t kPage = 4096;
  const auto pages = static_cast<std::streamoff>(fs::file_size(file) / kPage);
  {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(pages / 2 * static_cast<std::streamoff>(kPage));
    bytes << std::string(kPage, '\0');
  }
  bool found = false;
  try {
    found = !check_copy(copy.path()).problems.empty();
  } catch (const StoreError& error) {
    found = error.kind() == StoreError::Kind::fatal;
  }
  EXPECT_TRUE(found);
}

// ---- a new place -----------------------------------------------------------------------------

TEST(NewPlace, BecomesAStoreThatOpens) {
  SqlitePlace place;
  const OpenStore open(place);
  settle(open, 1);
  ops::TemporaryDirectory copy;
  copy_store(place.file(), copy.path());
  ops::TemporaryDirectory elsewhere;
  const fs::path path = elsewhere.path() / "kassa.db";
  {
    NewPlace target(path);
    copy_files(copy.path(), target.folder(), {});
    EXPECT_FALSE(fs::exists(path)) << "nothing is there before it is put";
    EXPECT_TRUE(is_owned("sqlite:" + path.string())) << "nobody opens a store there meanwhile";
    target.put();
  }
  EXPECT_FALSE(fs::exists(path.string() + ".restoring"));
  StoreOptions options;
  options.url = "sqlite:" + path.string();
  const auto store = open_store(options);
  EXPECT_TRUE(store->open_reader()->payment(payin_names(1).request_id).has_value());
  EXPECT_THAT(store->open_reader()->check_ledger().problems, IsEmpty());
}

TEST(NewPlace, IsRefusedWhereAnythingOfAStoreLies) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".receipts"}) {
    ops::TemporaryDirectory folder;
    const fs::path path = folder.path() / "kassa.db";
    write_file(path.string() + suffix, "somebody's");
    EXPECT_THAT(refusal([&] { const NewPlace target(path); }), HasSubstr("is there already"))
        << suffix;
    EXPECT_EQ(fs::file_size(path.string() + suffix), 10U) << suffix;
  }
}

TEST(NewPlace, IsRefusedWhereAStoreIsOpen) {
  SqlitePlace place;
  const OpenStore open(place);
  EXPECT_THAT(refusal([&] { const NewPlace target(place.file()); }),
              HasSubstr("in use by process"));
}

TEST(NewPlace, ClearsAwayWhatAKilledOneLeftAndLeavesNothingItself) {
  ops::TemporaryDirectory folder;
  const fs::path path = folder.path() / "kassa.db";
  write_file(path.string() + ".restoring/kassa.db", "half");
  {
    const NewPlace target(path);
    EXPECT_TRUE(fs::is_empty(target.folder()));
  }
  EXPECT_FALSE(fs::exists(path.string() + ".restoring"));
  EXPECT_FALSE(fs::exists(path));
}

}  // namespace
}  // namespace kassa::store

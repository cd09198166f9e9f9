// The files of receipts: durable before their rows, and never without one after a start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "store/receipt_check.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::ReceiptFileId;

const ReceiptFileId kFile = id_of<ReceiptFileId>(1);
const std::string kContent("sealed \0 bytes", 14);

domain::Receipt row(std::uint32_t n, ReceiptFileId file) {
  domain::Receipt receipt = Filler(n * 100).row<domain::Receipt>();
  receipt.notice_id = id_of<domain::NoticeId>(n);
  receipt.file = file;
  return receipt;
}

// ---- every engine ----------------------------------------------------------------------------

using ReceiptContract = StoreContract;
KASSA_INSTANTIATE_STORES(ReceiptContract);

TEST_P(ReceiptContract, FilesComeBackAsTheyWere) {
  ReceiptFiles& files = open().store->receipt_files();
  EXPECT_FALSE(files.has(kFile));
  EXPECT_EQ(files.get(kFile), std::nullopt);
  std::string long_content;
  while (long_content.size() < 1'000'000)
    long_content += kContent + std::to_string(long_content.size());
  const auto long_file = id_of<ReceiptFileId>(2);
  files.put(kFile, kContent);
  files.put(long_file, long_content);
  EXPECT_TRUE(files.has(kFile));
  EXPECT_EQ(files.get(kFile), kContent);
  EXPECT_EQ(files.get(long_file), long_content);
  files.remove(kFile);
  EXPECT_FALSE(files.has(kFile));
  EXPECT_TRUE(files.has(long_file));
}

TEST_P(ReceiptContract, FilesAreReplacedAndToldByTheirFirstBytes) {
  ReceiptFiles& files = open().store->receipt_files();
  EXPECT_EQ(files.head(kFile), std::nullopt);
  const std::string longer(1'000'000, 'x');
  files.put(kFile, longer);
  EXPECT_EQ(files.head(kFile), longer.substr(0, kReceiptHeadBytes));
  files.put(kFile, kContent);
  EXPECT_EQ(files.get(kFile), kContent);
  EXPECT_EQ(files.head(kFile), kContent);
}

TEST_P(ReceiptContract, FilesThatARowNamesAreThereAfterAStart) {
  open().store->receipt_files().put(kFile, kContent);
  open().batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, kFile)); });
  reopen();
  EXPECT_EQ(open().store->receipt_files().get(kFile), kContent);
}

TEST_P(ReceiptContract, FilesThatAreMissingAreFoundPageByPage) {
  ReceiptFiles& files = open().store->receipt_files();
  constexpr std::uint32_t kRows = 1'050;  // more than a page
  for (const std::uint32_t n : {1U, kRows}) files.put(id_of<ReceiptFileId>(n), kContent);
  const auto missing = [&] { return missing_receipts(reader(), files); };
  open().batch([&](domain::WorkingSet& ws) {
    ws.receipts.insert(row(1, id_of<ReceiptFileId>(1)));
    ws.receipts.insert(row(kRows, id_of<ReceiptFileId>(kRows)));
  });
  EXPECT_THAT(missing(), testing::IsEmpty());
  files.remove(id_of<ReceiptFileId>(kRows));
  const std::string of_last = "payment " + row(kRows, kFile).request_id.text() +
                              ": the file of receipt " + std::to_string(row(kRows, kFile).number) +
                              " is missing";
  EXPECT_THAT(missing(), testing::ElementsAre(of_last));

  open().batch([&](domain::WorkingSet& ws) {
    for (std::uint32_t n = 2; n < kRows; ++n) {
      ws.receipts.insert(row(n, id_of<ReceiptFileId>(1)));  // of a file that is there
    }
  });
  EXPECT_THAT(missing(), testing::ElementsAre(of_last)) << "on the second page";
  files.remove(id_of<ReceiptFileId>(1));
  EXPECT_EQ(missing().size(), 100U);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW((void)missing_receipts(reader(), files, stop.get_token()), StoreError);
}

TEST_P(ReceiptContract, RowsAreReadByPaymentAndPageByPage) {
  const auto payment = id_of<domain::RequestId>(7);
  open().batch([&](domain::WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 3; ++n) {
      domain::Receipt receipt = row(n, id_of<ReceiptFileId>(n));
      receipt.request_id = payment;
      receipt.number = static_cast<std::int32_t>(4 - n);
      ws.receipts.insert(receipt);
    }
  });
  const auto of_payment = reader().receipts(payment);
  ASSERT_EQ(of_payment.size(), 3U);
  EXPECT_EQ(of_payment.front().number, 1);
  EXPECT_EQ(of_payment.front().file, id_of<ReceiptFileId>(3));
  const auto first = reader().receipts_list({"", 2});
  ASSERT_EQ(first.rows.size(), 2U);
  const auto rest = reader().receipts_list({first.next_cursor, 2});
  ASSERT_EQ(rest.rows.size(), 1U);
  EXPECT_EQ(rest.rows.front().notice_id, id_of<domain::NoticeId>(3));
  EXPECT_EQ(reader().receipt(id_of<domain::NoticeId>(2))->number, 2);
}

TEST_P(ReceiptContract, OneContentIsOneReceiptWhateverTheProgramBelieves) {
  open().batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, kFile)); });
  domain::Receipt again = row(2, id_of<ReceiptFileId>(2));
  again.content = row(1, kFile).content;
  EXPECT_THROW(open().batch([&](domain::WorkingSet& ws) { ws.receipts.insert(again); }),
               StoreError);
  writer().rollback();
}

// ---- a folder beside a SQLite store ----------------------------------------------------------

struct ReceiptFolderTest : testing::Test {
  [[nodiscard]] std::filesystem::path folder() const { return place.file() + ".receipts"; }
  [[nodiscard]] std::filesystem::path path_of(ReceiptFileId id) const {
    return folder() / (id.text() + ".sealed");
  }

  SqlitePlace place;
};

TEST_F(ReceiptFolderTest, IsTheOwnersAlone) {
  const auto store = place.open();
  ReceiptFiles& files = store->receipt_files();
  files.put(kFile, kContent);
  struct stat status{};
  ASSERT_EQ(::stat(path_of(kFile).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  files.remove(kFile);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}), 0);
}

TEST_F(ReceiptFolderTest, LosesFilesWithoutARowAtTheNextStart) {
  const ReceiptFileId orphan = id_of<ReceiptFileId>(2);
  {
    const OpenStore open(place);
    open.store->receipt_files().put(kFile, kContent);
    open.store->receipt_files().put(orphan, kContent);  // the process dies before its row
    open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, kFile)); });
  }
  const auto unfinished = folder() / (id_of<ReceiptFileId>(3).text() + ".new");
  std::ofstream(unfinished) << "half";
  const auto strangers = folder() / "README";
  std::ofstream(strangers) << "ours to keep";

  const auto store = place.open();
  EXPECT_EQ(store->receipt_files().get(kFile), kContent);
  EXPECT_FALSE(store->receipt_files().has(orphan));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
  EXPECT_TRUE(std::filesystem::exists(strangers));
}

TEST_F(ReceiptFolderTest, StaysAsItIsWhenACopyIsOpenedBesideTheStore) {
  {
    const OpenStore open(place);
    open.store->receipt_files().put(kFile, kContent);
    open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, kFile)); });
  }
  StoreOptions copy = place.options();
  copy.url += ".copy";  // an older backup, which has no row of it
  (void)open_store(copy);
  EXPECT_EQ(place.open()->receipt_files().get(kFile), kContent);
}

TEST_F(ReceiptFolderTest, ThatCantBeMadeTakesNoFile) {
  const auto store = place.open();
  std::ofstream(folder()) << "a file in its place";
  EXPECT_THROW(store->receipt_files().put(kFile, kContent), StoreError);
  EXPECT_FALSE(store->receipt_files().has(kFile));
}

// ---- a table beside the others in PostgreSQL -------------------------------------------------

TEST(ReceiptChunks, WithoutARowGoOnceTheyAreAnHourOld) {
  const ReceiptFileId orphan = id_of<ReceiptFileId>(2);
  PostgresPlace place;
  const OpenStore open(place);
  ReceiptFiles& files = open.store->receipt_files();
  files.put(kFile, kContent);
  files.put(orphan, kContent);
  open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, kFile)); });
  (void)place.open();
  EXPECT_TRUE(files.has(orphan)) << "its row may be on its way";
  (void)place.tamper("UPDATE receipt_chunks SET stored_at = stored_at - interval '61 minutes'");
  (void)place.open();
  EXPECT_FALSE(files.has(orphan));
  EXPECT_TRUE(files.has(kFile));
}

}  // namespace
}  // namespace kassa::store

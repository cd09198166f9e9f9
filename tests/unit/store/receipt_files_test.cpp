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

struct ReceiptFilesTest : testing::Test {
  [[nodiscard]] std::filesystem::path folder() const { return place.file() + ".receipts"; }
  [[nodiscard]] std::filesystem::path path_of(ReceiptFileId id) const {
    return folder() / (id.text() + ".sealed");
  }
  static domain::Receipt row(std::uint32_t n, ReceiptFileId file) {
    domain::Receipt receipt = Filler(n * 100).row<domain::Receipt>();
    receipt.notice_id = id_of<domain::NoticeId>(n);
    receipt.file = file;
    return receipt;
  }

  SqlitePlace place;
  const ReceiptFileId file = id_of<ReceiptFileId>(1);
  const std::string content = std::string("sealed \0 bytes", 14);
};

TEST_F(ReceiptFilesTest, ComeBackAsTheyWereAndAreTheOwnersAlone) {
  const auto store = place.open();
  ReceiptFiles& files = store->receipt_files();
  EXPECT_FALSE(files.has(file));
  EXPECT_EQ(files.get(file), std::nullopt);
  files.put(file, content);
  EXPECT_TRUE(files.has(file));
  EXPECT_EQ(files.get(file), content);
  struct stat status{};
  ASSERT_EQ(::stat(path_of(file).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat(folder().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);
  files.remove(file);
  EXPECT_FALSE(files.has(file));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}), 0);
}

TEST_F(ReceiptFilesTest, AreReplacedInOneStepAndToldByTheirFirstBytes) {
  const auto store = place.open();
  ReceiptFiles& files = store->receipt_files();
  EXPECT_EQ(files.head(file), std::nullopt);
  files.put(file, content);
  EXPECT_EQ(files.head(file), content);
  const std::string longer(100, 'x');
  files.put(file, longer);
  EXPECT_EQ(files.get(file), longer);
  EXPECT_EQ(files.head(file), longer.substr(0, kReceiptHeadBytes));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder()), {}), 1);
}

TEST_F(ReceiptFilesTest, WithoutARowAreRemovedAtTheNextStart) {
  const ReceiptFileId orphan = id_of<ReceiptFileId>(2);
  {
    const OpenStore open(place);
    open.store->receipt_files().put(file, content);
    open.store->receipt_files().put(orphan, content);  // the process dies before its row
    open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, file)); });
  }
  const auto unfinished = folder() / (id_of<ReceiptFileId>(3).text() + ".new");
  std::ofstream(unfinished) << "half";
  const auto strangers = folder() / "README";
  std::ofstream(strangers) << "ours to keep";

  const auto store = place.open();
  EXPECT_EQ(store->receipt_files().get(file), content);
  EXPECT_FALSE(store->receipt_files().has(orphan));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
  EXPECT_TRUE(std::filesystem::exists(strangers));
}

TEST_F(ReceiptFilesTest, OfACopyThatIsOpenedBesideTheStoreStayWhereTheyAre) {
  {
    const OpenStore open(place);
    open.store->receipt_files().put(file, content);
    open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, file)); });
  }
  StoreOptions copy = place.options();
  copy.url += ".copy";  // an older backup, which has no row of it
  (void)open_store(copy);
  EXPECT_EQ(place.open()->receipt_files().get(file), content);
}

TEST_F(ReceiptFilesTest, ThatAreMissingAreFoundPageByPage) {
  const OpenStore open(place);
  constexpr std::uint32_t kRows = 1'050;  // more than a page
  for (const std::uint32_t n : {1U, kRows}) {
    open.store->receipt_files().put(id_of<ReceiptFileId>(n), content);
  }
  const auto missing = [&] { return missing_receipts(*open.reader, open.store->receipt_files()); };
  open.batch([&](domain::WorkingSet& ws) {
    ws.receipts.insert(row(1, id_of<ReceiptFileId>(1)));
    ws.receipts.insert(row(kRows, id_of<ReceiptFileId>(kRows)));
  });
  EXPECT_THAT(missing(), testing::IsEmpty());
  open.store->receipt_files().remove(id_of<ReceiptFileId>(kRows));
  const std::string of_last = "payment " + row(kRows, file).request_id.text() +
                              ": the file of receipt " + std::to_string(row(kRows, file).number) +
                              " is missing";
  EXPECT_THAT(missing(), testing::ElementsAre(of_last));

  open.batch([&](domain::WorkingSet& ws) {
    for (std::uint32_t n = 2; n < kRows; ++n) {
      ws.receipts.insert(row(n, id_of<ReceiptFileId>(1)));  // of a file that is there
    }
  });
  EXPECT_THAT(missing(), testing::ElementsAre(of_last)) << "on the second page";
  open.store->receipt_files().remove(id_of<ReceiptFileId>(1));
  EXPECT_EQ(missing().size(), 100U);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW((void)missing_receipts(*open.reader, open.store->receipt_files(), stop.get_token()),
               StoreError);
}

TEST_F(ReceiptFilesTest, OfAFolderThatCantBeMadeAreRefused) {
  const auto store = place.open();
  std::ofstream(folder()) << "a file in its place";
  EXPECT_THROW(store->receipt_files().put(file, content), StoreError);
  EXPECT_FALSE(store->receipt_files().has(file));
}

TEST_F(ReceiptFilesTest, RowsAreReadByPaymentAndPageByPage) {
  const OpenStore open(place);
  const auto payment = id_of<domain::RequestId>(7);
  open.batch([&](domain::WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 3; ++n) {
      domain::Receipt receipt = row(n, id_of<ReceiptFileId>(n));
      receipt.request_id = payment;
      receipt.number = static_cast<std::int32_t>(4 - n);
      ws.receipts.insert(receipt);
    }
  });
  const auto of_payment = open.reader->receipts(payment);
  ASSERT_EQ(of_payment.size(), 3U);
  EXPECT_EQ(of_payment.front().number, 1);
  EXPECT_EQ(of_payment.front().file, id_of<ReceiptFileId>(3));
  const auto first = open.reader->receipts_list({"", 2});
  ASSERT_EQ(first.rows.size(), 2U);
  const auto rest = open.reader->receipts_list({first.next_cursor, 2});
  ASSERT_EQ(rest.rows.size(), 1U);
  EXPECT_EQ(rest.rows.front().notice_id, id_of<domain::NoticeId>(3));
  EXPECT_EQ(open.reader->receipt(id_of<domain::NoticeId>(2))->number, 2);
}

TEST_F(ReceiptFilesTest, OneContentIsOneReceiptWhateverTheProgramBelieves) {
  const OpenStore open(place);
  open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(row(1, file)); });
  domain::Receipt again = row(2, id_of<ReceiptFileId>(2));
  again.content = row(1, file).content;
  EXPECT_THROW(open.batch([&](domain::WorkingSet& ws) { ws.receipts.insert(again); }), StoreError);
  open.writer->rollback();
}

}  // namespace
}  // namespace kassa::store

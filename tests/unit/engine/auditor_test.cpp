// The hourly check of the whole ledger.
#include "engine/auditor.hpp"
#include "encoding/base64.hpp"

#include <gmock/gmock.h>

#include "ops/crypto.hpp"
#include "ops/log.hpp"
#include "unit/engine/running_engine.hpp"

namespace kassa::engine::test {
namespace {

TEST(Auditor, FindsATamperedBalanceAndStopsAllChangesUntilResume) {
  RunningEngine running;
  const RequestId id = running.create(running.test, 100'000);
  ASSERT_TRUE(running.run(domain::ConfirmPayin{id}).has_value());
  running.wait(2s);
  ASSERT_EQ(running.state(id), "success");
  Auditor auditor(running.store(), *running.engine, 1h);
  EXPECT_TRUE(auditor.check_now());
  EXPECT_EQ(running.engine->read_only_reason(), "");

  running.place().tamper("UPDATE accounts SET balance = balance + 1 WHERE kind = 1");
  EXPECT_FALSE(auditor.check_now());
  EXPECT_NE(running.engine->read_only_reason(), "");
  const Decision refused = running.run(running.asking(running.test, 100'000));
  EXPECT_EQ(code_of(refused), domain::RefusalCode::unavailable);

  running.place().tamper("UPDATE accounts SET balance = balance - 1 WHERE kind = 1");
  running.engine->resume();
  EXPECT_TRUE(auditor.check_now());
  EXPECT_TRUE(running.run(running.asking(running.test, 100'000)).has_value());
}

TEST(Auditor, PutsTheHeadsOfTheBooksIntoTheLog) {
  RunningEngine running;
  ASSERT_TRUE(running.run(domain::ConfirmPayin{running.create(running.test, 100'000)}).has_value());
  running.wait(2s);
  const auto heads = running.store().open_reader()->check_ledger().heads;
  ASSERT_EQ(heads.size(), 1U);
  const ops::TemporaryDirectory directory;
  const auto file = directory / "log";
  ASSERT_TRUE(ops::log::start({ops::log::Level::info, ops::log::Format::text, file.string()}));
  Auditor auditor(running.store(), *running.engine, 1h);
  EXPECT_TRUE(auditor.check_now());
  ASSERT_TRUE(ops::log::start({}));
  EXPECT_THAT(ops::contents_of(file),
              testing::HasSubstr("audit.head lane=1 seq=" + std::to_string(heads[0].seq) +
                                 " chain=" + encoding::to_hex(heads[0].chain)));
}

TEST(Auditor, TellsOfAReceiptWhoseFileIsMissingAndPaymentsGoOn) {
  RunningEngine running;
  domain::AddReceipt shown;
  shown.request_id = running.create(running.test, 100'000);
  shown.id = id_of<domain::NoticeId>(0x77);
  shown.size = 9;
  shown.content.key_id = 1;
  shown.file = id_of<domain::ReceiptFileId>(0x78);
  running.store().receipt_files().put(shown.file, "a receipt");
  ASSERT_TRUE(running.run(shown).has_value());
  Auditor auditor(running.store(), *running.engine, 1h);
  EXPECT_TRUE(auditor.check_now());

  running.store().receipt_files().remove(shown.file);
  const ops::TemporaryDirectory directory;
  const auto file = directory / "log";
  ASSERT_TRUE(ops::log::start({ops::log::Level::info, ops::log::Format::text, file.string()}));
  EXPECT_FALSE(auditor.check_now());
  ASSERT_TRUE(ops::log::start({}));
  EXPECT_THAT(ops::contents_of(file), testing::HasSubstr("payment " + shown.request_id.text() +
                                                         ": the file of receipt 1 is missing"));
  EXPECT_EQ(running.engine->read_only_reason(), "");
  EXPECT_TRUE(running.run(running.asking(running.test, 100'000)).has_value());
}

TEST(Auditor, AStopEndsItsCheckAndHarmsNobody) {
  RunningEngine running;
  std::vector<std::future<Decision>> made;
  for (int i = 0; i < 500; ++i) made.push_back(running.submit(running.asking(running.test, 1'000)));
  for (auto& one : made) EXPECT_TRUE(one.get().has_value());
  Auditor auditor(running.store(), *running.engine, 1h);
  EXPECT_TRUE(auditor.check_now());
  auditor.stop();
  try {
    (void)auditor.check_now();
    ADD_FAILURE() << "it went on to the end";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::busy);
  }
  EXPECT_EQ(running.engine->read_only_reason(), "");
  EXPECT_TRUE(running.run(running.asking(running.test, 1'000)).has_value());
}

}  // namespace
}  // namespace kassa::engine::test

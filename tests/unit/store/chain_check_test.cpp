// Whatever is done to the transfers behind the program's back is found by their chains, and named
// by lane and seq. Checks of the schema are switched off for it, as on a disk that lies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite/connection.hpp"
#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using domain::Transfer;
using sqlite::Database;
using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

struct Place {
  std::int64_t lane = 0;
  std::int64_t seq = 0;

  [[nodiscard]] std::string text() const {
    return fmt::format("transfer {} of lane {} ", seq, lane);
  }
  [[nodiscard]] std::string where() const {
    return fmt::format(" WHERE lane = {} AND seq = {}", lane, seq);
  }
};

/// One stored value: an integer, or the bytes of a text or blob.
struct Stored {
  int type = SQLITE_NULL;
  std::int64_t number = 0;
  std::string bytes;

  [[nodiscard]] std::size_t size() const { return type == SQLITE_INTEGER ? 8 : bytes.size(); }
  [[nodiscard]] Stored with_byte_changed(std::size_t at, std::uint8_t mask) const {
    Stored changed = *this;
    if (type == SQLITE_INTEGER) {
      changed.number ^= static_cast<std::int64_t>(std::uint64_t{mask} << (8 * at));
    } else {
      changed.bytes[at] = static_cast<char>(static_cast<std::uint8_t>(bytes[at]) ^ mask);
    }
    return changed;
  }
  void put_null() {}
  void put_integer(std::int64_t value) { type = SQLITE_INTEGER, number = value; }
  void put_text(std::string_view value) { type = SQLITE_TEXT, bytes = value; }
  void put_blob(std::string_view value) { type = SQLITE_BLOB, bytes = value; }
};

/// Lane 1: transfers 1 … 4 of two payins; lane 2: 1 and 2 of a third.
class ChainCheckOf : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t n = 1; n <= 3; ++n) {
      const PayinNames names = payin_names(n);
      open_->batch(
          keys_of(names),
          [&](domain::WorkingSet& ws) {
            create_payin(ws, names);
            assign_payin(ws, names);
            settle_payin(ws, names);
          },
          n == 3 ? 2 : 1);
    }
    ASSERT_THAT(problems(), IsEmpty()) << "the books must begin clean";
    db_.execute("let anything in",
                "PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF;");
  }

  void tamper(const std::string& sql) {
    db_.execute("tamper", sql);
    ASSERT_GT(sqlite3_changes(db_.handle()), 0) << sql;
  }
  [[nodiscard]] std::vector<std::string> problems() {
    return open_->reader->check_ledger().problems;
  }
  [[nodiscard]] OpenStore reopened() {
    open_.reset();
    return OpenStore(place_);
  }

  /// Says that a problem is this transfer's. One that moved far away is the first of many missing.
  static auto names(const Place& place) {
    return AnyOf(HasSubstr(place.text()),
                 AllOf(HasSubstr(fmt::format("transfers {}..", place.seq)),
                       HasSubstr(fmt::format(" of lane {} ", place.lane))));
  }

  [[nodiscard]] Stored read(const Place& place, const std::string& column) {
    Statement statement(db_, "read", "SELECT " + column + " FROM transfers" + place.where());
    Execution row(statement);
    Stored stored;
    EXPECT_TRUE(row.step()) << place.text() << column;
    row.hand_over(0, stored);
    return stored;
  }
  void write(const Place& place, const std::string& column, const Stored& value) {
    const char* form = value.type == SQLITE_TEXT ? "CAST(?1 AS TEXT)" : "?1";
    Statement statement(db_, "write",
                        "UPDATE transfers SET " + column + " = " + form + place.where());
    Execution update(statement);
    if (value.type == SQLITE_INTEGER) {
      update.put_integer(value.number);
    } else {
      update.put_blob(value.bytes);
    }
    ASSERT_EQ(update.run(), 1) << place.text() << column;
  }

 private:
  SqlitePlace place_;
  std::optional<OpenStore> open_{place_};
  Database db_ = sqlite::open_connection(place_.file(), Database::Mode::read_write);
};

TEST_F(ChainCheckOf, OneChangedByteOfAnyColumnIsFound) {
  int changes = 0;
  for (const Place place : {Place{1, 1}, {1, 2}, {1, 4}, {2, 1}, {2, 2}}) {
    for_each_column<Transfer>([&](const auto& column) {
      const std::string name(column.name);
      const Stored before = read(place, name);
      for (std::size_t byte = 0; byte < before.size(); ++byte) {
        // A low bit, so that kinds stay kinds; all bits, so that nothing can be read any more.
        for (const std::uint8_t mask : {std::uint8_t{0x10}, std::uint8_t{0xff}}) {
          const Stored changed = before.with_byte_changed(byte, mask);
          Place now = place;
          if (name == "lane") now.lane = changed.number;
          if (name == "seq") now.seq = changed.number;
          write(place, name, changed);
          EXPECT_THAT(problems(), Contains(names(place)))
              << name << " byte " << byte << " mask " << int{mask};
          write(now, name, before);
          ++changes;
        }
      }
    });
  }
  EXPECT_THAT(problems(), IsEmpty()) << "everything was put back";
  EXPECT_EQ(changes, 5 * 2 * 150) << "every byte of every column of five rows, twice";
}

TEST_F(ChainCheckOf, AnAmountThatWasChangedOnBothSidesAndInItsBalances) {
  // The books would balance without the chain.
  tamper("UPDATE transfers SET amount_minor = amount_minor + 7 WHERE lane = 1 AND seq = 1");
  tamper("UPDATE accounts SET balance = balance + 7 WHERE kind = 1");
  tamper("UPDATE accounts SET balance = balance - 7 WHERE kind = 3");
  tamper(
      "UPDATE payments SET settled_amount = settled_amount + 7, amount = amount + 7 "
      "WHERE amount = 10001");
  EXPECT_THAT(problems(),
              testing::ElementsAre(
                  "transfer 1 of lane 1 was changed: its chain is not that of its columns"));
}

TEST_F(ChainCheckOf, ALastTransferThatIsGone) {
  tamper("DELETE FROM transfers" + Place{1, 4}.where());
  EXPECT_THAT(problems(), Contains("transfer 4 of lane 1 is missing at its end"));
}

TEST_F(ChainCheckOf, AWholeTailThatIsGone) {
  tamper("DELETE FROM transfers WHERE lane = 1 AND seq > 1");
  EXPECT_THAT(problems(), Contains("transfers 2..4 of lane 1 are missing at its end"));
}

TEST_F(ChainCheckOf, ALaneThatIsGone) {
  tamper("DELETE FROM transfers WHERE lane = 2");
  EXPECT_THAT(problems(), Contains("transfers 1..2 of lane 2 are missing at its end"));
}

TEST_F(ChainCheckOf, TransfersInTheMiddleThatAreGone) {
  tamper("DELETE FROM transfers WHERE lane = 1 AND seq IN (2, 3)");
  EXPECT_THAT(problems(), Contains("transfers 2..3 of lane 1 are missing"));
}

TEST_F(ChainCheckOf, ATransferTakenOutAndTheRestMovedUp) {
  tamper("DELETE FROM transfers" + Place{1, 2}.where());
  tamper("UPDATE transfers SET seq = 2" + Place{1, 3}.where());
  tamper("UPDATE transfers SET seq = 3" + Place{1, 4}.where());
  tamper("UPDATE lane_heads SET seq = 3 WHERE lane = 1");
  EXPECT_THAT(problems(), Contains(HasSubstr("transfer 2 of lane 1 was changed")));
}

TEST_F(ChainCheckOf, TwoTransfersThatChangedPlaces) {
  tamper("UPDATE transfers SET seq = 99" + Place{1, 2}.where());
  tamper("UPDATE transfers SET seq = 2" + Place{1, 3}.where());
  tamper("UPDATE transfers SET seq = 3 WHERE seq = 99");
  EXPECT_THAT(problems(), Contains(HasSubstr("transfer 2 of lane 1 was changed")));
  EXPECT_THAT(problems(), Contains(HasSubstr("transfer 3 of lane 1 was changed")));
}

TEST_F(ChainCheckOf, ATransferPutInAtTheEnd) {
  tamper(
      "INSERT INTO transfers SELECT lane, 5, x'00000000000000000000000000000000', 5, 0, 5, "
      "credit_owner, 'KZT', 1, credit_owner, 'KZT', 1000000, at, chain FROM transfers" +
      Place{1, 1}.where());
  EXPECT_THAT(problems(), Contains(HasSubstr("transfer 5 of lane 1 was changed")));
  EXPECT_THAT(problems(), Contains("the head of lane 1 is transfer 4, but there is a transfer 5"));
}

TEST_F(ChainCheckOf, AHeadThatIsGone) {
  tamper("DELETE FROM lane_heads WHERE lane = 1");
  EXPECT_THAT(problems(), testing::ElementsAre("lane 1 has no head, its last transfer is 4"));
}

TEST_F(ChainCheckOf, WithoutItsHeadALaneBeginsNoSecondChain) {
  tamper("DELETE FROM lane_heads WHERE lane = 1");
  const PayinNames names = payin_names(4);
  const OpenStore open = reopened();  // the writer that is open remembers the head
  try {
    open.batch(keys_of(names), [&](domain::WorkingSet& ws) {
      create_payin(ws, names);
      assign_payin(ws, names);
      settle_payin(ws, names);
    });
    FAIL() << "a second transfer 1 of lane 1";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::constraint);
  }
  open.writer->rollback();
}

TEST_F(ChainCheckOf, AHeadOfAnotherChain) {
  tamper("UPDATE lane_heads SET chain = randomblob(32) WHERE lane = 2");
  EXPECT_THAT(problems(), testing::ElementsAre(
                              "the head of lane 2 has another chain than transfer 2 of lane 2"));
}

}  // namespace
}  // namespace kassa::store

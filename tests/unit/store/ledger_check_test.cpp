// `kassa ledger check` finds what must never be: each test breaks one thing behind the program's
// back. Checks of the schema are switched off for it, as on a disk that lies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/store/sample_rows.hpp"
#include "unit/store/store_place.hpp"

namespace kassa::store {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

domain::RequestId id(std::uint32_t n) {
  return id_of<domain::RequestId>(n);
}

class LedgerCheck : public StoreContract {
 protected:
  void SetUp() override {
    for (std::uint32_t n = 1; n <= 3; ++n) {
      const PayinNames names = payin_names(n);
      open().batch(keys_of(names), [&](domain::WorkingSet& ws) { create_payin(ws, names); });
      if (n == 3) continue;
      open().batch(keys_of(names), [&](domain::WorkingSet& ws) { assign_payin(ws, names); });
      if (n == 2) continue;
      open().batch(keys_of(names), [&](domain::WorkingSet& ws) { settle_payin(ws, names); });
    }
    ASSERT_THAT(reader().check_ledger().problems, IsEmpty()) << "the books must begin clean";
  }

  void tamper(const std::string& sql) { ASSERT_GT(place().tamper(sql), 0) << sql; }
  /// The one thing wrong, or all that was found where that was not one.
  [[nodiscard]] std::vector<std::string> problems() { return report().problems; }
  [[nodiscard]] LedgerReport report() { return reader().check_ledger(); }
  void batch(const domain::Keys& keys, const std::function<void(domain::WorkingSet&)>& change) {
    open().batch(keys, change);
  }
  /// `request_id` as SQL.
  static std::string blob(const domain::Uuid& uuid) {
    std::string hex = uuid.text();
    std::erase(hex, '-');
    return "x'" + hex + "'";
  }
  static std::string payment(std::uint32_t n) { return " WHERE request_id = " + blob(id(n).value); }
  static std::string named(std::uint32_t n, const std::string& what) {
    return "payment " + id(n).text() + ": " + what;
  }
};
KASSA_INSTANTIATE_STORES(LedgerCheck);

TEST_P(LedgerCheck, EndsWhenItIsStoppedAndCanBeMadeAgain) {
  const auto place = GetParam().make();
  const OpenStore open(*place);
  open.batch([&](domain::WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 500; ++n) create_payin(ws, payin_names(n));
  });
  std::stop_source stop;
  EXPECT_EQ(open.reader->check_ledger(stop.get_token()).payments, 500);
  stop.request_stop();
  try {
    (void)open.reader->check_ledger(stop.get_token());
    ADD_FAILURE() << "it went on to the end";
  } catch (const StoreError& error) {
    EXPECT_EQ(error.kind(), StoreError::Kind::busy);
    EXPECT_THAT(error.what(), HasSubstr("was stopped"));
  }
  EXPECT_EQ(open.reader->check_ledger().payments, 500);
}

TEST_P(LedgerCheck, CountsWhatItRead) {
  const auto place = GetParam().make();
  const OpenStore open(*place);
  const PayinNames names = payin_names(1);
  open.batch(keys_of(names), [&](domain::WorkingSet& ws) {
    create_payin(ws, names);
    assign_payin(ws, names);
    settle_payin(ws, names);
  });
  const LedgerReport report = open.reader->check_ledger();
  EXPECT_EQ(report.transfers, 2);
  EXPECT_EQ(report.accounts, 2);
  EXPECT_EQ(report.payments, 1);
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_P(LedgerCheck, ABalanceThatItsTransfersDontAddUpTo) {
  tamper("UPDATE accounts SET balance = balance + 1 WHERE kind = 1");
  EXPECT_THAT(problems(), Contains(HasSubstr("its balance is 9902, its transfers add up to 9901")));
}

TEST_P(LedgerCheck, ABalanceBelowZero) {
  tamper("UPDATE accounts SET balance = -5 WHERE kind = 1");
  EXPECT_THAT(problems(), Contains(HasSubstr("is below zero")));
}

TEST_P(LedgerCheck, ABalanceRowThatIsGone) {
  tamper("DELETE FROM accounts WHERE kind = 3");
  EXPECT_THAT(problems(), Contains(HasSubstr("but it has no row")));
}

TEST_P(LedgerCheck, ATransferOfAnotherAmount) {
  tamper("UPDATE transfers SET amount_minor = amount_minor + 1 WHERE kind = 1");
  EXPECT_THAT(problems(), Contains(named(1, "it settled 10001, but its transfers moved 10002")));
}

TEST_P(LedgerCheck, ATransferThatIsGone) {
  tamper("DELETE FROM transfers WHERE kind = 1");
  EXPECT_THAT(problems(), Contains(HasSubstr("transfer 1 of lane 1 is missing")));
}

TEST_P(LedgerCheck, ATransferBetweenTwoCurrencies) {
  tamper("UPDATE transfers SET credit_currency = 'TJS' WHERE kind = 1");
  EXPECT_THAT(problems(), Contains("transfer 1 of lane 1 doesn't balance"));
  EXPECT_THAT(problems(), Contains(HasSubstr("the sum over all accounts in KZT is -")));
}

TEST_P(LedgerCheck, ATransferBetweenAccountsThatItsKindDoesntJoin) {
  tamper("UPDATE transfers SET kind = 5 WHERE kind = 2");
  EXPECT_THAT(problems(), Contains("transfer 2 of lane 1 (deposit) goes from trader to fees"));
}

TEST_P(LedgerCheck, ATransferOfNobodysPayment) {
  tamper("UPDATE transfers SET request_id = " + blob(id(99).value) + " WHERE kind = 2");
  EXPECT_THAT(problems(), Contains(named(99, "it has transfers, but no row")));
}

TEST_P(LedgerCheck, AFeeOtherThanItsTransfers) {
  tamper("UPDATE payments SET settled_fee = 99" + payment(1));
  EXPECT_THAT(problems(), Contains(named(1, "its fee is 99, but its transfers moved 100")));
}

TEST_P(LedgerCheck, ASuccessThatSettledLess) {
  tamper("UPDATE payments SET amount = amount + 5" + payment(1));
  EXPECT_THAT(problems(), Contains(named(1, "success with 10006, but it settled 10001")));
}

TEST_P(LedgerCheck, ADeclineThatSettled) {
  tamper("UPDATE payments SET status = 4" + payment(1));
  EXPECT_THAT(problems(), Contains(named(1, "it is in decline, but settled 10001")));
}

TEST_P(LedgerCheck, AStateThatItsEventsDontReach) {
  tamper("UPDATE payments SET sub_status = 4" + payment(2));
  EXPECT_THAT(problems(), Contains(named(2,
                                         "it is in processing:paid, but its events end in "
                                         "processing:awaiting_confirm")));
}

TEST_P(LedgerCheck, AnEventThatIsGone) {
  tamper("DELETE FROM payment_events" + payment(2) + " AND seq = 2");
  EXPECT_THAT(problems(), Contains(named(2, "event 2 is missing")));
}

TEST_P(LedgerCheck, ALastEventThatIsGone) {
  tamper("DELETE FROM payment_events" + payment(2) + " AND seq = 3");
  EXPECT_THAT(problems(), Contains(named(2, "its last event should be 3, but is 2")));
}

TEST_P(LedgerCheck, AnEventThatBeginsElsewhere) {
  tamper("UPDATE payment_events SET from_sub_status = 4" + payment(2) + " AND seq = 3");
  EXPECT_THAT(problems(), Contains(named(2,
                                         "event 3 leaves processing:paid, but the one before "
                                         "reached processing:requisites")));
}

TEST_P(LedgerCheck, APaymentThatIsGone) {
  tamper("DELETE FROM payments" + payment(3));
  EXPECT_THAT(problems(), Contains(named(3, "it has events, but no row")));
  EXPECT_THAT(problems(), Contains(named(3, "a key names it, but it has no row or another name")));
}

TEST_P(LedgerCheck, AKeyThatIsGone) {
  tamper("DELETE FROM payment_keys" + payment(3));
  EXPECT_THAT(problems(), Contains(named(3, "its payment_id has no key, or another payment's")));
}

TEST_P(LedgerCheck, AKeyOfAnotherPayment) {
  tamper("UPDATE payment_keys SET request_id = " + blob(id(1).value) + payment(3));
  EXPECT_THAT(problems(), Contains(named(3, "its payment_id has no key, or another payment's")));
  EXPECT_THAT(problems(), Contains(named(1, "a key names it, but it has no row or another name")));
}

TEST_P(LedgerCheck, ASlotGivenToAnother) {
  tamper("UPDATE slots SET request_id = " + blob(id(3).value) + payment(2));
  EXPECT_THAT(problems(), Contains(named(2, "its slot was given to another during its lifetime")));
}

TEST_P(LedgerCheck, ASlotGivenToAnotherAfterItsLifetimeIsWell) {
  tamper("UPDATE slots SET held_from = 1600000, request_id = " + blob(id(3).value) + payment(2));
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_P(LedgerCheck, AnExposureThatNobodyHolds) {
  tamper("UPDATE exposures SET open_amount = open_amount + 1");
  EXPECT_THAT(problems(), Contains(HasSubstr("the exposure is 10003, their payments hold 10002")));
}

TEST_P(LedgerCheck, AnExposureThatIsGone) {
  tamper("DELETE FROM exposures");
  EXPECT_THAT(problems(), Contains(HasSubstr("but there is no exposure")));
}

// ---- settlements -----------------------------------------------------------------------------

class SettlementCheck : public LedgerCheck {
 protected:
  void SetUp() override {
    LedgerCheck::SetUp();
    const PayinNames names = payin_names(1);
    batch(keys_of(names), [&](domain::WorkingSet& ws) {
      post_settlement(ws, sample_settlement(1));
      ws.settlements.insert(sample_settlement(2));
      auto back = sample_settlement(3);  // as of a payout: half of payment 1 came back
      back.kind = domain::SettlementKind::returned;
      back.trader_id = names.trader_id;
      back.payout = names.request_id;
      post_settlement(ws, back);
      auto& payment = ws.payments.edit(names.request_id);
      payment.returned_amount = back.amount;
      payment.returns = 1;
    });
    ASSERT_THAT(problems(), IsEmpty()) << "the books must begin clean";
  }
  static std::string settlement(std::uint32_t n) {
    return " WHERE settlement_id = " + blob(sample_settlement(n).id.value);
  }
  static std::string transfer(std::uint32_t n) {
    return " WHERE request_id = " + blob(sample_settlement(n).id.value);
  }
  static std::string of(std::uint32_t n, const std::string& what) {
    return "settlement " + sample_settlement(n).id.text() + ": " + what;
  }
};

KASSA_INSTANTIATE_STORES(SettlementCheck);

TEST_P(SettlementCheck, OneApprovedThatMovedNothing) {
  tamper("UPDATE settlements SET status = 2, decided_by = 'boris'" + settlement(2));
  EXPECT_THAT(problems(), Contains(of(2, "it is approved, but has 0 transfers")));
}

TEST_P(SettlementCheck, ARejectedOneThatMoved) {
  tamper("UPDATE settlements SET status = 3" + settlement(1));
  EXPECT_THAT(problems(), Contains(of(1, "it is rejected, but has 1 transfers")));
}

TEST_P(SettlementCheck, ATransferOfAnotherAmountOrAccount) {
  tamper("UPDATE settlements SET amount = amount + 1" + settlement(1));
  EXPECT_THAT(problems(), Contains(of(1, "transfer 3 of lane 1 is not what it says")));
  tamper("UPDATE settlements SET amount = amount - 1, kind = 1" + settlement(1));
  EXPECT_THAT(problems(), Contains(of(1, "transfer 3 of lane 1 is not what it says")));
}

TEST_P(SettlementCheck, ATransferTwice) {
  tamper(
      "INSERT INTO transfers SELECT lane, seq + 100, request_id, kind, 1, debit_kind, debit_owner, "
      "debit_currency, credit_kind, credit_owner, credit_currency, amount_minor, at, chain "
      "FROM transfers" +
      transfer(1));
  EXPECT_THAT(problems(), Contains(of(1, "it is approved, but has 2 transfers")));
}

TEST_P(SettlementCheck, ATransferWithoutItsSettlement) {
  tamper("DELETE FROM settlements" + settlement(1));
  EXPECT_THAT(problems(), Contains(of(1, "it has transfers, but no row")));
  tamper("DELETE FROM settlements" + settlement(3));  // the last of all
  EXPECT_THAT(problems(), Contains(of(3, "it has transfers, but no row")));
}

TEST_P(SettlementCheck, ATransferOfNobody) {
  tamper("UPDATE transfers SET request_id = x'00000000000000000000000000000000'" + transfer(3));
  EXPECT_THAT(problems(), Contains("transfer 4 of lane 1 is nobody's"));
  EXPECT_THAT(problems(), Contains(of(3, "it is approved, but has 0 transfers")));
}

TEST_P(SettlementCheck, TheFirstBalanceOfATestProjectHasNoSettlement) {
  const PayinNames names = payin_names(1);
  batch(keys_of(names), [&](domain::WorkingSet& ws) {
    ws.accounts.edit(names.available()).balance += 5;
    domain::Transfer first = domain::transfer_of(sample_settlement(1));
    first.request_id = {};
    first.amount_minor = 5;
    ws.append(first);
  });
  EXPECT_THAT(problems(), IsEmpty());
}

TEST_P(SettlementCheck, OneApprovedByItsMaker) {
  tamper("UPDATE settlements SET decided_by = made_by" + settlement(1));
  EXPECT_THAT(problems(), Contains(of(1, "it was approved by its maker")));
}

TEST_P(SettlementCheck, APayoutThatSaysAnotherReturn) {
  tamper("UPDATE payments SET returned_amount = 1004" + payment(1));
  EXPECT_THAT(problems(), Contains(named(1, "1004 came back, its settlements gave back 1003")));
  tamper("UPDATE payments SET returned_amount = 0" + payment(1));
  EXPECT_THAT(problems(), Contains(named(1, "0 came back, its settlements gave back 1003")));
  tamper("UPDATE payments SET returned_amount = 20000" + payment(1));
  EXPECT_THAT(problems(), Contains(named(1, "it settled 10001, but 20000 came back")));
}

TEST_P(SettlementCheck, AreCounted) {
  EXPECT_EQ(report().settlements, 3);
}

TEST_P(LedgerCheck, AReceiptWithoutItsNoticeOrItsCount) {
  domain::Receipt receipt;
  receipt.notice_id = id_of<domain::NoticeId>(5);
  receipt.request_id = id(1);
  receipt.number = 1;
  receipt.size = 10;
  domain::Notice notice;
  notice.id = receipt.notice_id;
  notice.kind = domain::NoticeKind::receipt;
  notice.state = domain::NoticeState::read;
  notice.request_id = id(1);
  notice.currency = kKzt;
  batch({}, [&](domain::WorkingSet& ws) {
    ws.receipts.insert(receipt);
    ws.notices.insert(notice);
  });
  EXPECT_THAT(problems(), ElementsAre(named(1, "a receipt was shown that it does not count")));
  tamper("UPDATE payments SET receipts = 1" + payment(1));
  EXPECT_THAT(problems(), IsEmpty());
  tamper("UPDATE payments SET receipts = 2" + payment(1));
  EXPECT_THAT(problems(), ElementsAre(named(1, "its receipts are not as many as it says")));
  tamper("UPDATE payments SET receipts = 1" + payment(1));
  tamper("DELETE FROM notices");
  EXPECT_THAT(problems(), ElementsAre(named(1, "a receipt of it has no notice")));
}

TEST_P(LedgerCheck, SaysAtMostAHundredThings) {
  const auto place = GetParam().make();
  const OpenStore open(*place);
  open.batch([](domain::WorkingSet& ws) {
    for (std::uint32_t n = 1; n <= 120; ++n) {
      create_payin(ws, payin_names(n));
      ++ws.payments.edit(payin_names(n).request_id).last_event;
    }
  });
  EXPECT_EQ(open.reader->check_ledger().problems.size(), 100U);
}

}  // namespace
}  // namespace kassa::store

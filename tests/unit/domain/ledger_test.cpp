// The tables that the books, their exports and docs/ledger.md are made from.
#include "domain/ledger.hpp"

#include <algorithm>
#include <set>

#include "domain/postings.hpp"
#include "domain/settlement.hpp"
#include "unit/domain/world.hpp"

namespace kassa::domain::test {
namespace {

template <class Rules>
void expect_each_once(const Rules& rules) {
  std::set<int> numbers;
  std::set<std::string_view> names;
  for (const auto& rule : rules) {
    EXPECT_TRUE(numbers.insert(static_cast<int>(rule.kind)).second) << rule.name;
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.meaning.empty()) << rule.name;
    EXPECT_EQ(name(rule.kind), rule.name);
  }
}

TEST(LedgerRules, EachKindHasOne) {
  expect_each_once(kAccountRules);
  expect_each_once(kTransferRules);
  EXPECT_EQ(name(static_cast<AccountKind>(99)), "unknown");
  EXPECT_EQ(name(static_cast<TransferKind>(99)), "unknown");
}

TEST(LedgerRules, AFloorNeedsARow) {
  for (const AccountRule& rule : kAccountRules) EXPECT_TRUE(rule.has_row || !rule.has_floor);
}

TEST(LedgerRules, BooksNameAnAccountByItsOwner) {
  const Uuid owner = id_of<ProjectId>(7).value;
  const std::string id = owner.text();
  EXPECT_EQ(book_name({AccountKind::available, owner, kzt}), "project:" + id + ":available");
  EXPECT_EQ(book_name({AccountKind::locked, owner, kzt}), "project:" + id + ":locked");
  EXPECT_EQ(book_name({AccountKind::trader, owner, kzt}), "trader:" + id);
  EXPECT_EQ(book_name({AccountKind::fees, owner, kzt}), "fees:" + id);
  EXPECT_EQ(book_name({AccountKind::clearing, owner, kzt}), "clearing:" + id);
  EXPECT_EQ(book_name({static_cast<AccountKind>(99), owner, kzt}), "unknown:" + id);
}

TEST(LedgerRules, ATransferGoesBetweenTheAccountsOfItsKind) {
  const auto follows = [](TransferKind kind, AccountKind from, AccountKind to) {
    Transfer transfer;
    transfer.kind = kind;
    transfer.debit.kind = from;
    transfer.credit.kind = to;
    return follows_its_rule(transfer);
  };
  using enum AccountKind;
  EXPECT_TRUE(follows(TransferKind::payin, trader, available));
  EXPECT_FALSE(follows(TransferKind::payin, available, trader));
  EXPECT_FALSE(follows(TransferKind::payin, trader, fees));
  EXPECT_TRUE(follows(TransferKind::correction, available, trader));
  EXPECT_FALSE(follows(TransferKind::correction, available, fees));
  EXPECT_FALSE(follows(static_cast<TransferKind>(99), trader, available));
}

TEST(LedgerRules, NothingIsPostedAgainstThem) {
  World world;
  world.payin_in(state::success, 100'000);
  Transfer transfer = world.rows.transfers.front();
  transfer.kind = TransferKind::deposit;
  WorkingSet ws;
  EXPECT_THROW((void)post(ws, world.context(), transfer), CheckFailed);
}

/// The kinds of the transfers from the n-th on.
std::set<TransferKind> kinds_from(const World& world, std::size_t n) {
  std::set<TransferKind> kinds;
  for (; n < world.rows.transfers.size(); ++n) kinds.insert(world.rows.transfers[n].kind);
  return kinds;
}

std::set<TransferKind> kinds_of(Posting posting) {
  std::set<TransferKind> kinds;
  for (const PostingLine& line : kPostingLines) {
    if (line.posting == posting) kinds.insert(line.kind);
  }
  return kinds;
}

TEST(LedgerRules, APostingMakesItsTransfers) {
  World world;
  const std::size_t before = world.rows.transfers.size();
  const Payin payin = world.payin_in(state::success, 100'000);
  EXPECT_EQ(kinds_from(world, before), kinds_of(Posting::settle));
  const std::size_t settled = world.rows.transfers.size();
  payin.receive(60'000).is(state::success);
  EXPECT_EQ(kinds_from(world, settled), kinds_of(Posting::correct));
  EXPECT_EQ(kinds_of(Posting::none), std::set<TransferKind>{});
}

TEST(LedgerRules, APayoutsPostingMakesItsTransfers) {
  World world;
  Payout payout = world.payout_in(state::payout_process, 100'000);
  std::size_t before = world.rows.transfers.size();
  payout.receive(60'000).is(state::success);  // so that something is released
  EXPECT_EQ(kinds_from(world, before), kinds_of(Posting::pay_out));
  payout = world.payout_in(state::payout_failed, 100'000);
  before = world.rows.transfers.size();
  payout.resolve(ResolvePayment::How::decline).is(state::decline);
  EXPECT_EQ(kinds_from(world, before), kinds_of(Posting::release));
}

TEST(LedgerRules, ASettlementsTransferFollowsThem) {
  for (const SettlementKind kind : kSettlementKinds) {
    Settlement settlement;
    settlement.kind = kind;
    EXPECT_TRUE(follows_its_rule(transfer_of(settlement))) << name(kind);
    EXPECT_TRUE(is_of_settlement(transfer_kind(kind))) << name(kind);
  }
}

}  // namespace
}  // namespace kassa::domain::test

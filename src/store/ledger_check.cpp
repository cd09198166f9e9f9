#include "store/ledger_check.hpp"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>

#include "store/chain_check.hpp"
#include "store/sql.hpp"

namespace kassa::store {
namespace {

using domain::Account;
using domain::AccountId;
using domain::AccountKind;
using domain::Payment;
using domain::PaymentEvent;
using domain::RequestId;
using domain::Settlement;
using domain::Transfer;

constexpr std::size_t kProblemsMax = 100;

std::string text(const AccountId& id) {
  return fmt::format("{} {} {}", name(id.kind), id.owner.text(), id.currency.text());
}

/// Nothing where a column holds what no transfer has.
std::optional<Transfer> readable_transfer(const Execution& row) {
  try {
    return read_row<Transfer>(row);
  } catch (const StoreError&) {
    return std::nullopt;
  }
}

/// The rows of one query, looked at one by one.
template <class Row>
class Cursor {
 public:
  Cursor(Database& db, const std::string& order)
      : statement_(db, "check " + std::string(Table<Row>::name), select_sql<Row>() + order,
                   Rows::many),
        execution_(statement_) {
    next();
  }
  /// Null at the end.
  [[nodiscard]] const Row* row() const { return row_ ? &*row_ : nullptr; }
  void next() {
    row_.reset();
    if (execution_.step()) row_ = read_row<Row>(execution_);
  }

 private:
  Statement statement_;
  Execution execution_;
  std::optional<Row> row_;
};

/// A transfer that can't be read was told of by Check::transfers and is passed over.
template <>
void Cursor<Transfer>::next() {
  row_.reset();
  while (!row_ && execution_.step()) row_ = readable_transfer(execution_);
}

/// A sum that leaves 64 bits, out of amounts that somebody made up, wraps: it is then not what it
/// is compared with.
void add(std::int64_t& sum, std::int64_t amount) {
  (void)__builtin_add_overflow(sum, amount, &sum);
}
void subtract(std::int64_t& sum, std::int64_t amount) {
  (void)__builtin_sub_overflow(sum, amount, &sum);
}

/// Transfers of payments ("NOT IN") or of settlements ("IN"), each with its own together.
std::string of_somebody(std::string_view in) {
  std::string kinds;
  for (const auto kind : domain::kSettlementTransfers) {
    kinds += (kinds.empty() ? "" : ", ") + std::to_string(static_cast<int>(kind));
  }
  return fmt::format(
      "INDEXED BY transfers_of_payment "
      "WHERE request_id <> x'00000000000000000000000000000000' AND kind {} ({}) "
      "ORDER BY request_id, kind, correction",
      in, kinds);
}

/// What a payment's transfers add up to.
struct Settled {
  std::int64_t amount = 0;  // from the trader for a payin, to the trader for a payout
  std::int64_t fee = 0;
  std::int64_t held = 0;  // in the locked account
};

class Check {
 public:
  explicit Check(Database& db) : db_(db) {}

  LedgerReport run() {
    transfers();
    balances();
    payments();
    orders();
    exposures();
    keys();
    slots();
    settlements();
    return std::move(report_);
  }

 private:
  template <class... Parts>
  void problem(fmt::format_string<Parts...> format, Parts&&... parts) {
    if (report_.problems.size() >= kProblemsMax) return;
    report_.problems.push_back(fmt::format(format, std::forward<Parts>(parts)...));
  }

  void transfers();
  void fold(const Transfer& transfer);
  void balances();
  void payments();
  void events_of(const Payment& payment, Cursor<PaymentEvent>& events);
  void settlement_of(const Payment& payment, Cursor<Transfer>& transfers);
  void orders();
  void exposures();
  void keys();
  void slots();
  void settlements();
  void transfer_of(const Settlement& settlement, Cursor<Transfer>& transfers);
  void returns();
  void each_id(const char* sql, std::string_view what);

  Database& db_;
  LedgerReport report_;
  std::unordered_map<AccountId, std::int64_t> folded_;  // every account, out of the transfers
  std::unordered_map<domain::ExposureId, std::int64_t> exposed_;
  std::unordered_map<AccountId, std::int64_t> held_;  // by unfinished payouts
  std::unordered_map<domain::TraderId, std::int64_t> in_hand_;
  // Of payouts: what they say came back, and what settlements gave back.
  std::unordered_map<RequestId, std::int64_t> returned_;
  std::unordered_map<RequestId, std::int64_t> given_back_;
};

/// Each lane without a gap, its chain and head as they should be; each transfer balanced; the sum
/// over all accounts zero.
void Check::transfers() {
  ChainCheck chain(db_, [this](const std::string& what) { problem("{}", what); });
  Statement statement(db_, "check transfers", select_sql<Transfer>() + "ORDER BY lane, seq",
                      Rows::many);
  for (Execution row(statement); row.step();) {
    ++report_.transfers;
    chain.follow(row);
    if (const auto transfer = readable_transfer(row)) {
      fold(*transfer);
    } else {
      problem("transfer {} of lane {} can't be read", row.integer(1), row.integer(0));
    }
  }
  report_.heads = chain.finish();
  std::map<domain::Currency, std::int64_t> sums;
  for (const auto& [id, balance] : folded_) add(sums[id.currency], balance);
  for (const auto& [currency, sum] : sums) {
    if (sum != 0) problem("the sum over all accounts in {} is {}", currency.text(), sum);
  }
}

void Check::fold(const Transfer& transfer) {
  if (transfer.amount_minor <= 0 || transfer.debit == transfer.credit ||
      transfer.debit.currency != transfer.credit.currency) {
    problem("transfer {} of lane {} doesn't balance", transfer.seq, transfer.lane);
  }
  if (!follows_its_rule(transfer)) {
    problem("transfer {} of lane {} ({}) goes from {} to {}", transfer.seq, transfer.lane,
            name(transfer.kind), name(transfer.debit.kind), name(transfer.credit.kind));
  }
  subtract(folded_[transfer.debit], transfer.amount_minor);
  add(folded_[transfer.credit], transfer.amount_minor);
  if (transfer.request_id.is_nil() && transfer.kind != domain::TransferKind::deposit) {
    problem("transfer {} of lane {} is nobody's", transfer.seq, transfer.lane);
  }
}

/// Each balance row says what its transfers add up to, and none that has a floor is below it.
void Check::balances() {
  for (Cursor<Account> at(db_, "ORDER BY kind, owner, currency"); at.row() != nullptr; at.next()) {
    const Account& account = *at.row();
    ++report_.accounts;
    const auto found = folded_.find(account.id);
    const std::int64_t sum = found == folded_.end() ? 0 : found->second;
    if (found != folded_.end()) folded_.erase(found);
    if (account.balance != sum) {
      problem("account {}: its balance is {}, its transfers add up to {}", text(account.id),
              account.balance, sum);
    }
    if (has_floor(account.id.kind) && account.balance < 0) {
      problem("account {}: its balance {} is below zero", text(account.id), account.balance);
    }
  }
  for (const auto& [id, sum] : folded_) {
    if (has_balance_row(id.kind)) {
      problem("account {}: its transfers add up to {}, but it has no row", text(id), sum);
    }
  }
}

/// Payments, their events and their transfers, side by side in the order of request_id.
void Check::payments() {
  Cursor<PaymentEvent> events(db_, "ORDER BY request_id, seq");
  Cursor<Transfer> transfers(db_, of_somebody("NOT IN"));
  const auto no_payment = [this](RequestId id, std::string_view what) {
    problem("payment {}: it has {}, but no row", id.text(), what);
  };
  for (Cursor<Payment> at(db_, "ORDER BY request_id"); at.row() != nullptr; at.next()) {
    const Payment& payment = *at.row();
    ++report_.payments;
    for (; events.row() != nullptr && events.row()->request_id < payment.request_id;
         events.next()) {
      no_payment(events.row()->request_id, "events");
    }
    for (; transfers.row() != nullptr && transfers.row()->request_id < payment.request_id;
         transfers.next()) {
      no_payment(transfers.row()->request_id, "transfers");
    }
    events_of(payment, events);
    settlement_of(payment, transfers);
    if (payment.state == domain::state::payout_process) ++in_hand_[payment.trader_id];
    if (payment.exposed != 0) {
      auto& open = exposed_[{payment.trader_id, payment.currency}];
      open = domain::checked_add(open, payment.exposed);
    }
    if (payment.returned_amount != 0) returned_[payment.request_id] = payment.returned_amount;
    if (payment.returned_amount > payment.settled_amount) {
      problem("payment {}: it settled {}, but {} came back", payment.request_id.text(),
              payment.settled_amount, payment.returned_amount);
    }
  }
  for (; events.row() != nullptr; events.next()) no_payment(events.row()->request_id, "events");
  for (; transfers.row() != nullptr; transfers.next()) {
    no_payment(transfers.row()->request_id, "transfers");
  }
}

/// 1, 2, 3 … last_event; each begins where the one before ended; the last ends where the payment
/// is.
void Check::events_of(const Payment& payment, Cursor<PaymentEvent>& events) {
  std::int32_t seq = 0;
  domain::State reached = domain::state::new_;
  for (; events.row() != nullptr && events.row()->request_id == payment.request_id; events.next()) {
    const PaymentEvent& event = *events.row();
    if (event.seq != ++seq) {
      problem("payment {}: event {} is missing", payment.request_id.text(), seq);
      seq = event.seq;
    }
    if (event.from != reached) {
      problem("payment {}: event {} leaves {}, but the one before reached {}",
              payment.request_id.text(), event.seq, domain::text(event.from),
              domain::text(reached));
    }
    reached = event.to;
  }
  if (seq != payment.last_event) {
    problem("payment {}: its last event should be {}, but is {}", payment.request_id.text(),
            payment.last_event, seq);
  }
  if (reached != payment.state) {
    problem("payment {}: it is in {}, but its events end in {}", payment.request_id.text(),
            domain::text(payment.state), domain::text(reached));
  }
}

/// What it says it settled is what its transfers moved, and what its state demands.
void Check::settlement_of(const Payment& payment, Cursor<Transfer>& transfers) {
  Settled moved;
  for (; transfers.row() != nullptr && transfers.row()->request_id == payment.request_id;
       transfers.next()) {
    const Transfer& transfer = *transfers.row();
    const std::int64_t amount = transfer.amount_minor;
    const bool out = payment.kind == domain::PaymentKind::payout;
    std::int64_t& sum = moved.amount;
    if (transfer.debit.kind == AccountKind::trader) out ? subtract(sum, amount) : add(sum, amount);
    if (transfer.credit.kind == AccountKind::trader) out ? add(sum, amount) : subtract(sum, amount);
    if (transfer.credit.kind == AccountKind::locked) add(moved.held, amount);
    if (transfer.debit.kind == AccountKind::locked) subtract(moved.held, amount);
    if (transfer.credit.kind == AccountKind::fees) add(moved.fee, amount);
    if (transfer.debit.kind == AccountKind::fees) subtract(moved.fee, amount);
  }
  const std::string id = payment.request_id.text();
  if (moved.amount != payment.settled_amount) {
    problem("payment {}: it settled {}, but its transfers moved {}", id, payment.settled_amount,
            moved.amount);
  }
  if (moved.fee != payment.settled_fee) {
    problem("payment {}: its fee is {}, but its transfers moved {}", id, payment.settled_fee,
            moved.fee);
  }
  if (moved.held != payment.held) {
    problem("payment {}: it holds {}, but its transfers locked {}", id, payment.held, moved.held);
  }
  if (payment.held != 0 && domain::is_final(payment.state)) {
    problem("payment {}: it has ended, but still holds {}", id, payment.held);
  }
  auto& locked = held_[{AccountKind::locked, payment.project_id.value, payment.currency}];
  locked = domain::checked_add(locked, payment.held);
  const bool success = payment.state == domain::state::success;
  if (success && payment.settled_amount != payment.amount) {
    problem("payment {}: success with {}, but it settled {}", id, payment.amount,
            payment.settled_amount);
  }
  if (!success && payment.settled_amount != 0) {
    problem("payment {}: it is in {}, but settled {}", id, domain::text(payment.state),
            payment.settled_amount);
  }
}

/// Locked is what unfinished payouts hold; a trader has in hand what is being paid out.
void Check::orders() {
  for (Cursor<Account> at(db_, "WHERE kind = 2"); at.row() != nullptr; at.next()) {
    if (held_[at.row()->id] != at.row()->balance) {
      problem("account {}: its balance is {}, unfinished payouts hold {}", text(at.row()->id),
              at.row()->balance, held_[at.row()->id]);
    }
  }
  for (Cursor<domain::PayoutTurn> at(db_, "ORDER BY trader_id"); at.row() != nullptr; at.next()) {
    if (in_hand_[at.row()->trader_id] != at.row()->in_hand) {
      problem("trader {}: {} payouts in hand, but {} are being paid out",
              at.row()->trader_id.text(), at.row()->in_hand, in_hand_[at.row()->trader_id]);
    }
    in_hand_.erase(at.row()->trader_id);
  }
  for (const auto& [trader, count] : in_hand_) {
    if (count > 0)
      problem("trader {}: {} payouts being paid out, but no turn", trader.text(), count);
  }
  each_id(
      "SELECT p.request_id FROM payments AS p WHERE p.kind = 2 AND p.orders <> "
      "(SELECT count(*) FROM payout_orders AS o WHERE o.request_id = p.request_id) LIMIT 100",
      "its orders are not as many as it says");
  each_id(
      "SELECT p.request_id FROM payments AS p WHERE p.unread <> (SELECT count(*) FROM notices AS n "
      "WHERE n.request_id = p.request_id AND n.state = 2) AND p.unread > 0 LIMIT 100",
      "it counts other unread notices than there are");
  each_id(
      "SELECT n.request_id FROM notices AS n INDEXED BY notices_open LEFT JOIN payments AS p "
      "ON p.request_id = n.request_id WHERE n.state IN (1, 2) AND n.state = 2 AND "
      "coalesce(p.unread, 0) = 0 LIMIT 100",
      "a notice is attached to it that it does not count");
  each_id(
      "SELECT r.request_id FROM receipts AS r LEFT JOIN notices AS n ON n.notice_id = r.notice_id "
      "AND n.request_id = r.request_id AND n.kind = 2 WHERE n.notice_id IS NULL LIMIT 100",
      "a receipt of it has no notice");
  each_id(
      "SELECT p.request_id FROM payments AS p WHERE p.receipts > 0 AND p.receipts <> "
      "(SELECT count(*) FROM receipts AS r WHERE r.request_id = p.request_id) LIMIT 100",
      "its receipts are not as many as it says");
  each_id(
      "SELECT r.request_id FROM receipts AS r LEFT JOIN payments AS p "
      "ON p.request_id = r.request_id WHERE coalesce(p.receipts, 0) = 0 LIMIT 100",
      "a receipt was shown that it does not count");
}

/// A trader's open amount is what their unfinished payments hold.
void Check::exposures() {
  using domain::Exposure;
  for (Cursor<Exposure> at(db_, "ORDER BY trader_id, currency"); at.row() != nullptr; at.next()) {
    const auto found = exposed_.find(at.row()->id);
    const std::int64_t sum = found == exposed_.end() ? 0 : found->second;
    if (found != exposed_.end()) exposed_.erase(found);
    if (at.row()->open_amount != sum) {
      problem("trader {} {}: the exposure is {}, their payments hold {}",
              at.row()->id.trader_id.text(), at.row()->id.currency.text(), at.row()->open_amount,
              sum);
    }
  }
  for (const auto& [id, sum] : exposed_) {
    problem("trader {} {}: their payments hold {}, but there is no exposure", id.trader_id.text(),
            id.currency.text(), sum);
  }
}

void Check::each_id(const char* sql, std::string_view what) {
  Statement statement(db_, "check " + std::string(what), sql);
  Execution rows(statement);
  while (rows.step()) problem("payment {}: {}", rows.get<RequestId>(0).text(), what);
}

/// Payments and their names, one to one.
void Check::keys() {
  each_id(
      "SELECT p.request_id FROM payments AS p WHERE NOT EXISTS ("
      "SELECT 1 FROM payment_keys AS k WHERE k.project_id = p.project_id "
      "AND k.payment_id = p.payment_id AND k.request_id = p.request_id AND k.kind = p.kind) "
      "LIMIT 100",
      "its payment_id has no key, or another payment's");
  each_id(
      "SELECT k.request_id FROM payment_keys AS k WHERE NOT EXISTS ("
      "SELECT 1 FROM payments AS p WHERE p.request_id = k.request_id "
      "AND p.project_id = k.project_id AND p.payment_id = k.payment_id) LIMIT 100",
      "a key names it, but it has no row or another name");
}

/// Whoever was given requisites holds their slot, until another got it after the first one's
/// lifetime. A success gives its slot back at once. So no two live payins ever share one.
void Check::slots() {
  each_id(
      "SELECT p.request_id FROM payments AS p LEFT JOIN slots AS s "
      "ON s.requisites_id = p.requisites_id AND s.amount = p.initial_amount "
      "WHERE p.requisites_id <> x'00000000000000000000000000000000' AND p.status <> 5 "
      "AND (s.request_id IS NULL "
      "OR (s.request_id <> p.request_id AND s.held_from < p.expires_at)) LIMIT 100",
      "its slot was given to another during its lifetime");
}

/// Settlements and their transfers, side by side: an approved one has exactly its own, the others
/// none, and none is without its settlement.
void Check::settlements() {
  Cursor<Transfer> transfers(db_, of_somebody("IN"));
  const auto nobodys = [&](const domain::Uuid* until) {
    for (; transfers.row() != nullptr &&
           (until == nullptr || transfers.row()->request_id.value < *until);
         transfers.next()) {
      problem("settlement {}: it has transfers, but no row", transfers.row()->request_id.text());
    }
  };
  for (Cursor<Settlement> at(db_, "ORDER BY settlement_id"); at.row() != nullptr; at.next()) {
    const Settlement& settlement = *at.row();
    ++report_.settlements;
    nobodys(&settlement.id.value);
    transfer_of(settlement, transfers);
    const bool approved = settlement.status == domain::SettlementStatus::approved;
    if (approved && settlement.decided_by == settlement.made_by) {
      problem("settlement {}: it was approved by its maker", settlement.id.text());
    }
    if (approved && !settlement.payout.is_nil()) {
      auto& back = given_back_[settlement.payout];
      back = domain::checked_add(back, settlement.amount);
    }
  }
  nobodys(nullptr);
  returns();
}

void Check::transfer_of(const Settlement& settlement, Cursor<Transfer>& transfers) {
  int count = 0;
  for (; transfers.row() != nullptr && transfers.row()->request_id.value == settlement.id.value;
       transfers.next()) {
    ++count;
    if (!is_transfer_of(*transfers.row(), settlement)) {
      problem("settlement {}: transfer {} of lane {} is not what it says", settlement.id.text(),
              transfers.row()->seq, transfers.row()->lane);
    }
  }
  const int due = settlement.status == domain::SettlementStatus::approved ? 1 : 0;
  if (count != due) {
    problem("settlement {}: it is {}, but has {} transfers", settlement.id.text(),
            name(settlement.status), count);
  }
}

/// What came back of each payout is what its settlements gave back.
void Check::returns() {
  for (const auto& [id, said] : returned_) given_back_.try_emplace(id, 0);
  for (const auto& [id, sum] : given_back_) {
    const auto found = returned_.find(id);
    const std::int64_t said = found == returned_.end() ? 0 : found->second;
    if (said != sum) {
      problem("payment {}: {} came back, its settlements gave back {}", id.text(), said, sum);
    }
  }
}

}  // namespace

LedgerReport check_ledger(Database& db) {
  return Check(db).run();
}

}  // namespace kassa::store

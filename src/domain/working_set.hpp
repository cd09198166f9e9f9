// The rows of one batch of commands, held in memory between load and apply.
//
//   load ─▶ WorkingSet ◀─ decide, decide, decide … ─▶ changed rows ─▶ apply ─▶ commit
//
// Later commands of the batch see what earlier ones changed. A refused command takes its own
// changes back with `rollback(mark)`, so the store needs no savepoints. Two hazards it guards
// against: reading a row that nobody asked the store for (KASSA_CHECK: absence must be known, not
// assumed), and writing a row twice (each changed row is applied once, in its last form).
#pragma once

#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "domain/candidates.hpp"
#include "domain/check.hpp"
#include "domain/config.hpp"
#include "domain/key_use.hpp"
#include "domain/ledger.hpp"
#include "domain/notice.hpp"
#include "domain/payment.hpp"
#include "domain/payout.hpp"
#include "domain/receipt.hpp"
#include "domain/requisites.hpp"
#include "domain/reseal.hpp"
#include "domain/settlement.hpp"

namespace kassa::domain {

template <class Row>
using KeyOf = std::remove_cvref_t<decltype(std::declval<const Row&>().key())>;

/// What undoes one change; entries are taken back in reverse order.
class Journal {
 public:
  void add(std::function<void()> undo) { undos_.push_back(std::move(undo)); }
  [[nodiscard]] std::size_t mark() const { return undos_.size(); }
  void rollback(std::size_t mark) {
    while (undos_.size() > mark) {
      undos_.back()();
      undos_.pop_back();
    }
  }
  void clear() { undos_.clear(); }

 private:
  std::vector<std::function<void()>> undos_;
};

/// The rows of one table that the batch knows, each present or known to be absent.
template <class Row>
class RowTable {
 public:
  using Key = KeyOf<Row>;

  struct Entry {
    std::optional<Row> row;
    bool stored = false;   // the store has a row of this key
    bool changed = false;  // apply writes it
  };

  explicit RowTable(Journal& journal) : journal_(&journal) {}

  [[nodiscard]] bool knows(const Key& key) const { return entries_.contains(key); }

  /// Null when the store has no such row; a KASSA_CHECK when nobody loaded the key.
  [[nodiscard]] const Row* find(const Key& key) const {
    const auto found = entries_.find(key);
    KASSA_CHECK(found != entries_.end(), "a row was read that its command did not name");
    return found->second.row ? &*found->second.row : nullptr;
  }
  [[nodiscard]] const Row& get(const Key& key) const {
    const Row* row = find(key);
    KASSA_CHECK(row != nullptr, "a row that must exist is missing");
    return *row;
  }

  /// The row, to be changed; what it was is kept for a rollback.
  [[nodiscard]] Row& edit(const Key& key) {
    const auto found = entries_.find(key);
    KASSA_CHECK(found != entries_.end() && found->second.row, "a missing row was edited");
    remember(key, found->second);
    found->second.changed = true;
    return *found->second.row;
  }

  /// The row of this key, to be changed; where there is none yet, `fresh`.
  [[nodiscard]] Row& edit_or_insert(Row fresh) {
    const Key key = fresh.key();
    if (find(key) == nullptr) insert(std::move(fresh));
    return edit(key);
  }

  void insert(Row row) {
    Key key = row.key();
    Entry& entry = entries_[key];
    KASSA_CHECK(!entry.row, "a row was inserted over another");
    remember(key, entry);
    entry.row = std::move(row);
    entry.changed = true;
  }

  /// Called by the store's load: the row as it is stored, or its known absence.
  void put_loaded(const Key& key, std::optional<Row> row) {
    const bool stored = row.has_value();
    entries_.try_emplace(key, Entry{std::move(row), stored, false});
  }

  [[nodiscard]] const std::unordered_map<Key, Entry>& entries() const { return entries_; }

  void clear() { entries_.clear(); }

 private:
  void remember(const Key& key, const Entry& entry) {
    journal_->add([this, key, before = entry] { entries_[key] = before; });
  }

  Journal* journal_;
  std::unordered_map<Key, Entry> entries_;
};

/// Keys that a command names, table by table; `load` brings them into the WorkingSet.
struct Keys {
  std::vector<PaymentKeyId> payment_keys;
  std::vector<RequestId> payments;
  std::vector<RequestId> deliveries;
  std::vector<AccountId> accounts;
  std::vector<RequisitesId> requisites;
  std::vector<SlotId> slots;
  std::vector<RequisitesDayId> days;
  std::vector<ExposureId> exposures;
  std::vector<ClockId> clocks;
  std::vector<SettlementId> settlements;
  std::vector<std::string> settlement_keys;
  std::vector<KeySetId> key_uses;
  std::vector<CandidateQuery> candidates;
  std::vector<std::string> number_hashes;  // of requisites: which of them exist
  std::vector<PayoutOrderId> payout_orders;
  std::vector<TraderId> payout_turns;
  std::vector<NoticeId> notices;
  std::vector<NoticeId> receipts;
  std::vector<RequestId> attached;       // payments: the notices that are attached to them
  std::vector<SlotMoment> slot_moments;  // who held them then, of those before the slot's row
  std::vector<GatewayId> gateways;       // that claimed a row: which of them are alive

  [[nodiscard]] bool empty() const {
    return payment_keys.empty() && payments.empty() && deliveries.empty() && accounts.empty() &&
           requisites.empty() && slots.empty() && days.empty() && exposures.empty() &&
           clocks.empty() && candidates.empty() && number_hashes.empty() && payout_orders.empty() &&
           payout_turns.empty() && notices.empty() && attached.empty() && slot_moments.empty() &&
           settlements.empty() && settlement_keys.empty() && receipts.empty() && key_uses.empty() &&
           gateways.empty();
  }
};

/// Adds the key to the names of what is to be loaded, unless the batch knows its row.
template <class Row>
void name_unknown(const RowTable<Row>& table, std::vector<KeyOf<Row>>& names, KeyOf<Row> key) {
  if (!table.knows(key)) names.push_back(std::move(key));
}

class WorkingSet {
 public:
  WorkingSet() = default;
  WorkingSet(const WorkingSet&) = delete;
  WorkingSet& operator=(const WorkingSet&) = delete;

 private:
  Journal journal_;  // before the tables, which refer to it

 public:
  RowTable<PaymentKey> payment_keys{journal_};
  RowTable<Payment> payments{journal_};
  RowTable<Delivery> deliveries{journal_};
  RowTable<Account> accounts{journal_};
  RowTable<Requisites> requisites{journal_};
  RowTable<Slot> slots{journal_};
  RowTable<RequisitesDay> days{journal_};
  RowTable<Exposure> exposures{journal_};
  RowTable<TestClock> clocks{journal_};
  RowTable<PayoutOrder> payout_orders{journal_};
  RowTable<PayoutTurn> payout_turns{journal_};
  RowTable<Notice> notices{journal_};
  RowTable<Receipt> receipts{journal_};
  RowTable<Settlement> settlements{journal_};
  RowTable<SettlementKey> settlement_keys{journal_};
  RowTable<KeyUse> key_uses{journal_};

  // Asked once per payment and batch; what earlier commands of the batch took is seen in the
  // tables.
  std::unordered_map<RequestId, Candidates> candidates;

  // Whether requisites of that number exist, for the hashes that were asked for.
  std::unordered_map<std::string, bool> numbers_taken;

  // Payments whose attached notices were loaded into `notices`.
  std::unordered_set<RequestId> attached_known;

  // Whether those gateways have a lease that has not ended, asked after a claim of theirs was seen.
  // One that has none will never have it again.
  std::unordered_map<GatewayId, bool> gateways_alive;

  // Earlier holders of a slot at a moment, as stored: at most two are told.
  std::unordered_map<SlotMoment, std::vector<RequestId>> earlier_holders;

  [[nodiscard]] const std::vector<PaymentEvent>& events() const { return events_; }
  [[nodiscard]] const std::vector<Transfer>& transfers() const { return transfers_; }
  [[nodiscard]] const std::vector<DeliveryAttempt>& attempts() const { return attempts_; }

  [[nodiscard]] const std::vector<SlotHold>& slot_holds() const { return slot_holds_; }

  [[nodiscard]] const std::vector<Resealed>& resealed() const { return resealed_; }

  void append(Resealed row) { append_to(resealed_, std::move(row)); }
  void append(SlotHold hold) { append_to(slot_holds_, hold); }
  void append(PaymentEvent event) { append_to(events_, std::move(event)); }
  void append(Transfer transfer) { append_to(transfers_, transfer); }
  void append(DeliveryAttempt attempt) { append_to(attempts_, std::move(attempt)); }

  /// Set by a change of configuration: what apply stores, and what the loop decides with from the
  /// next command on. Values that are nullopt are deleted.
  struct ConfigChange {
    std::vector<std::pair<SettingId, std::optional<std::string>>> settings;
    ConfigPtr config;  // null: unchanged
  };
  [[nodiscard]] const ConfigChange& config_change() const { return config_change_; }
  void change_config(std::vector<std::pair<SettingId, std::optional<std::string>>> settings,
                     ConfigPtr config) {
    journal_.add([this, before = config_change_] { config_change_ = before; });
    for (auto& setting : settings) config_change_.settings.push_back(std::move(setting));
    config_change_.config = std::move(config);
  }

  [[nodiscard]] std::size_t mark() const { return journal_.mark(); }
  void rollback(std::size_t mark) { journal_.rollback(mark); }

 private:
  template <class T>
  void append_to(std::vector<T>& list, T value) {
    list.push_back(std::move(value));
    journal_.add([&list] { list.pop_back(); });
  }

  std::vector<PaymentEvent> events_;
  std::vector<Transfer> transfers_;
  std::vector<DeliveryAttempt> attempts_;
  std::vector<SlotHold> slot_holds_;
  std::vector<Resealed> resealed_;
  ConfigChange config_change_;
};

}  // namespace kassa::domain

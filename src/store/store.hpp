// The store as the engine and the API see it: one writer that applies batches, and readers that
// never pass the loop. Each engine (SQLite, PostgreSQL) implements these two classes and passes the
// same contract tests (tests/unit/store).
//
//   Writer   one thread: begin ─▶ load … ─▶ apply ─▶ commit | rollback
//   Reader   one per reading thread: each call sees one consistent snapshot
//
// Errors: StoreError for what the caller can act on; nothing is ever half-applied.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "domain/working_set.hpp"

namespace kassa::store {

/// The store could not do it. `fatal`: its state on disk is in doubt (an fsync error): the process
/// must end and be started again. `full`: no space: read-only until there is some. `conflict`:
/// another writer was in the way, the batch may be run again. `away`: nobody answers at the store's
/// address; nothing of the batch is stored. `unknown`: it was lost while it committed; ask
/// `was_committed`.
class StoreError : public std::runtime_error {
 public:
  enum class Kind : std::uint8_t {
    failed,
    busy,
    full,
    fatal,
    constraint,
    conflict,
    away,
    unknown,
  };
  StoreError(Kind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  [[nodiscard]] Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

/// A list was asked to go on from a cursor that no list has answered: the caller's mistake.
class BadCursor : public StoreError {
 public:
  BadCursor() : StoreError(Kind::failed, "the cursor is not one that a list has answered") {}
};

/// A payment that has something due.
struct DuePayment {
  domain::Instant due_at;
  domain::RequestId request_id;
};

/// A clock that has something due, when its next is, and how far it is ahead of real time.
struct ClockTimers {
  domain::ClockId clock;
  domain::Instant next_due;
  std::int64_t offset_ms = 0;

  bool operator==(const ClockTimers&) const = default;
};

/// What the loop keeps in mind of the store between its batches, as it stands there now.
struct Surroundings {
  std::int64_t config_version = 0;
  std::vector<ClockTimers> clocks;  // every one that has something due at some time
  std::int64_t payments_frozen = 0;
};

/// A delivery whose next try is due; also its place among them, for going on behind it.
struct DueDelivery {
  domain::Instant next_try_at;
  domain::RequestId request_id;
  domain::GatewayId claimed_by = {};  // no part of its place
};

/// The last transfer of a lane.
struct LaneHead {
  std::int64_t lane = 0;
  std::int64_t seq = 0;
  domain::ChainHash chain{};

  [[nodiscard]] std::int64_t key() const { return lane; }
};

class Writer {
 public:
  virtual ~Writer() = default;

  virtual void begin() = 0;
  /// Where the transfers of this batch are numbered: no two writers have one lane at a time.
  virtual std::int64_t lane() = 0;

  /// Brings the named rows (or their known absence) into `ws`; keys it knows already are skipped.
  virtual void load(const domain::Keys& keys, domain::WorkingSet& ws) = 0;

  /// Payments of this clock due at or before `until`, earliest first (ties by request_id). What
  /// other writers have in hand is left out: payments, and all of a test clock that one has locked.
  virtual std::vector<DuePayment> due_payments(domain::ClockId clock, domain::Instant until,
                                               std::size_t limit) = 0;
  /// When the next payment of this clock is due, if any is.
  virtual std::optional<domain::Instant> next_due(domain::ClockId clock) = 0;
  /// Until this batch ends nobody else moves this test clock, nor fires what is due on it; waits
  /// for who has it. How far it is ahead.
  virtual std::int64_t lock_clock(domain::ClockId clock) = 0;
  /// Outside a batch: waits while another writer has in hand what is due first at or before
  /// `until`.
  virtual void wait_for_due(domain::ClockId clock, domain::Instant until) = 0;

  /// Outside a batch, in one round trip.
  virtual Surroundings look_around() = 0;

  /// The configuration's version as stored; the loop refreshes when it is newer than its own.
  virtual std::int64_t config_version() = 0;

  /// Writes every changed row and every appended one, numbers and chains the transfers of `lane`,
  /// stores the configuration change and its version, and the live clock's high-water mark.
  virtual void apply(const domain::WorkingSet& ws, std::int64_t lane,
                     domain::Instant live_clock) = 0;
  virtual void commit() = 0;
  /// After a commit that ended as `unknown`: whether its batch is stored. Throws `away` for as long
  /// as that can't be found out.
  virtual bool was_committed() = 0;
  virtual void rollback() noexcept = 0;

  /// The live clock as it was persisted last: it never goes back below this.
  virtual domain::Instant live_clock_mark() = 0;
};

// ---- what readers answer ---------------------------------------------------------------------

/// One payment with what an answer needs besides its row.
struct PaymentView {
  domain::Payment payment;
  std::optional<domain::Requisites> requisites;
};

struct Page {
  std::string cursor;       // opaque; empty: from the start
  std::size_t limit = 100;  // 1 … 1000
};
template <class Row>
struct Paged {
  std::vector<Row> rows;
  std::string next_cursor;  // empty: that was the last page
};

struct PaymentFilter {
  std::optional<domain::ProjectId> project_id;
  std::optional<domain::Status> status;
  std::optional<std::string> payment_id;
};

/// Transfers from `from` on and before `to`.
struct TransferFilter {
  std::optional<domain::Instant> from;
  std::optional<domain::Instant> to;
};

struct NoticeFilter {
  std::optional<domain::NoticeState> state;
  std::optional<domain::RequestId> request_id;
};

struct SettlementFilter {
  std::optional<domain::SettlementStatus> status;
  std::optional<domain::ProjectId> project_id;
  std::optional<domain::TraderId> trader_id;
  std::optional<domain::RequestId> payout;
};

/// One sealed blob and whose it is.
struct SealedRow {
  domain::Uuid row_id;
  std::int32_t seq = 0;  // of an event: which of its payment's; else 0
  domain::Sealed blob;
  std::string number_hash;  // of requisites, may be empty; else empty
};

struct CallbackView {
  domain::PaymentEvent event;
  std::optional<domain::DeliveryAttempt> last_attempt;
  bool waiting = false;  // still in its payment's queue
  std::int32_t tries = 0;
};

struct BalanceView {
  domain::Currency currency;
  std::int64_t available = 0;
  std::int64_t locked = 0;
};

/// Whose requisites could be given now, whatever the amount.
struct BankQuery {
  std::vector<std::string> pools;
  std::map<domain::Currency, std::vector<std::string>> methods;  // of payins, by currency
  std::set<std::string, std::less<>> banks;                      // symbols: the search ends early
  domain::Instant now;
  const domain::Config* config = nullptr;  // traders and their credit
};

/// What `kassa ledger check` found; `problems` empty means clean.
struct LedgerReport {
  std::int64_t transfers = 0;
  std::int64_t accounts = 0;
  std::int64_t payments = 0;
  std::int64_t settlements = 0;
  std::vector<LaneHead> heads;        // of the lanes: worth keeping elsewhere
  std::vector<std::string> problems;  // each names the ids concerned; at most 100
};

/// How far a payment's story goes.
struct LastEvent {
  domain::RequestId request_id;
  std::int32_t seq = 0;

  bool operator==(const LastEvent&) const = default;
};

class Reader {
 public:
  virtual ~Reader() = default;

  virtual std::optional<domain::PaymentKey> payment_key(const domain::PaymentKeyId& id) = 0;
  virtual std::optional<PaymentView> payment(domain::RequestId id) = 0;
  virtual std::vector<domain::PaymentEvent> events(domain::RequestId id) = 0;
  virtual std::optional<domain::PaymentEvent> event(domain::RequestId id, std::int32_t seq) = 0;
  /// Of those of the payments that there are, in no order. A thousand at most.
  virtual std::vector<LastEvent> last_events(const std::vector<domain::RequestId>& ids) = 0;
  virtual std::vector<domain::Transfer> transfers(domain::RequestId id) = 0;
  virtual std::vector<domain::DeliveryAttempt> attempts(domain::RequestId id) = 0;
  virtual std::optional<domain::Delivery> delivery(domain::RequestId id) = 0;
  virtual std::optional<domain::Requisites> requisites(domain::RequisitesId id) = 0;

  /// Deliveries behind `after` whose next try is due at or before `until`, earliest first (ties by
  /// request_id). The first place of all is `{}`.
  virtual std::vector<DueDelivery> due_deliveries(const DueDelivery& after, domain::Instant until,
                                                  std::size_t limit) = 0;
  /// When the next try of those is due that are due later than `after`.
  virtual std::optional<domain::Instant> next_delivery(domain::Instant after) = 0;

  /// Newest first. A page may be short, or empty, before the last.
  virtual Paged<domain::Payment> payments(const PaymentFilter& filter, const Page& page) = 0;
  virtual Paged<domain::Requisites> requisites_list(const Page& page) = 0;
  /// Events that are told to merchants, newest first: of one payment, or of all whose callback is
  /// not delivered yet.
  virtual Paged<CallbackView> callbacks(std::optional<domain::RequestId> id, const Page& page) = 0;

  virtual std::optional<domain::Requisites> requisites_of_number(const std::string& hash) = 0;
  virtual std::vector<domain::PayoutOrder> payout_orders(domain::RequestId id) = 0;
  virtual std::optional<domain::Notice> notice(domain::NoticeId id) = 0;
  /// Newest first.
  virtual Paged<domain::Notice> notices(const NoticeFilter& filter, const Page& page) = 0;
  virtual std::optional<domain::Receipt> receipt(domain::NoticeId id) = 0;
  /// Of a payment, by number.
  virtual std::vector<domain::Receipt> receipts(domain::RequestId id) = 0;
  /// All there are, by notice.
  virtual Paged<domain::Receipt> receipts_list(const Page& page) = 0;
  virtual std::optional<domain::Settlement> settlement(domain::SettlementId id) = 0;
  virtual std::optional<domain::SettlementKey> settlement_key(const std::string& id) = 0;
  /// Newest first.
  virtual Paged<domain::Settlement> settlements(const SettlementFilter& filter,
                                                const Page& page) = 0;

  virtual std::vector<BalanceView> balances(domain::ProjectId project) = 0;
  /// Every account, or those of one owner (a project or a trader), by currency, kind and owner:
  /// balances that have a row as they stand there, the others folded from all transfers.
  virtual std::vector<domain::Account> accounts(std::optional<domain::Uuid> owner) = 0;
  /// All transfers in the order of lane and seq. A page may be short, or empty, before the last.
  virtual Paged<domain::Transfer> ledger(const TransferFilter& filter, const Page& page) = 0;
  /// Those of the banks that routing has live requisites of now, for the least amount that they
  /// take. The effort is bounded: in a pool of many thousands a bank may be missed.
  virtual std::set<std::string, std::less<>> available_banks(const BankQuery& query) = 0;
  virtual domain::TestClock test_clock(domain::ClockId id) = 0;

  virtual std::optional<domain::KeyUse> key_use(domain::KeySetId id) = 0;
  /// All rows of that column that hold something, by their ids.
  virtual Paged<SealedRow> sealed_rows(domain::SealedPlace place, const Page& page) = 0;

  virtual std::map<domain::SettingId, std::string> settings(std::int64_t& version) = 0;

  /// Recomputes every balance and settlement from the transfers and compares. It takes the time it
  /// needs; a stop that is requested ends it as `busy`.
  virtual LedgerReport check_ledger(std::stop_token stop = {}) = 0;
  /// How many payments are frozen for a person.
  virtual std::int64_t frozen_payments() = 0;
};

/// Of a sealed file: enough to say which key sealed it.
inline constexpr std::size_t kReceiptHeadBytes = 64;

/// What receipts hold, outside the payment tables. Everything is sealed before it comes here. Any
/// thread; each call is whole or not at all, and throws StoreError.
///
///   put ─▶ the row is committed      a row always has its file; a file without a row, left by a
///                                    crash between the two, is removed when the store is opened
class ReceiptFiles {
 public:
  virtual ~ReceiptFiles() = default;

  /// On disk when it returns. What has the id is replaced in one step: read at any moment, it is
  /// the old one or the new.
  virtual void put(domain::ReceiptFileId id, std::string_view sealed) = 0;
  virtual std::optional<std::string> get(domain::ReceiptFileId id) = 0;
  /// Its first bytes, kReceiptHeadBytes at most.
  virtual std::optional<std::string> head(domain::ReceiptFileId id);
  virtual bool has(domain::ReceiptFileId id) = 0;
  /// Of a file whose row was refused.
  virtual void remove(domain::ReceiptFileId id) = 0;
};

/// What gateways of one store tell each other, in words that live only for a moment: whoever does
/// not listen just then misses them, so nothing may depend on one. One thread, but for `wake`.
class Talk {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kWordMax = 7'900;  // bytes

  virtual ~Talk() = default;

  /// Tells the others these words, then waits until `until`, for theirs or for `wake`. Its own are
  /// not heard. Throws `away`: what was told may be lost, what the others tell is; call it again.
  virtual std::vector<std::string> exchange(const std::vector<std::string>& words,
                                            Clock::time_point until) = 0;
  /// Ends the wait. Any thread.
  virtual void wake() noexcept = 0;
};

/// The gateways that share a store, each with a lease of its own that ends unless it is renewed.
/// One thread.
class Membership {
 public:
  virtual ~Membership() = default;

  /// `id` must be fresh; `label` says to people who it is.
  virtual void join(domain::GatewayId id, const std::string& label,
                    std::chrono::milliseconds lease) = 0;
  /// From now on for so long. All that are alive, in order, without those whose lease has ended:
  /// whoever renews takes these away. Nothing: this one's own had ended, and never comes back.
  virtual std::optional<std::vector<domain::GatewayId>> renew(domain::GatewayId id,
                                                              std::chrono::milliseconds lease) = 0;
  virtual void leave(domain::GatewayId id) = 0;
};

struct StoreOptions {
  std::string url;       // sqlite:PATH, sqlite::memory: for tests, postgresql://…
  bool create = false;   // make it if it is not there
  bool migrate = false;  // bring an older schema up to date; else refuse it
  std::int32_t read_timeout_ms = 1'000;
};

class Store {
 public:
  virtual ~Store() = default;

  /// Once: the writer belongs to the loop's thread, and is destroyed before the Store.
  virtual std::unique_ptr<Writer> open_writer() = 0;
  /// A reader for the calling thread's use.
  virtual std::unique_ptr<Reader> open_reader() = 0;
  /// Null where there is nobody to talk to.
  virtual std::unique_ptr<Talk> open_talk() { return nullptr; }
  /// Null: the store has one owner, and nobody shares it.
  virtual std::unique_ptr<Membership> open_membership() { return nullptr; }
  /// They live as long as the store.
  [[nodiscard]] virtual ReceiptFiles& receipt_files() = 0;

  [[nodiscard]] virtual std::int32_t schema_version() = 0;
  /// Whether others may write to it, too.
  [[nodiscard]] virtual bool is_shared() const = 0;
  /// Size of the write-ahead log in bytes, for a metric.
  [[nodiscard]] virtual std::int64_t wal_bytes() = 0;
};

/// Opens the store, taking its ownership lock; throws StoreError with a sentence that says what to
/// do (held by another process: its pid; schema too old: `kassa migrate`; too new: upgrade Kassa).
[[nodiscard]] std::unique_ptr<Store> open_store(const StoreOptions& options);

/// Applies missing migrations and answers the versions before and after.
[[nodiscard]] std::pair<std::int32_t, std::int32_t> migrate_store(const StoreOptions& options);

/// Whether there is a store already at this URL.
[[nodiscard]] bool store_exists(const std::string& url);

/// Whether any number of processes may have the store open: nobody owns it.
[[nodiscard]] bool is_shared(const std::string& url);

/// Whether another process owns the store now (the command line then talks to its socket).
[[nodiscard]] bool is_owned(const std::string& url);

/// The database file that the URL names; StoreError where it names none.
[[nodiscard]] std::filesystem::path file_of(const std::string& url);

}  // namespace kassa::store

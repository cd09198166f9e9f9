// The one loop: everything that changes anything goes through here, whoever asks.
//
//   submit ─▶ queue ─▶ [ load rows ─▶ decide (pure) ─▶ apply rows ─▶ commit ] ─▶ answer ─▶ wake
//              │        └───────── one batch of commands, one transaction ─────┘
//              └ by source: API, counterparties and operators, deliveries; timers come from the
//              store
//
// A batch takes whatever is waiting, up to a limit, and never waits to fill. Nothing is answered
// before its commit. A batch that can't be applied is rolled back and its commands run one by one;
// the one that fails alone is refused, and its payment frozen where an invariant would have broken.
//
// Threads: one thread runs the loop; submit(), config() and the rest may be called from any.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "domain/commands.hpp"
#include "domain/invariants.hpp"
#include "engine/live_clock.hpp"
#include "ops/clock.hpp"
#include "ops/metrics.hpp"
#include "store/store.hpp"

namespace kassa::engine {

/// Who a command comes from. Sources share a batch by quota, so that a flood of one starves no
/// other.
enum class Source : std::uint8_t { api, desk, delivery, timer };
inline constexpr std::size_t kQueuedSources = 3;  // timers are read from the store, never queued

/// Called once, on the loop's thread, after the commit (or the refusal): it must be short. What it
/// throws is logged and dropped, since nothing that is committed can be taken back.
using Completion = std::move_only_function<void(domain::Decision&&)>;

struct EngineOptions {
  std::size_t queue_max = 10'000;
  std::size_t batch_max = 512;  // at least 4: one for each source
  std::chrono::milliseconds wait_max{
      5'000};  // a command that waited longer is not decided any more
  std::chrono::milliseconds look_around_every{1'000};  // in a store where others write, too
  domain::DeliverySchedule schedule;
};

class Engine {
 public:
  Engine(store::Store& store, const ops::Clock& clock, ops::Metrics& metrics,
         domain::Minter& minter, EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Reads the configuration and the timers' state, then runs the loop on a thread of its own.
  void start();
  /// Takes nothing new, decides what was accepted, ends the thread.
  void stop();

  /// Hands a command over. When the queue is full, the engine read-only or stopping, `completion`
  /// is called at once, on this thread, with `unavailable`: nothing was changed. A change of the
  /// configuration is prepared here, which may take a while: not for an I/O thread.
  void submit(domain::Command command, Source source, Completion completion);
  /// The same, waiting for the decision: for the command line and tests.
  [[nodiscard]] domain::Decision run(domain::Command command, Source source);

  [[nodiscard]] domain::ConfigPtr config() const { return config_.load(); }
  [[nodiscard]] domain::Instant live_now() const { return live_clock_.last(); }

  /// No new payments from now on, or again; whatever was accepted goes on.
  void set_draining(bool draining) { draining_.store(draining); }
  [[nodiscard]] bool draining() const { return draining_.load(); }
  /// Commands that wait for a batch.
  [[nodiscard]] std::size_t queued() const;
  /// Why new payments are refused now, a sentence each (for /readyz); empty: they aren't.
  [[nodiscard]] std::vector<std::string> why_not_ready() const;

  /// How long the timer has been due that waits longest; zero when none is.
  [[nodiscard]] domain::Duration timers_overdue() const;

  /// Looks for work at once: after a manual clock moved.
  void poke();

  /// Why nothing may be changed now, or empty.
  [[nodiscard]] std::string read_only_reason() const;
  /// Nothing may be changed from now on, until `kassa resume`: something is wrong that no single
  /// command answers for.
  void stop_changes(const std::string& reason) { go_read_only(reason); }
  /// `kassa resume`: leaves the read-only state.
  void resume();

  // Called on the loop's thread after a commit (on_config by start() too); set before start(). What
  // they throw is logged and dropped, as with completions.
  std::function<void(const std::vector<domain::RequestId>&)> on_deliveries;
  std::function<void(const std::vector<domain::RequestId>&)> on_payments;  // those that changed
  std::function<void(const domain::ConfigPtr&)> on_config;
  /// Whose the callbacks are that a batch queues, asked as it begins; unset, or nil: nobody's yet.
  std::function<domain::GatewayId()> gateway;
  /// The store's state on disk is in doubt: the process must end (default: std::abort).
  std::function<void(const std::string&)> on_fatal;

 private:
  struct Item {
    domain::Command command;
    Source source = Source::api;
    Completion completion;
    std::chrono::steady_clock::time_point queued_at;
    std::optional<domain::Decision> decision;
  };
  using Batch = std::vector<Item>;

  // engine.cpp: queue and thread
  void run_loop();
  bool wait_for_work();
  void watch_clock();
  void look_around();
  void note_clocks(const std::vector<store::ClockTimers>& clocks);
  void note_next_timer();
  [[nodiscard]] domain::Duration until_next_timer(domain::Instant now) const;
  [[nodiscard]] Batch take_queued();
  void drop_late(Batch& batch);
  [[nodiscard]] bool drop_if_late(Item& item);
  /// Why nothing of this source is taken now; empty: it is.
  [[nodiscard]] std::string refusal_locked(Source source);
  [[nodiscard]] std::deque<Item>& queue_of(Source source) {
    return queues_[static_cast<std::size_t>(source)];
  }
  [[nodiscard]] std::size_t queued_locked() const;
  [[nodiscard]] bool is_stopping() const;
  void answer(Item& item, domain::Decision&& decision);
  void refuse_all(Batch& batch, const domain::Refusal& refusal);
  void finish(Batch& batch);

  // batch.cpp: one transaction
  void run_batch(Batch batch);
  void run_one_by_one(Batch batch);
  [[nodiscard]] bool run_alone(Item item);
  void decide_and_commit(Batch& batch, bool with_timers);
  void try_to_commit(Batch& batch, bool with_timers);
  void commit();
  [[nodiscard]] bool was_committed();
  void begin();
  void add_due_timers(Batch& batch);
  void load_all(const Batch& batch, domain::WorkingSet& ws, const domain::Context& ctx);
  void load_one(const domain::Command& command, domain::WorkingSet& ws, const domain::Context& ctx);
  void decide_one(Item& item, domain::WorkingSet& ws, domain::ConfigPtr& config);
  void check_invariants(const domain::WorkingSet& ws);
  void count_changes(const domain::WorkingSet& ws);
  void tell_operators(const domain::PaymentEvent& event, const domain::WorkingSet& ws);
  void after_commit(const domain::WorkingSet& ws, const domain::ConfigPtr& config);
  void refresh_config();
  [[nodiscard]] domain::Context context(const domain::Config& config, domain::Instant now);

  // test_clock.cpp: a test project's clock goes forward, page by page between the batches
  struct ClockPage {
    std::int64_t fired = 0;
    bool more = false;  // more may be due
  };
  struct Advance {
    Item item;
    domain::Duration way{};                // in all
    std::optional<domain::Duration> left;  // of it, once it has begun
    std::int64_t fired = 0;
    int tries = 0;            // of this page, while other writers are in its way
    bool one_by_one = false;  // a page failed: whoever fails alone is the culprit
  };
  void take_advances(Batch& batch);
  void advance_a_clock();
  [[nodiscard]] bool advance(domain::ClockId clock, Advance& advance);
  [[nodiscard]] bool begin_advance(domain::ClockId clock, Advance& advance);
  [[nodiscard]] bool go_on(domain::ClockId clock, Advance& advance, bool& arrived,
                           std::optional<domain::RequestId>& culprit);
  [[nodiscard]] domain::Duration lock_clock(domain::ClockId clock);
  [[nodiscard]] ClockPage fire_clock_page(domain::ClockId clock, domain::Duration& left,
                                          std::size_t page_max,
                                          std::optional<domain::RequestId>& culprit);
  [[nodiscard]] bool finish_advance(domain::ClockId clock, Advance& advance);
  void fail_advance(Advance& advance, const std::exception& error,
                    std::optional<domain::RequestId> culprit);
  void stop_advance(Advance& advance, const std::string& why);
  void stop_advances(const std::string& why);

  // trouble.cpp: what goes wrong, and what is done about it
  void report_breach(const domain::Command& command, const std::string& what);
  void freeze(domain::RequestId id, const std::string& reason);
  void go_read_only(const std::string& reason);
  void store_failed(const store::StoreError& error);
  void store_answers();

  store::Store& store_;
  LiveClock live_clock_;
  ops::Metrics& metrics_;
  domain::Minter& minter_;
  EngineOptions options_;
  std::unique_ptr<store::Writer> writer_;
  std::vector<std::unique_ptr<domain::Invariant>> invariants_;
  std::atomic<domain::ConfigPtr> config_;

  // The loop's own: when each clock's next payment is due, and how far each is ahead.
  struct ClockState {
    std::int64_t offset_ms = 0;
    std::optional<domain::Instant> next_due;
    std::chrono::steady_clock::time_point rests_until;  // others have in hand what is due
  };
  std::map<domain::ClockId, ClockState> clocks_;
  // Test clocks on their way: of each the first one goes, the others wait for it.
  std::map<domain::ClockId, std::deque<Advance>> advances_;
  domain::ClockId advanced_last_;
  const bool shared_;  // others write to the store, too
  std::chrono::steady_clock::time_point next_look_;
  std::atomic<domain::Instant> next_timer_{domain::Instant::max()};  // in live time, for metrics
  std::atomic<bool> draining_{false};
  domain::GatewayId gateway_;   // of the batch under way
  bool timers_behind_ = false;  // the last batch had no room for all that were due
  // After a batch that failed, timers rest until then: a store that can't commit is not asked
  // without pause.
  std::chrono::steady_clock::time_point timers_rest_until_;
  struct {
    domain::Instant system;
    std::chrono::steady_clock::time_point steady;
  } clock_seen_;  // when the system's clock was looked at last, by itself and by a steady one

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queues_[kQueuedSources];
  bool poked_ = false;
  bool stopping_ = false;
  std::string read_only_;
  std::atomic<bool> store_away_{false};
  std::deque<std::chrono::steady_clock::time_point> breaches_;  // of the last ten minutes
  std::thread thread_;
};

}  // namespace kassa::engine
